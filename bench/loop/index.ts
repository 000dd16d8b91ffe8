import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { AlarmCost } from "./alarms.ts";
import type { BuildCost } from "./builds.ts";
import type { CanaryRun } from "./canary.ts";
import type { PushCost } from "./push.ts";
import type { Wave } from "./scale.ts";

type Note = (what: string, value: string, target: string, met?: boolean) => void;

const run = promisify(execFile);
const BUILD_BUDGET_MS = 300;
const PUSH_BUDGET_MS = 200;
const CANARY_BUDGET_MS = 5_000;
/** Live memory may differ by so much between two moments. */
const FLAT = 1.1;

/** What delivery costs, each part in a process of its own. */
export async function loop(note: Note): Promise<void> {
  await scaleOfDelivery(note);
  const { good, bad } = await part<{ good: CanaryRun; bad: CanaryRun }>("canaries");
  for (const [how, one] of [
    ["to its end", good],
    ["rolled back by its alarm", bad],
  ] as const) {
    const value = `${seconds(one.wallMs)}, CPU ${seconds(one.cpuMs)}, ${one.requests} requests`;
    note(`Canary10Percent30Minutes under load in skip, ${how}`, value, "< 5 s", one.wallMs < CANARY_BUDGET_MS);
  }
  const { none, asleep, awake } = await part<AlarmCost>("alarms");
  const value = `CPU ${asleep.toFixed(1)} ms (no alarms: ${none.toFixed(1)} ms; with a data point a minute: ${awake.toFixed(0)} ms)`;
  note("30 virtual minutes of 200 alarms without data", value, "as without alarms", asleep - none < 10);
  const { push, afterPush } = await part<PushCost>("pushes");
  const started = push.map((ms, i) => ms + (afterPush[i] ?? 0));
  const late = Math.max(0, at(afterPush, 0.9));
  const text = `${at(started, 0.5).toFixed(0)}/${at(started, 0.9).toFixed(0)} ms, ${late.toFixed(0)} ms after git has returned`;
  note("git push to the execution's STARTED, p50/p90", text, `< ${PUSH_BUDGET_MS} ms`, at(started, 0.9) < PUSH_BUDGET_MS);
  await buildsOfDelivery(note);
}

async function scaleOfDelivery(note: Note): Promise<void> {
  const waves = await part<Wave[]>("scale");
  const sum = (of: (wave: Wave) => number): number => waves.reduce((all, wave) => all + of(wave), 0);
  const what = `${waves.at(-1)?.executions} executions of 200 pipelines, 300 canaries with alarms`;
  const value = `${seconds(sum(({ wallMs }) => wallMs))}, CPU ${seconds(sum(({ cpuMs }) => cpuMs))}`;
  note(what, value, `all ${sum(({ shifts }) => shifts)} weights at their instant`, true);
  const live = waves.map(({ heapMb }) => heapMb);
  const moments = waves.map(({ executions }) => executions).join(", ");
  const isFlat = Math.max(...live) <= FLAT * Math.min(...live);
  note(`live memory after ${moments} of them`, `${live.map((mb) => mb.toFixed(0)).join(", ")} MB`, `flat (≤ ${FLAT}×)`, isFlat);
}

async function buildsOfDelivery(note: Note): Promise<void> {
  const { overheads, heapBeforeMb, heapAfterMb, logLines } = await part<BuildCost>("builds");
  const [p50, p90] = [at(overheads, 0.5), at(overheads, 0.9)];
  const bare = await startOfNode();
  note(
    "StartBuild to COMPLETED less its commands, p50/p90",
    `${p50.toFixed(0)}/${p90.toFixed(0)} ms, ${(p50 / bare).toFixed(1)}× a bare Node.js process`,
    `< ${BUILD_BUDGET_MS} ms`,
    p90 < BUILD_BUDGET_MS,
  );
  const value = `${heapBeforeMb.toFixed(0)} → ${heapAfterMb.toFixed(0)} MB`;
  note(`live memory over ${logLines} lines of builds' output`, value, `flat (≤ ${FLAT}×)`, heapAfterMb <= FLAT * heapBeforeMb);
}

/** Wall ms from spawn to end. */
async function startOfNode(): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 7; i++) {
    const began = performance.now();
    await run(process.execPath, ["-e", "0"]);
    times.push(performance.now() - began);
  }
  return at(times, 0.5);
}

async function part<T>(name: string): Promise<T> {
  const { stdout } = await run(process.execPath, ["--expose-gc", join(import.meta.dirname, "child.ts"), name]);
  return JSON.parse(stdout) as T;
}

function at(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? 0;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
