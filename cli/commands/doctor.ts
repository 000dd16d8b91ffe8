import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Command } from "commander";
import pc from "picocolors";
import { Clock } from "../../src/kernel/clock.ts";
import { chooseDriver } from "../../src/runtime/agents/index.ts";
import { DEFAULT_PORT, defaultDataDir, isUp, readRecord } from "../client.ts";
import { print, printJson } from "../print.ts";

interface Finding {
  readonly what: string;
  readonly state: "ok" | "missing" | "problem";
  readonly found: string;
  readonly advice?: string;
}

const run = promisify(execFile);

/** Exit code 1 when something that Orrery cannot do without is wrong; what is only useful is "missing". */
export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .description("look at this machine, and say what to do about each finding")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  orrery doctor")
    .action(async (options: { json?: boolean }) => {
      const findings = await Promise.all([
        node(),
        port(),
        dataFolder(),
        instances(),
        tool("git", ["--version"], "git", "no service uses it yet; most projects do: install git from your system's packages"),
        tool("Python", ["--version"], "python3", "needed to run Python functions: install python3"),
        tool("Docker", ["version", "--format", "{{.Server.Version}}"], "docker", "no service uses it yet; container images will need it"),
        tool("AWS CLI", ["--version"], "aws", "the AWS CLI is how most people talk to Orrery"),
      ]);
      if (options.json === true) printJson({ findings });
      else for (const finding of findings) print(render(finding));
      if (findings.some(({ state }) => state === "problem")) process.exitCode = 1;
    });
}

function render({ what, state, found, advice }: Finding): string {
  const mark = { ok: pc.green("ok     "), missing: pc.yellow("missing"), problem: pc.red("problem") }[state];
  return `${mark}  ${what}: ${found}${advice === undefined ? "" : `\n         ${advice}`}`;
}

async function node(): Promise<Finding> {
  const major = Number(process.versions.node.split(".")[0]);
  const found = process.versions.node;
  if (major >= 24) return { what: "Node.js", state: "ok", found };
  return { what: "Node.js", state: "problem", found, advice: "Orrery needs 24 or newer: run it with npm, which brings its own" };
}

async function port(): Promise<Finding> {
  const what = `port ${DEFAULT_PORT}`;
  if (await isUp({ port: DEFAULT_PORT })) return { what, state: "ok", found: "an Orrery is running there" };
  const free = await new Promise<boolean>((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(DEFAULT_PORT, "127.0.0.1", () => server.close(() => resolve(true)));
  });
  if (free) return { what, state: "ok", found: "free" };
  return { what, state: "problem", found: "taken by another program", advice: "end that program, or start with 'orrery up --port 4600'" };
}

async function dataFolder(): Promise<Finding> {
  const dataDir = defaultDataDir();
  const record = readRecord(dataDir);
  const what = "data folder";
  if (record === undefined) return { what, state: "ok", found: `${dataDir}, not in use` };
  if (await isUp({ data: dataDir })) return { what, state: "ok", found: `${dataDir}, in use by process ${record.pid}` };
  return { what, state: "ok", found: `${dataDir}, left by process ${record.pid}; the next 'orrery up' goes on where it was` };
}

/** How servers that CodeDeploy deploys to are kept apart from this machine. */
async function instances(): Promise<Finding> {
  const folder = await mkdtemp(join(tmpdir(), "orrery-doctor-"));
  const clock = new Clock();
  try {
    const { kind, about } = await chooseDriver(clock, folder, folder);
    const what = "instances";
    if (kind === "namespace") return { what, state: "ok", found: about };
    const advice = "for instances with a disk of their own: Linux, as root or with user namespaces, with util-linux and overlayfs";
    return { what, state: "missing", found: about, advice };
  } finally {
    clock.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function tool(what: string, args: string[], command: string, advice: string): Promise<Finding> {
  try {
    const { stdout, stderr } = await run(command, args, { timeout: 20_000 });
    return { what, state: "ok", found: (stdout.trim() || stderr.trim()).split("\n")[0] ?? "" };
  } catch {
    return { what, state: "missing", found: "not there or not answering", advice };
  }
}
