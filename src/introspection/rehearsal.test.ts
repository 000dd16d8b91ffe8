import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { LambdaTest } from "../../test/support/lambda.ts";
import { servicePrincipal } from "../aws/identity.ts";
import type { TimelineEvent } from "../kernel/events.ts";
import type { LoadReport } from "../rehearsal/tally.ts";

let lambda: LambdaTest;
beforeAll(async () => {
  lambda = await LambdaTest.start();
  await lambda.create("hello", "exports.handler = async () => 'hello'");
});
afterAll(() => lambda.cloud.stop());
beforeEach(() => {
  for (const { id } of lambda.cloud.cloud.faults.active) lambda.cloud.cloud.faults.remove(id);
});

interface LoadState {
  readonly id: string;
  readonly running: boolean;
  readonly report: LoadReport;
}

async function call(method: "GET" | "POST", path: string, body?: object): Promise<Record<string, unknown>> {
  const url = `${lambda.cloud.endpoint}/_orrery/${path}`;
  const response = await fetch(url, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return (await response.json()) as Record<string, unknown>;
}

const caller = (): Promise<unknown> => new STSClient(lambda.cloud.clientConfig).send(new GetCallerIdentityCommand({}));

describe("faults", () => {
  test("calls of clients to an operation fail with the error that was asked for, others do not", async () => {
    await call("POST", "faults/put", {
      id: "sts",
      point: "api",
      where: { service: "sts", operation: "GetCallerIdentity" },
      percent: 100,
      code: "Throttling",
      message: "Rate exceeded",
      status: 400,
    });
    await expect(caller()).rejects.toMatchObject({ name: "Throttling", message: "Rate exceeded", $metadata: { httpStatusCode: 400 } });
    await call("POST", "faults/put", { id: "sts", point: "api", where: { service: "sqs" }, percent: 100, code: "Throttling" });
    await expect(caller()).resolves.toMatchObject({ Account: "000000000000" });
  });

  test("a version of a function fails its share of invocations, though it has run", async () => {
    await call("POST", "faults/put", {
      id: "f",
      point: "function",
      where: { function: "hello", version: "$LATEST" },
      percent: 100,
      code: "Boom",
    });
    const { FunctionError, answer } = await lambda.call("hello");
    expect({ FunctionError, answer }).toEqual({
      FunctionError: "Unhandled",
      answer: { errorType: "Boom", errorMessage: "a fault was injected" },
    });
    await call("POST", "faults/put", {
      id: "f",
      point: "function",
      where: { function: "hello", version: "7" },
      percent: 100,
      code: "Boom",
    });
    expect((await lambda.call("hello")).answer).toBe("hello");
  });

  test("a share of nothing strikes nothing, and a fault is over at its end", async () => {
    await call("POST", "faults/put", { id: "a", point: "api", where: { service: "sts" }, percent: 0, code: "Boom" });
    await expect(caller()).resolves.toBeDefined();
    const until = lambda.cloud.cloud.clock.now() + 60_000;
    await call("POST", "faults/put", { id: "a", point: "api", where: { service: "sts" }, percent: 100, code: "Boom", until });
    await expect(caller()).rejects.toMatchObject({ name: "Boom" });
    await lambda.cloud.cloud.clock.advance(60_000);
    await expect(caller()).resolves.toBeDefined();
  });

  test.each([
    [{ id: "x", point: "api", percent: 101, code: "Boom" }, "101 is not a percentage"],
    [{ id: "x", point: "api", percent: 1 }, "neither an error nor a delay"],
    [{ id: "x", point: "api", percent: 1, delayMs: -1 }, "cannot be injected"],
  ])("%j is refused", async (body, message) => {
    expect(await call("POST", "faults/put", body)).toMatchObject({ code: "UsageError", message: expect.stringContaining(message) });
  });
});

describe("load", () => {
  const run = async (spec: object, ms: number): Promise<LoadState> => {
    const started = (await call("POST", "load/start", spec)) as unknown as LoadState;
    await lambda.cloud.cloud.clock.advance(ms);
    return (await call("GET", `load?id=${started.id}`)) as unknown as LoadState;
  };
  const health = (): string => `${lambda.cloud.endpoint}/_orrery/health`;

  test("is sent per virtual second, and counted", async () => {
    const { running, report } = await run({ url: health(), rate: 2, durationMs: 60_000 }, 60_000);
    expect(running).toBe(false);
    // 2/s for 60 s; a seeded draw of a Poisson process lies within 4 standard deviations of 120.
    expect(report.requests).toBeGreaterThan(76);
    expect(report.requests).toBeLessThan(164);
    expect(report).toMatchObject({ failed: 0, clientErrors: 0, virtualMs: 60_000 });
  });

  test("the same seed sends the same requests, another seed others", async () => {
    const mixed = {
      url: lambda.cloud.endpoint,
      rate: 1,
      durationMs: 120_000,
      requests: [{ path: "/_orrery/health", weight: 3 }, { path: "/_orrery/nothing" }],
    };
    const counts = async (seed: string): Promise<number[]> => {
      const { report } = await run({ ...mixed, seed }, 120_000);
      return [report.requests, report.clientErrors];
    };
    const first = await counts("a");
    expect(await counts("a")).toEqual(first);
    expect(await counts("b")).not.toEqual(first);
    expect(first[1]).toBeGreaterThan(0);
  });

  test("is told by version where the target says it", async () => {
    const path = "/2015-03-31/functions/hello/invocations";
    const { report } = await run(
      { url: lambda.cloud.endpoint, rate: 1, durationMs: 10_000, requests: [{ method: "POST", path, body: {} }] },
      10_000,
    );
    // Unsigned calls are refused by the API before a version is chosen.
    expect(Object.keys(report.versions)).toEqual(["-"]);
    expect(report.clientErrors).toBe(report.requests);
  });

  test("goes on until it is stopped, and answers that never come are failures", async () => {
    const { id, running } = await run({ url: "http://127.0.0.1:1/", rate: 1 }, 20_000);
    expect(running).toBe(true);
    const { report } = (await call("POST", "load/stop", { id })) as unknown as LoadState;
    expect(report.failed).toBe(report.requests);
    expect(report.requests).toBeGreaterThan(0);
  });

  test.each([
    [{ url: "http://example.com/", rate: 1 }, "not on this machine"],
    [{ url: "nonsense", rate: 1 }, "no http:// URL"],
    [{ url: "http://localhost/", rate: 0 }, "a rate of 0"],
    [{ url: "http://localhost/", rate: 1, requests: [{ weight: 0 }] }, "the weight 0"],
  ])("%j is refused", async (spec, message) => {
    expect(await call("POST", "load/start", spec)).toMatchObject({ code: "UsageError", message: expect.stringContaining(message) });
  });
});

describe("why", () => {
  test("tells the transitions of a thing and what led to them, newest first", async () => {
    const { ctx } = lambda.cloud;
    const push = ctx.emit({ source: "test", type: "Pushed", resources: ["arn:repo"], detail: {} });
    const started = ctx
      .with({ cause: push })
      .emit({ source: "test", type: "Started", resources: ["arn:run/1"], detail: {}, rule: "a push" });
    ctx.with({ cause: started }).emit({ source: "test", type: "Shifted", resources: ["arn:deployment/d-1"], detail: {} });
    const alarm = ctx
      .with({ principal: servicePrincipal("000000000000", "cloudwatch.amazonaws.com") })
      .emit({ source: "test", type: "Alarm", resources: ["arn:alarm"], detail: {}, rule: "3 of 3" });
    ctx.with({ cause: alarm }).emit({ source: "test", type: "Rolled back", resources: ["arn:deployment/d-1"], detail: {} });
    ctx.emit({ source: "test", type: "Unrelated", resources: ["arn:other"], detail: {} });
    const { events } = (await call("GET", "why?of=d-1")) as unknown as { events: TimelineEvent[] };
    expect(events.map(({ type }) => type)).toEqual(["Rolled back", "Alarm", "Shifted", "Started", "Pushed"]);
    // Only time has brought the alarm: what it stopped is told on from what had happened to it before.
    const rolledBack = events[0]?.id ?? "";
    const told = (await call("GET", `why?of=${rolledBack}`)) as unknown as { events: TimelineEvent[] };
    expect(told.events.map(({ type }) => type)).toEqual(["Rolled back", "Alarm", "Shifted", "Started", "Pushed"]);
    const one = (await call("GET", `why?of=${started}`)) as unknown as { events: TimelineEvent[] };
    expect(one.events.map(({ type }) => type)).toEqual(["Started", "Pushed"]);
    expect(await call("GET", "why")).toMatchObject({ code: "UsageError" });
  });
});
