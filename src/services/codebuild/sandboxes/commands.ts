import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { pageOf } from "../../../aws/paging.ts";
import type { MessageHandler } from "../../../aws/service.ts";
import { invalid } from "../failures.ts";
import { type LiveSandbox, yardOf } from "./live.ts";
import { recordOf } from "./progress.ts";
import { provision } from "./provision.ts";
import { type CommandRecord, commandOf, isOver } from "./records.ts";
import { pageParams, sandboxNamed } from "./sandboxes.ts";
import { type CommandRow, commands, sandboxes } from "./store.ts";

/** Characters of its output that a command keeps; the log has all. */
const MOST_KEPT = 1_000_000;
const SHELLS = { bash: "bash", "sh-bash": "bash --posix", sh: "/bin/sh" } as const;

const ofRow = (row: CommandRow): CommandRecord => JSON.parse(row.record) as CommandRecord;

/** https://docs.aws.amazon.com/codebuild/latest/userguide/sandbox.html */
function startCommandExecution(
  input: Input<"codebuild", "StartCommandExecution">,
  ctx: Context,
): Output<"codebuild", "StartCommandExecution"> {
  return ctx.tx(() => {
    const row = sandboxNamed(ctx, input.sandboxId);
    if (isOver(row) || row.status === "STOPPING") throw invalid(`Sandbox is not running: ${row.id}`);
    const record: CommandRecord = {
      id: ctx.cloud.ids.uuid(),
      sandboxId: row.id,
      sandboxArn: row.arn,
      submitTime: ctx.now,
      status: "SUBMITTED",
      command: input.command ?? "",
      type: input.type ?? "SHELL",
    };
    ctx.run(commands.insert, { id: record.id, sandbox: row.id, record: JSON.stringify(record) });
    const detail = { id: record.id, sandbox: row.id };
    const cause = ctx.emit({ source: "aws.codebuild", type: "Command Submitted", resources: [row.arn], detail });
    ctx.with({ cause }).send("codebuild.command", { id: record.id }, { lane: row.arn });
    ctx.claim(record.id);
    return { commandExecution: commandOf(record, recordOf(row).build.logs) };
  });
}

/** `codebuild.command`: one after the other in each sandbox. */
export const commandMessage: MessageHandler = async (ctx, { payload }) => {
  const row = ctx.get(commands.get, { id: String(payload["id"]) });
  const home = row === undefined ? undefined : ctx.get(sandboxes.get, { id: row.sandbox });
  if (row === undefined || home === undefined) return;
  const record = ofRow(row);
  if (record.status === "SUCCEEDED" || record.status === "FAILED") return;
  await provision(ctx, home.id);
  const live = yardOf(ctx.cloud).live.get(home.arn);
  // One that was under way when its server died is not run twice.
  if (live === undefined || record.status !== "SUBMITTED") {
    end(ctx, record, { exitCode: "137", status: "FAILED", standardErrContent: "The sandbox ended before the command did\n" });
    return;
  }
  const begun: CommandRecord = { ...record, status: "IN_PROGRESS", startTime: ctx.now };
  ctx.run(commands.put, { id: record.id, record: JSON.stringify(begun) });
  const outcome = await run(live, begun);
  if (ctx.isCurrent) end(ctx, begun, outcome);
};

type Outcome = Pick<CommandRecord, "exitCode" | "status" | "standardOutputContent" | "standardErrContent">;

function end(ctx: Context, record: CommandRecord, outcome: Outcome): void {
  ctx.tx(() => {
    const ended: CommandRecord = { ...record, ...outcome, endTime: ctx.now };
    ctx.run(commands.put, { id: record.id, record: JSON.stringify(ended) });
    ctx.emit({
      source: "aws.codebuild",
      type: "Command Ended",
      resources: [record.sandboxArn ?? ""],
      detail: { id: record.id, status: ended.status },
      rule: `its exit code was ${ended.exitCode ?? ""}`,
    });
  });
}

/** In a shell of its own, from which nothing stays but what it did to the disk. */
async function run(live: LiveSandbox, { id, command = "" }: CommandRecord): Promise<Outcome> {
  const { sandbox, spec, log } = live;
  const script = join(spec.folder, "shell", `script-${id}.sh`);
  const errors = `${script}.err`;
  writeFileSync(script, `${command}\n`, { mode: 0o600 });
  const lines: string[] = [];
  live.sink = (line) => void lines.push(line);
  log.container(`Running command ${command}`);
  const { exitCode } = await sandbox.run(`${SHELLS[spec.shell]} '${script}' 2>'${errors}'`, { fresh: true });
  live.sink = undefined;
  const told = existsSync(errors) ? readFileSync(errors, "utf8") : "";
  for (const line of told.split("\n").slice(0, -1)) await log.output(line);
  for (const file of [script, errors]) rmSync(file, { force: true });
  const out = lines.map((line) => `${line}\n`).join("");
  return {
    exitCode: String(exitCode),
    status: exitCode === 0 ? "SUCCEEDED" : "FAILED",
    ...(out === "" ? {} : { standardOutputContent: out.slice(0, MOST_KEPT) }),
    ...(told === "" ? {} : { standardErrContent: told.slice(0, MOST_KEPT) }),
  };
}

function batchGetCommandExecutions(
  input: Input<"codebuild", "BatchGetCommandExecutions">,
  ctx: Context,
): Output<"codebuild", "BatchGetCommandExecutions"> {
  const home = sandboxNamed(ctx, input.sandboxId);
  const { logs } = recordOf(home).build;
  const found = (input.commandExecutionIds ?? []).map((id) => {
    const row = ctx.get(commands.get, { id });
    return { id, row: row?.sandbox === home.id ? row : undefined };
  });
  return {
    commandExecutions: found.flatMap(({ row }) => (row === undefined ? [] : [commandOf(ofRow(row), logs)])),
    commandExecutionsNotFound: found.filter(({ row }) => row === undefined).map(({ id }) => id),
  };
}

function listCommandExecutionsForSandbox(
  input: Input<"codebuild", "ListCommandExecutionsForSandbox">,
  ctx: Context,
): Output<"codebuild", "ListCommandExecutionsForSandbox"> {
  const home = sandboxNamed(ctx, input.sandboxId);
  const { logs } = recordOf(home).build;
  const params = pageParams(input);
  const rows = ctx.all(commands.page, { sandbox: home.id, ...params });
  const { items, nextToken } = pageOf(rows, params.limit - 1, ({ sequence }) => [sequence * params.order]);
  return { commandExecutions: items.map((row) => commandOf(ofRow(row), logs)), ...(nextToken === undefined ? {} : { nextToken }) };
}

export const commandOperations = {
  StartCommandExecution: startCommandExecution,
  BatchGetCommandExecutions: batchGetCommandExecutions,
  ListCommandExecutionsForSandbox: listCommandExecutionsForSandbox,
};
