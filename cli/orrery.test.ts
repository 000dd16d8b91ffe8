import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../test/support/cloud.ts";

const run = promisify(execFile);
let cloud: TestCloud;
let home: string;
beforeAll(async () => {
  cloud = await startCloud();
  home = mkdtempSync(join(tmpdir(), "orrery-cli-"));
});
afterAll(async () => {
  await cloud.stop();
  rmSync(home, { recursive: true, force: true });
});

async function orrery(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const port = args[0] === "doctor" || args[0] === "--help" ? [] : ["--port", String(cloud.port)];
  const env = { PATH: process.env["PATH"], HOME: home, SHELL: "/bin/bash", NO_COLOR: "1" };
  try {
    const { stdout, stderr } = await run(process.execPath, [join(import.meta.dirname, "orrery.ts"), ...args, ...port], { env, cwd: home });
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}

describe("the command line", () => {
  test("status, as text and as JSON", async () => {
    expect((await orrery("status")).out).toContain(`Orrery at ${cloud.endpoint}`);
    expect(JSON.parse((await orrery("status", "--json")).out)).toMatchObject({ endpoint: cloud.endpoint });
  });

  test("the clock is advanced and shown", async () => {
    const before = JSON.parse((await orrery("clock", "show", "--json")).out) as { virtual: number };
    expect((await orrery("clock", "advance", "1h30m")).out).toContain("mode     hold");
    const after = JSON.parse((await orrery("clock", "show", "--json")).out) as { virtual: number };
    expect(after.virtual - before.virtual).toBe(5_400_000);
  });

  test("wrong usage has exit code 2 and says what to do", async () => {
    expect(await orrery("clock", "advance", "soon")).toMatchObject({ code: 2, err: expect.stringContaining("write 90s, 5m, 1h30m or 7d") });
    expect(await orrery("nonsense")).toMatchObject({ code: 2 });
  });

  test("env prints for each shell, and writes a profile once", async () => {
    expect((await orrery("env")).out).toContain(`export AWS_ENDPOINT_URL=${cloud.endpoint}\n`);
    expect((await orrery("env", "--shell", "fish")).out).toContain("set -gx AWS_REGION us-east-1");
    expect((await orrery("env", "--shell", "powershell")).out).toContain('$Env:AWS_ACCESS_KEY_ID = "test"');
    await orrery("env", "--profile");
    expect(await orrery("env", "--profile")).toMatchObject({ code: 0, out: expect.stringContaining("left as it is") });
    expect(readFileSync(join(home, ".aws/config"), "utf8")).toBe(
      `\n[profile orrery]\nregion = us-east-1\nendpoint_url = ${cloud.endpoint}\ndisable_host_prefix_injection = true\n`,
    );
  });

  test("coverage of one service says what is missing", async () => {
    expect((await orrery("coverage")).out).toMatch(/^service +real +partial +not implemented/);
    expect((await orrery("coverage", "sts")).out).toMatch(/GetCallerIdentity +real/);
  });

  test("where nothing runs, exit code 3", async () => {
    const { code, stderr } = (await run(process.execPath, [join(import.meta.dirname, "orrery.ts"), "status", "--port", "1"]).catch(
      (error: unknown) => error,
    )) as {
      code: number;
      stderr: string;
    };
    expect([code, stderr]).toEqual([3, expect.stringContaining("orrery up")]);
  });

  test("a server in the background that finds its port taken is not mistaken for the one that has it", async () => {
    const { code, err } = await orrery("up", "-d", "--data", join(home, "second"));
    expect([code, err]).toEqual([1, expect.stringContaining(`port ${cloud.port} is taken by another process`)]);
  });

  test("help has examples", async () => {
    expect((await orrery("--help")).out).toContain("Exit codes");
  });
});
