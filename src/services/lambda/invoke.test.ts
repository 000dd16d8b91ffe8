import { InvokeCommand, type Runtime } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LambdaTest } from "../../../test/support/lambda.ts";
import { writeZip } from "../../runtime/processes/zip.ts";

let it: LambdaTest;
beforeAll(async () => {
  it = await LambdaTest.start();
});
afterAll(() => it.cloud.stop());

describe("Node.js", () => {
  test("an async handler's answer, its context and its log come back", async () => {
    await it.create(
      "hello",
      `exports.handler = async (event, context) => {
        console.log("got", event);
        return { event, name: context.functionName, arn: context.invokedFunctionArn, left: context.getRemainingTimeInMillis() > 0 };
      };`,
    );
    const { answer, log, ExecutedVersion, FunctionError } = await it.call("hello", { a: 1 });
    const arn = "arn:aws:lambda:us-east-1:000000000000:function:hello";
    expect(answer).toEqual({ event: { a: 1 }, name: "hello", arn, left: true });
    expect(FunctionError).toBeUndefined();
    expect(ExecutedVersion).toBe("$LATEST");
    // documented: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
    expect(log).toMatch(/^INIT_START Runtime Version: .*\nSTART RequestId: [0-9a-f-]{36} Version: \$LATEST\n/);
    expect(log).toMatch(/\d{4}-\d\d-\d\dT[\d:.]+Z\t[0-9a-f-]{36}\tINFO\tgot \{ a: 1 \}\n/);
    expect(log).toMatch(
      /END RequestId: [0-9a-f-]{36}\nREPORT RequestId: [0-9a-f-]{36}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration: [\d.]+ ms\t\n$/,
    );
  });

  test("an error is Unhandled, with type, message and trace", async () => {
    await it.create("broken", "exports.handler = async () => { throw new TypeError('no'); };");
    const { answer, FunctionError, StatusCode } = await it.call("broken");
    // documented: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html
    expect({ StatusCode, FunctionError }).toEqual({ StatusCode: 200, FunctionError: "Unhandled" });
    expect(answer).toMatchObject({ errorType: "TypeError", errorMessage: "no", trace: expect.arrayContaining(["TypeError: no"]) });
  });

  test("a callback handler answers through its callback, and waits for the event loop", async () => {
    await it.create(
      "callback",
      "exports.handler = (event, context, done) => { let n = 0; setImmediate(() => { n = 1; }); done(null, { n }); };",
    );
    expect((await it.call("callback")).answer).toEqual({ n: 0 });
  });

  test("an ES module and the AWS SDK work without bundling", async () => {
    const source = `import { S3Client } from "@aws-sdk/client-s3"; export const handler = async () => typeof S3Client;`;
    await it.create("esm", source, { Code: { ZipFile: writeZip({ "index.mjs": source }) } });
    expect((await it.call("esm")).answer).toBe("function");
  });

  test("https requests that forget the server's port and scheme reach it all the same", async () => {
    await it.create(
      "home",
      `const https = require("https");
      exports.handler = (event) => new Promise((done, failed) => {
        const { hostname } = new URL(event.url);
        https.request({ hostname, path: "/_orrery/health", method: "GET" }, (r) => { r.resume(); done(r.statusCode); }).on("error", failed).end();
      });`,
    );
    expect((await it.call("home", { url: it.cloud.endpoint })).answer).toBe(200);
  });

  test("nothing of the server's environment is seen", async () => {
    process.env["ORRERY_TEST_SECRET"] = "s";
    await it.create("env", "exports.handler = async () => process.env;", { Environment: { Variables: { MINE: "1" } } });
    const { answer } = await it.call("env");
    expect(answer).toMatchObject({
      MINE: "1",
      AWS_REGION: "us-east-1",
      AWS_LAMBDA_FUNCTION_NAME: "env",
      AWS_ENDPOINT_URL: it.cloud.endpoint,
    });
    expect(answer).not.toHaveProperty("ORRERY_TEST_SECRET");
    expect(answer).not.toHaveProperty("VITEST");
  });

  test("a handler that is not there is an init error", async () => {
    await it.create("nomodule", "", { Handler: "other.handler" });
    await it.create("nohandler", "exports.x = 1;");
    expect((await it.call("nomodule")).answer).toMatchObject({
      errorType: "Runtime.ImportModuleError",
      errorMessage: expect.stringContaining("Cannot find module 'other'"),
    });
    expect((await it.call("nohandler")).answer).toMatchObject({
      errorType: "Runtime.HandlerNotFound",
      errorMessage: "index.handler is undefined or not exported",
    });
  });
});

describe("limits", () => {
  test("a function over its time is killed", async () => {
    await it.create("slow", "exports.handler = () => new Promise(() => setInterval(() => {}, 1000));", { Timeout: 1 });
    const { answer, FunctionError, log, $metadata } = await it.call("slow");
    expect(FunctionError).toBe("Unhandled");
    // documented: https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
    expect(answer).toEqual({
      errorType: "Sandbox.Timedout",
      errorMessage: `RequestId: ${$metadata.requestId} Error: Task timed out after 1.00 seconds`,
    });
    expect(log).toContain("Task timed out after 1.00 seconds");
  });

  test("a function over its memory is killed", async () => {
    await it.create(
      "greedy",
      "exports.handler = async () => { const a = []; for (;;) { a.push(Buffer.alloc(8e6, 1)); await new Promise(r => setTimeout(r, 5)); } };",
      { Timeout: 30 },
    );
    const { answer, log } = await it.call("greedy");
    expect(answer).toMatchObject({
      errorType: "Runtime.ExitError",
      errorMessage: expect.stringMatching(/Runtime exited with error: signal: killed$/),
    });
    expect(log).toContain("Error Type: Runtime.ExitError");
  });

  test("a process that exits is told", async () => {
    await it.create("exits", "exports.handler = async () => process.exit(7);");
    expect((await it.call("exits")).answer).toMatchObject({
      errorType: "Runtime.ExitError",
      errorMessage: expect.stringMatching(/^RequestId: .* Error: Runtime exited with error: exit status 7$/),
    });
  });

  test("an event that is not JSON is refused", async () => {
    await expect(it.client.send(new InvokeCommand({ FunctionName: "exits", Payload: "{" }))).rejects.toMatchObject({
      name: "InvalidRequestContentException",
    });
  });
});

test("Python runs with its context and its logger", async () => {
  await it.create(
    "py",
    'import logging\ndef handler(event, context):\n  print("said")\n  logging.getLogger().warning("warned")\n  if event.get("boom"): raise ValueError("no")\n  return {"id": context.aws_request_id, "memory": context.memory_limit_in_mb}\n',
    { Runtime: "python3.13" as Runtime },
  );
  const { answer, log, $metadata } = await it.call("py");
  expect(answer).toEqual({ id: $metadata.requestId, memory: "128" });
  expect(log).toContain("said\n");
  expect(log).toMatch(/\[WARNING\]\t[\d\-T:.]+Z\t[0-9a-f-]{36}\twarned/);
  const failed = await it.call("py", { boom: true });
  // documented: https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
  expect(failed.answer).toMatchObject({ errorType: "ValueError", errorMessage: "no", stackTrace: [expect.stringContaining("in handler")] });
});

// documented: https://docs.aws.amazon.com/lambda/latest/dg/python-package.html
test("Python finds the packages that its archive brings", async () => {
  const app = "import bundled\ndef handler(event, context):\n  return bundled.ANSWER\n";
  const ZipFile = writeZip({ "app.py": app, "bundled/__init__.py": "from .inner import ANSWER\n", "bundled/inner.py": "ANSWER = 42\n" });
  await it.create("bundled", "", { Runtime: "python3.13" as Runtime, Code: { ZipFile } });
  expect((await it.call("bundled")).answer).toBe(42);
});
