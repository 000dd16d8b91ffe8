import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Clock } from "../../kernel/clock.ts";
import type { AgentDriver, Machine } from "./driver.ts";
import { chooseDriver } from "./index.ts";
import { mappedDriver } from "./mapped.ts";
import { placeOf } from "./rooted.ts";

const clock = new Clock();
const dataDir = mkdtempSync(join(tmpdir(), "orrery-agents-"));
afterAll(() => {
  clock.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const best = await chooseDriver(clock, dataDir, join(dataDir, "instances"));

async function lines(machine: Machine, argv: string[], variables: Record<string, string> = {}): Promise<string[]> {
  const out: string[] = [];
  const outcome = await machine.run({ argv, variables, cwd: "/", timeoutMs: 20_000, line: (_stream, text) => out.push(text) });
  return [...out, outcome.end === "exit" ? String(outcome.code) : outcome.end];
}

// assumed: what isolation means here is Orrery's own; docs/not-aws.md
describe.each<[string, AgentDriver]>([
  ["the best driver here", best],
  ["mapped", mappedDriver(clock)],
])("%s", (name, driver) => {
  let machine: Machine;
  beforeAll(() => {
    machine = driver.machine({ folder: join(dataDir, name.replaceAll(" ", "-")), name: "web1" });
  });
  afterAll(() => machine.stop());

  test("a program runs, its output is read by lines, and its exit code is told", async () => {
    expect(await lines(machine, ["/bin/sh", "-c", "echo one; echo two >&2; exit 3"])).toEqual(expect.arrayContaining(["one", "two", "3"]));
  });

  test("nothing of the server's environment reaches it", async () => {
    process.env["SECRET_OF_THE_HOST"] = "secret";
    const out = await lines(machine, ["/usr/bin/env"], { DEPLOYMENT_ID: "d-1" });
    delete process.env["SECRET_OF_THE_HOST"];
    expect(out).toContain("DEPLOYMENT_ID=d-1");
    expect(out.join()).not.toContain("SECRET_OF_THE_HOST");
  });

  test("what it leaves running ends with the instance, and its files stay", async () => {
    const root = await machine.root();
    const script =
      'cd "$ORRERY_INSTANCE_ROOT/opt"; echo kept > kept; (setsid sh -c "echo \\$\\$ > pid; exec sleep 600") >/dev/null 2>&1 </dev/null & sleep 0.3';
    await lines(machine, ["/bin/sh", "-c", script]);
    expect(existsSync(join(root, "opt/pid"))).toBe(true);
    await machine.stop();
    const again = await machine.root();
    expect(readFileSync(join(again, "opt/kept"), "utf8")).toBe("kept\n");
    const pid = readFileSync(join(again, "opt/pid"), "utf8").trim();
    expect(await lines(machine, ["/bin/sh", "-c", `grep -vs "zombie" /proc/${pid}/status | grep -q "^State"`])).toEqual(["1"]);
  });

  test("a program over its time is ended with all that it started", async () => {
    const outcome = await machine.run({
      argv: ["/bin/sh", "-c", "sleep 600"],
      variables: {},
      cwd: "/",
      timeoutMs: 100,
      line: () => undefined,
    });
    expect(outcome).toEqual({ end: "timeout" });
  });
});

describe.runIf(best.kind === "namespace")("namespaces", () => {
  test("an instance writes to paths of its own, has its own name, and sees no home folder of this machine", async () => {
    const machine = best.machine({ folder: join(dataDir, "own"), name: "web2" });
    expect(await lines(machine, ["/bin/sh", "-c", `mkdir -p /var/www-orrery; hostname; ls -A ${homedir()}; ls -d ${dataDir}`])).toEqual([
      "web2",
      expect.stringContaining("ls: "),
      "2",
    ]);
    expect(existsSync("/var/www-orrery")).toBe(false);
    expect(existsSync(join(await machine.root(), "var/www-orrery"))).toBe(true);
    await machine.stop();
  });
});

describe.runIf(best.kind === "namespace")("the processes of an instance", () => {
  // assumed: as on a machine
  test("are gone when they have ended, though nobody waited for them", async () => {
    const machine = best.machine({ folder: join(dataDir, "gone"), name: "web4" });
    const script = 'setsid sh -c "echo \\$\\$ > /opt/pid; exec sleep 600" > /dev/null 2>&1 < /dev/null & until [ -s /opt/pid ]; do :; done';
    await lines(machine, ["/bin/sh", "-c", script]);
    const waiting = 'kill "$(cat /opt/pid)"; while kill -0 "$(cat /opt/pid)" 2> /dev/null; do sleep 0.01; done; echo gone';
    expect(await lines(machine, ["/bin/sh", "-c", waiting])).toEqual(["gone", "0"]);
    await machine.stop();
  });

  // assumed: as a machine that is switched off
  test("are asked to end before they are ended", async () => {
    const machine = best.machine({ folder: join(dataDir, "asked"), name: "web3" });
    const service = 'trap "echo bye > /opt/bye; exit" TERM; echo ready > /opt/ready; while :; do sleep 0.05; done';
    await lines(machine, ["/bin/sh", "-c", `setsid sh -c '${service}' > /dev/null 2>&1 < /dev/null & until [ -s /opt/ready ]; do :; done`]);
    await machine.stop();
    expect(readFileSync(join(await machine.root(), "opt/bye"), "utf8")).toBe("bye\n");
    await machine.stop();
  });
});

test("links are followed within the instance", async () => {
  const machine = mappedDriver(clock).machine({ folder: join(dataDir, "links"), name: "links" });
  const root = await machine.root();
  await lines(machine, [
    "/bin/sh",
    "-c",
    'cd "$ORRERY_INSTANCE_ROOT"; mkdir -p var real; ln -s /real var/link; ln -s ../../../../etc up; ln -s /etc/passwd last',
  ]);
  expect(await placeOf(root, "/var/link/new/file")).toBe(join(root, "real/new/file"));
  expect(await placeOf(root, "/up/passwd")).toBe(join(root, "etc/passwd"));
  expect(await placeOf(root, "/last", { follow: false })).toBe(join(root, "last"));
  expect(await placeOf(root, "/../../x")).toBe(join(root, "x"));
});
