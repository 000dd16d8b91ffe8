import { request } from "node:http";
import { CreateQueueCommand, ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../test/support/cloud.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.stop());

const get = async (path: string): Promise<Record<string, unknown>> =>
  (await (await fetch(`${cloud.endpoint}/_orrery/${path}`)).json()) as Record<string, unknown>;
const post = (path: string, body?: object): Promise<Response> =>
  fetch(`${cloud.endpoint}/_orrery/${path}`, { method: "POST", body: JSON.stringify(body ?? {}) });

describe("the product's own API", () => {
  test("health, status and the clock", async () => {
    expect(await get("health")).toMatchObject({ status: "running", endpoint: cloud.endpoint });
    expect(await get("status")).toMatchObject({ pid: process.pid, dataDir: cloud.dataDir });
    expect(await get("clock")).toMatchObject({ mode: { mode: "hold" } });
  });

  test("the clock is turned", async () => {
    const before = Number((await get("clock"))["virtual"]);
    expect((await post("clock/advance", { ms: 60_000 })).status).toBe(200);
    expect(Number((await get("clock"))["virtual"])).toBe(before + 60_000);
    const wrong = await post("clock/mode", { mode: "backwards" });
    expect([wrong.status, await wrong.json()]).toEqual([
      400,
      { code: "ClockModeInvalid", message: expect.stringContaining("real, skip, warp or hold") },
    ]);
  });

  test("coverage names every operation of every service exactly once", async () => {
    const { services } = (await get("coverage")) as {
      services: { service: string; operations: { operation: string; coverage: string }[] }[];
    };
    const sqs = services.find(({ service }) => service === "sqs");
    expect(sqs?.operations.find(({ operation }) => operation === "SendMessage")?.coverage).toBe("real");
    for (const { operations } of services) expect(new Set(operations.map(({ operation }) => operation)).size).toBe(operations.length);
  });

  test("a page of another site is refused, by origin and by host", async () => {
    expect((await fetch(`${cloud.endpoint}/_orrery/reset`, { method: "POST", headers: { origin: "https://evil.example" } })).status).toBe(
      403,
    );
    const status = await new Promise((resolve) => {
      request(`${cloud.endpoint}/_orrery/status`, { headers: { host: "evil.example" } }, (response) => resolve(response.statusCode)).end();
    });
    expect(status).toBe(403);
  });

  test("what is not JSON, too large or unknown gets an answer of its own", async () => {
    expect((await fetch(`${cloud.endpoint}/_orrery/clock/mode`, { method: "POST", body: "{" })).status).toBe(400);
    expect((await fetch(`${cloud.endpoint}/_orrery/clock/mode`, { method: "POST", body: "x".repeat(100_000) })).status).toBe(400);
    expect((await fetch(`${cloud.endpoint}/_orrery/nothing`)).status).toBe(404);
  });
});

describe("reset and snapshots", () => {
  const queues = async (): Promise<string[]> =>
    ((await new SQSClient(cloud.clientConfig).send(new ListQueuesCommand({}))).QueueUrls ?? []).map((url) => url.split("/").at(-1) ?? "");
  const create = (QueueName: string): Promise<unknown> => new SQSClient(cloud.clientConfig).send(new CreateQueueCommand({ QueueName }));

  test("a snapshot brings back what was there, a reset leaves nothing", async () => {
    await create("kept");
    expect((await post("snapshots/save", { name: "one" })).status).toBe(200);
    await create("later");
    expect(await queues()).toEqual(["kept", "later"]);
    expect((await post("snapshots/load", { name: "one" })).status).toBe(200);
    expect(await queues()).toEqual(["kept"]);
    expect((await post("reset")).status).toBe(200);
    expect(await queues()).toEqual([]);
    expect(await get("snapshots")).toEqual({ snapshots: ["one"] });
  });

  test("a snapshot that is not there, or a name that is a path, is refused", async () => {
    for (const name of ["none", "../../etc"]) {
      const response = await post("snapshots/load", { name });
      expect([response.status, await response.json()]).toEqual([400, expect.objectContaining({ code: "SnapshotInvalid" })]);
    }
  });
});
