import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UpdateFunctionCodeCommand } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LambdaTest } from "../../../test/support/lambda.ts";
import { writeZip } from "../../runtime/processes/zip.ts";

const SECRET = "NOBODY_ELSES_BUSINESS";
let it: LambdaTest;
let folder: string;
beforeAll(async () => {
  process.env[SECRET] = "hush-hush";
  folder = mkdtempSync(join(tmpdir(), "orrery-sandbox-"));
  it = await LambdaTest.start();
});
afterAll(async () => {
  delete process.env[SECRET];
  rmSync(folder, { recursive: true, force: true });
  await it.cloud.stop();
});

async function messages(name: string): Promise<string[]> {
  const { events = [] } = await it.cloud.ctx.call("cloudwatch-logs", "FilterLogEvents", {
    logGroupName: `/aws/lambda/${name}`,
    limit: 10_000,
  });
  return events.map(({ message = "" }) => message);
}

describe("initialisation", () => {
  // documented: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-init-errors
  test("that crashes is tried once more, in the time of the invocation", async () => {
    const mark = join(folder, "once");
    const source = `const fs = require("fs");
      if (!fs.existsSync(${JSON.stringify(mark)})) { fs.writeFileSync(${JSON.stringify(mark)}, ""); process.exit(1); }
      exports.handler = async (event, context) => context.getRemainingTimeInMillis();`;
    await it.create("second-try", source, { Timeout: 5 });
    const { answer, FunctionError, log } = await it.call("second-try");
    expect(FunctionError).toBeUndefined();
    expect(existsSync(mark)).toBe(true);
    expect(answer).toBeLessThan(5_000);
    expect(log).toMatch(/INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: error\tError Type: Runtime.ExitError\n/);
    expect(log.match(/INIT_REPORT/g)).toHaveLength(1);
    expect(log).not.toMatch(/\tInit Duration/);
  });

  // documented: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-init-errors
  test("that crashes twice fails the invocation", async () => {
    await it.create("no-try", "process.exit(3);");
    const { answer, FunctionError, log } = await it.call("no-try");
    expect(FunctionError).toBe("Unhandled");
    expect(answer).toMatchObject({ errorType: "Runtime.ExitError", errorMessage: expect.stringMatching(/exit status 3$/) as string });
    expect([...log.matchAll(/Phase: (\w+)/g)].map(([, phase]) => phase)).toEqual(["init", "invoke"]);
  });
});

describe("output", () => {
  // documented: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
  test("of several lines is one event by console.log, and one event a line by stdout", async () => {
    await it.create("lines", `exports.handler = async () => { console.log("a\\nb"); process.stdout.write("c\\nd\\n"); };`);
    await it.call("lines");
    await it.idle();
    const own = (await messages("lines"))
      .filter((text) => !/^(INIT_START|START|END|REPORT)/.test(text))
      .map((text) => text.split("\t").at(-1));
    expect(own.sort()).toEqual(["a\nb", "c", "d"]);
  });

  // assumed: a line over the limit of a log event is cut
  test("without an end is stored in pieces, and the server keeps no more of it than a few megabytes", async () => {
    const source = `const fs = require("fs");
      exports.handler = async ({ megabytes, end }) => {
        const part = Buffer.alloc(1 << 20, "y");
        if (end) part[part.length - 1] = 10;
        for (let i = 0; i < megabytes; i++) for (let at = 0; at < part.length; ) {
          try { at += fs.writeSync(1, part, at); } catch (error) { if (error.code !== "EAGAIN") throw error; }
        }
      };`;
    await it.create("flood", source, { Timeout: 100, MemorySize: 256 });
    const before = process.memoryUsage().rss;
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss - before);
    }, 20);
    for (const end of [false, true]) expect((await it.call("flood", { megabytes: 200, end })).FunctionError).toBeUndefined();
    clearInterval(watch);
    expect(most).toBeLessThan(350 << 20);
    await it.idle();
    const { storedBytes } =
      (await it.cloud.ctx.call("cloudwatch-logs", "DescribeLogGroups", { logGroupNamePrefix: "/aws/lambda/flood" })).logGroups?.[0] ?? {};
    expect(storedBytes).toBeGreaterThan(400 * ((1 << 20) - 1));
  }, 120_000);
});

test("neither a function nor its children see the server's environment", async () => {
  const source = `const fs = require("fs"), { execFileSync } = require("child_process");
    exports.handler = async () => [JSON.stringify(process.env), fs.readFileSync("/proc/self/environ", "utf8"), String(execFileSync("env"))].join();`;
  await it.create("nosy", source);
  const { answer } = await it.call("nosy");
  expect(answer).toContain("LAMBDA_TASK_ROOT");
  expect(answer).not.toContain(SECRET);
  expect(answer).not.toContain("hush-hush");
});

// documented: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
test("the memory of a function's children counts as its own", async () => {
  const greedy = "const all = []; setInterval(() => all.push(Buffer.alloc(20 << 20, 1)), 20)";
  const source = `exports.handler = () => new Promise((done) => require("child_process").spawn(process.execPath, ["-e", "${greedy}"]).on("exit", done));`;
  await it.create("greedy-child", source, { Timeout: 20 });
  expect((await it.call("greedy-child")).answer).toMatchObject({ errorMessage: expect.stringMatching(/signal: killed$/) as string });
});

// documented: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
test("fifty calls at once all come back, and never two at a time from one process", async () => {
  const source = `let busy = false;
    exports.handler = async () => { if (busy) throw new Error("busy"); busy = true; await new Promise((r) => setTimeout(r, 50)); busy = false; };`;
  await it.create("burst", source, { Timeout: 60 });
  const answers = await Promise.all(Array.from({ length: 50 }, () => it.call("burst")));
  expect(answers.filter(({ FunctionError }) => FunctionError !== undefined)).toEqual([]);
}, 60_000);

// documented: https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html
test("an update lets invocations under way finish with the old code", async () => {
  await it.create(
    "swap",
    `exports.handler = async () => { console.log("here"); await new Promise((r) => setTimeout(r, 500)); return "old"; };`,
  );
  const flying = [it.call("swap"), it.call("swap")];
  await expect.poll(async () => (await messages("swap").catch(() => [])).filter((text) => text.includes("here")).length).toBe(2);
  const ZipFile = writeZip({ "index.js": `exports.handler = async () => "new";` });
  await it.client.send(new UpdateFunctionCodeCommand({ FunctionName: "swap", ZipFile }));
  await expect.poll(async () => (await it.call("swap")).answer).toBe("new");
  expect((await Promise.all(flying)).map(({ answer }) => answer)).toEqual(["old", "old"]);
});

// assumed: on AWS a sandbox ends with all that runs in it
test.runIf(process.platform === "linux")("a reset ends functions with all that they started, be it in a session of its own", async () => {
  const seconds = 60_000 + (process.pid % 30_000);
  const source = `const { spawn } = require("child_process");
    exports.handler = async () => {
      spawn("sleep", ["${seconds}"]);
      spawn("sleep", ["${seconds}"], { detached: true, stdio: "ignore" }).unref();
      spawn("sh", ["-c", "setsid sleep ${seconds} & exit"], { stdio: "ignore" });
      await new Promise((r) => setTimeout(r, 300));
    };`;
  const running = (): number =>
    execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })
      .split("\n")
      .filter((line) => line === `sleep ${seconds}`).length;
  await it.create("parents", source);
  await it.call("parents");
  expect(running()).toBe(3);
  await it.cloud.reset();
  await expect.poll(running).toBe(0);
});
