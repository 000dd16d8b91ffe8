import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readRecord, recordFile } from "./client.ts";

let dataDir: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "orrery-up-"));
});
afterEach(() => {
  child?.kill("SIGKILL");
  rmSync(dataDir, { recursive: true, force: true });
});

async function up(): Promise<ChildProcess> {
  const script = join(import.meta.dirname, "orrery.ts");
  child = spawn(process.execPath, [script, "up", "--port", "0", "--data", dataDir, "--log-level", "debug"]);
  child.stderr?.resume();
  await new Promise((resolve) => child?.stdout?.once("data", resolve));
  return child;
}

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s stops the server in order, though nobody reads what it prints", async (signal) => {
  const server = await up();
  expect(readRecord(dataDir)?.pid).toBe(server.pid);
  server.stdout?.destroy();
  server.stderr?.destroy();
  const ended = new Promise((resolve) => server.once("exit", (code, by) => resolve([code, by])));
  server.kill(signal);
  expect(await ended).toEqual([0, null]);
  expect([existsSync(recordFile(dataDir)), existsSync(join(dataDir, "orrery.pid"))]).toEqual([false, false]);
});
