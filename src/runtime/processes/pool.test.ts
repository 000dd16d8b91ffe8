import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Clock } from "../../kernel/clock.ts";
import type { EnvironmentSpec, InvocationOutcome } from "./driver.ts";
import { Folders } from "./folders.ts";
import { startOf } from "./memory.ts";
import { ProcessDriver } from "./pool.ts";
import { writeZip } from "./zip.ts";

let root: string;
let driver: ProcessDriver;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "orrery-pool-"));
  driver = make();
});
afterEach(async () => {
  await driver.stop();
  rmSync(root, { recursive: true, force: true });
});

function make(options: { readonly maxProcesses?: number } = {}): ProcessDriver {
  const folder = join(root, "processes");
  return new ProcessDriver({ clock: new Clock(), folder, modules: { from: join(root, "none"), scopes: [] }, ...options });
}

/** A function that answers its process id, after `ms`. */
const SOURCE = `exports.handler = async ({ ms }) => {
  if (ms) await new Promise((resolve) => setTimeout(resolve, ms));
  return process.pid;
};`;

function spec(id = "one", group = "group"): EnvironmentSpec {
  const codeDir = new Folders(join(root, "code")).unpacked("pid", () => [writeZip({ "index.js": SOURCE })]);
  const host = { variables: {}, log: () => undefined, initialised: () => undefined };
  const limits = { memoryMb: 128, timeoutMs: 10_000 };
  return { id, group, language: "node", handler: "index.handler", codeDir, optDir: undefined, ...limits, open: () => host };
}

let requests = 0;
async function call(of: EnvironmentSpec, ms = 0): Promise<number> {
  const payload = Buffer.from(JSON.stringify({ ms }));
  const request = { requestId: `request-${requests++}`, payload, headers: {}, started: () => undefined };
  const outcome: InvocationOutcome = await driver.invoke(of, request);
  expect(outcome.status).toBe("success");
  return Number(outcome.payload.toString());
}

test("a process is used again, and calls at the same time have one each", async () => {
  const first = await call(spec());
  expect(await call(spec())).toBe(first);
  const [a, b] = await Promise.all([call(spec(), 100), call(spec(), 100)]);
  expect(a).not.toBe(b);
  expect(driver.size).toBe(2);
});

test("a changed function replaces the processes of the old one", async () => {
  const old = await call(spec("one"));
  expect(await call(spec("two"))).not.toBe(old);
  await expect.poll(() => startOf(old)).toBeUndefined();
  expect(driver.size).toBe(1);
});

test("over the limit, idle processes make room and callers wait", async () => {
  await driver.stop();
  driver = make({ maxProcesses: 1 });
  const pids = await Promise.all([call(spec("a", "a"), 20), call(spec("b", "b"), 20), call(spec("c", "c"))]);
  expect(new Set(pids).size).toBe(3);
  expect(driver.size).toBe(1);
});

test.runIf(process.platform === "linux")(
  "what a killed server left running is ended at the next start, and a stranger is not",
  async () => {
    const orphan = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
    const stranger = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
    const note = (name: string, text: string): void => {
      mkdirSync(join(root, "processes", name));
      writeFileSync(join(root, "processes", name, "pid"), text);
    };
    note("e-orphan", `${orphan.pid} ${startOf(orphan.pid ?? 0)}`);
    note("e-stranger", `${stranger.pid} 1`);
    await driver.stop();
    const ended = once(orphan, "exit");
    driver = make();
    expect((await ended)[1]).toBe("SIGKILL");
    expect(startOf(stranger.pid ?? 0)).toBeDefined();
    expect(existsSync(join(root, "processes", "e-orphan"))).toBe(false);
    stranger.kill("SIGKILL");
  },
);
