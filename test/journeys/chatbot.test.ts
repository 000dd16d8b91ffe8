import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { aws, client, has, type Ran, ROOT, type Server, startServer } from "../support/server.ts";

/**
 * The chatbot through the real CDK CLI, on a copy that is changed on the way.
 * documented: https://docs.aws.amazon.com/cdk/v2/guide/ref-cli-cmd.html
 */
let server: Server;
let app: string;
const stack = "Chatbot";

beforeAll(async () => {
  // What is deployed in place goes through a canary of half an hour.
  server = await startServer(["--clock", "skip", "--start-ago", "4h"]);
  app = mkdtempSync(join(ROOT, "examples/.journey-"));
  cpSync(join(ROOT, "examples/chatbot"), app, { recursive: true, filter: (path) => !/cdk\.out|node_modules/.test(path) });
});
afterAll(async () => {
  await server.stop();
  rmSync(app, { recursive: true, force: true });
});

function cdk(...args: string[]): Promise<Ran> {
  return client(server, "cdk", [...args, "--no-notices"], { cwd: app });
}

function change(file: string, from: string, to: string): void {
  const path = join(app, file);
  const text = readFileSync(path, "utf8");
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
}

async function statusOf(name: string): Promise<string | undefined> {
  const answer = await fetch(
    `${server.endpoint}/_orrery/timeline?source=aws.cloudformation&type=CloudFormation%20Stack%20Status%20Change&resource=${name}&limit=10000`,
  );
  const { events } = (await answer.json()) as { events: { detail: { "status-details": { status: string } } }[] };
  return events.at(-1)?.detail["status-details"].status;
}

describe("the chatbot through the CDK CLI", () => {
  let url = "";

  test("bootstrap", async () => {
    const { code, out } = await cdk("bootstrap", "aws://000000000000/us-east-1");
    expect(out).toContain("bootstrapped");
    expect(code).toBe(0);
  });

  test("a second bootstrap changes nothing", async () => {
    const { code, out } = await cdk("bootstrap", "aws://000000000000/us-east-1");
    expect(out).toContain("(no changes)");
    expect(code).toBe(0);
  });

  test("deploy", async () => {
    const outputs = join(app, "outputs.json");
    const { code, out } = await cdk("deploy", stack, "--require-approval", "never", "--outputs-file", outputs);
    expect(out).toContain(`✅  ${stack}`);
    expect(code).toBe(0);
    const values = (JSON.parse(readFileSync(outputs, "utf8")) as Record<string, Record<string, string>>)[stack] ?? {};
    // The API's endpoint attribute is an address that works from here, so what the template makes of it does too.
    url = values["Url"] ?? "";
    expect(url).toContain(server.endpoint);
    if (has("aws", "--version")) {
      for (const name of ["refunds.md", "nghi-phep.md"]) {
        await client(server, "aws", ["s3", "cp", join(app, "documents", name), `s3://${values["DocumentsBucket"]}/${name}`]);
      }
    }
  });

  test.skipIf(!has("aws", "--version"))("it answers from what was uploaded, in two languages, and says when it cannot", async () => {
    await expect
      .poll(async () => ((await (await fetch(`${url}/documents`)).json()) as { documents: unknown[] }).documents.length, {
        timeout: 30_000,
      })
      .toBe(2);
    const ask = async (question: string, sessionId?: string): Promise<Record<string, unknown>> => {
      const response = await fetch(`${url}/chat`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ question, sessionId }),
      });
      return (await response.json()) as Record<string, unknown>;
    };
    const first = await ask("How long does a refund take to arrive on my card?");
    expect(first).toMatchObject({
      found: true,
      answer: expect.stringContaining("5 working days"),
      sources: [expect.objectContaining({ source: "refunds.md" })],
    });
    expect(await ask("Mỗi năm có bao nhiêu ngày nghỉ phép?")).toMatchObject({ found: true, answer: expect.stringContaining("18 ngày") });
    expect(await ask("What is the capital of Mongolia?")).toMatchObject({ found: false, answer: "That is not in the documents." });
    expect((await ask("Is a flat tyre a breakdown?", String(first["sessionId"])))["sessionId"]).toBe(first["sessionId"]);
    expect(await (await fetch(`${url}/`)).text()).toContain("<title>Ask the documents</title>");
  });

  test("diff of what is deployed is empty", async () => {
    const { code, out } = await cdk("diff", stack);
    expect(out).toContain("There were no differences");
    expect(code).toBe(0);
  });

  test("diff of a change names it, and deploy carries it out in place", async () => {
    change("lib/chatbot-stack.ts", "memorySize: 256", "memorySize: 512");
    const diff = await cdk("diff", stack);
    expect(diff.out).toContain("MemorySize");
    expect(diff.out).toMatch(/256[\s\S]*512/);
    const deploy = await cdk("deploy", stack, "--require-approval", "never");
    expect(deploy.out).toContain(`✅  ${stack}`);
    expect(await statusOf(stack)).toBe("UPDATE_COMPLETE");
  });

  test("a deployment that fails is rolled back, with the reason", async () => {
    change("lib/chatbot-stack.ts", "memorySize: 512", "memorySize: 64");
    const { code, out } = await cdk("deploy", stack, "--require-approval", "never");
    expect(code).not.toBe(0);
    expect(out).toMatch(/memorySize|MemorySize/);
    expect(await statusOf(stack)).toBe("UPDATE_ROLLBACK_COMPLETE");
  });

  test("destroy leaves nothing", async () => {
    const { code } = await cdk("destroy", stack, "--force");
    expect(code).toBe(0);
    expect(await statusOf(stack)).toBe("DELETE_COMPLETE");
    if (!has("aws", "--version")) return;
    expect((await aws(server, "lambda", "list-functions"))["Functions"]).toEqual([]);
    expect((await aws(server, "dynamodb", "list-tables"))["TableNames"]).toEqual([]);
    expect((await aws(server, "apigatewayv2", "get-apis"))["Items"]).toEqual([]);
    expect((await aws(server, "events", "list-rules"))["Rules"]).toEqual([]);
    const { Buckets } = (await aws(server, "s3api", "list-buckets")) as { Buckets: { Name: string }[] };
    expect(Buckets.map(({ Name }) => Name)).toEqual(["cdk-hnb659fds-assets-000000000000-us-east-1"]);
  });
});
