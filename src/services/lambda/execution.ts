import { createHash } from "node:crypto";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { recordServed } from "../../aws/golden-signals.ts";
import type { Credentials, RoleSession } from "../../aws/identity.ts";
import { tracingOf } from "../../aws/tracing.ts";
import type { FaultEffect } from "../../kernel/faults.ts";
import type { EnvironmentSpec, InvocationOutcome } from "../../runtime/processes/driver.ts";
import { EnvironmentLog } from "./environment-log.ts";
import type { LogStream } from "./log-shipper.ts";
import { functionArn } from "./names.ts";
import type { FunctionRecord } from "./records.ts";
import { getFunctionRow, reservedInAll } from "./store.ts";
import { type InvocationOrigin, InvocationTrace } from "./trace.ts";
import { type Workshop, workshopOf } from "./workshop.ts";

/** Of one account in one region: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const ACCOUNT_CONCURRENCY = 1_000;
/** The longest session of a role; a process is replaced long before. */
const CREDENTIAL_SECONDS = 12 * 3_600;

/** One invocation that is to be run. */
export interface Execution {
  readonly record: FunctionRecord;
  /** Version or alias that was asked for. */
  readonly qualifier: string | undefined;
  readonly payload: Uint8Array;
  readonly requestId: string;
  /** Base64 of JSON, as the client sent it. */
  readonly clientContext?: string | undefined;
  /** Of an asynchronous one: when it was accepted, and which attempt this is. */
  readonly queued?: InvocationOrigin["queued"];
  /** Traces of the messages of a batch. */
  readonly links?: InvocationOrigin["links"];
  /** Takes the parts of a response that the function sends while it makes it. */
  readonly chunk?: ((data: Buffer, contentType: string) => void) | undefined;
}

export interface ExecutionResult {
  readonly outcome: InvocationOutcome;
  readonly requestId: string;
  readonly version: string;
  /** Base64 of the last 4 KB of the log. */
  readonly logTail: string;
}

/** Runs one invocation, with its logs, metrics and limits. @throws AwsException TooManyRequestsException */
export async function execute(ctx: Context, execution: Execution): Promise<ExecutionResult> {
  const { record, requestId } = execution;
  const workshop = workshopOf(ctx.cloud);
  const leave = enter(ctx, workshop, execution);
  const release = ctx.cloud.clock.busy(`function ${record.name}`);
  try {
    const fault = ctx.cloud.faults.strike("function", { function: record.name, version: record.version });
    if (fault?.delayMs !== undefined) await ctx.cloud.clock.wallPause(fault.delayMs);
    const trace = new InvocationTrace(ctx, execution);
    const answered = await workshop.driver.invoke(specOf(ctx, workshop, record), {
      requestId,
      payload: execution.payload,
      headers: headersOf(ctx, execution, trace.header),
      chunk: execution.chunk,
      started: (host) => {
        trace.started();
        (host as EnvironmentLog).started(requestId);
      },
    });
    const outcome = fault === undefined ? answered : struck(answered, fault);
    const host = outcome.host as EnvironmentLog;
    host.ended(requestId, outcome);
    trace.ended(outcome, record.logging.LogGroup);
    measure(ctx, execution, {
      Invocations: 1,
      Errors: outcome.status === "success" ? 0 : 1,
      Duration: outcome.durationMs,
      ConcurrentExecutions: workshop.running.get(keyOf(ctx, record.name)) ?? 1,
    });
    tellSignals(ctx, record, outcome);
    if (outcome.status !== "success") tellFailure(ctx, execution, outcome);
    return { outcome, requestId, version: record.version, logTail: host.takeTail() };
  } finally {
    leave();
    release();
  }
}

/** The function has run, with all that it does; what it answers is what the fault says. */
function struck(outcome: InvocationOutcome, { error, delayMs = 0 }: FaultEffect): InvocationOutcome {
  const late = { ...outcome, durationMs: outcome.durationMs + delayMs };
  if (error === undefined || outcome.status !== "success") return late;
  const payload = Buffer.from(JSON.stringify({ errorType: error.code, errorMessage: error.message }));
  return { ...late, status: "error", errorType: error.code, payload };
}

/** Ends the processes of a function, or of one version of it. */
export function retire(ctx: Context, name: string, version?: string): void {
  const { driver } = workshopOf(ctx.cloud);
  const prefix = keyOf(ctx, name);
  driver.retire((group) => (version === undefined ? group.startsWith(`${prefix}/`) : group === `${prefix}/${version}`));
}

function keyOf(ctx: Context, name: string): string {
  return `${ctx.account}/${ctx.region}/${name}`;
}

/** Takes one place in the function's and the account's concurrency. */
function enter(ctx: Context, workshop: Workshop, execution: Execution): () => void {
  const { running } = workshop;
  const own = keyOf(ctx, execution.record.name);
  const reserved = getFunctionRow(ctx, execution.record.name)?.reserved ?? null;
  const shared = `${ctx.account}/${ctx.region}`;
  const key = reserved === null ? shared : own;
  const limit = reserved ?? ACCOUNT_CONCURRENCY - reservedInAll(ctx);
  if ((running.get(key) ?? 0) >= limit) {
    measure(ctx, execution, { Throttles: 1 });
    throw throttled(reserved === null ? "ConcurrentInvocationLimitExceeded" : "ReservedFunctionConcurrentInvocationLimitExceeded");
  }
  const keys = reserved === null ? [own, shared] : [own];
  for (const one of keys) running.set(one, (running.get(one) ?? 0) + 1);
  return () => {
    for (const one of keys) {
      const left = (running.get(one) ?? 1) - 1;
      if (left === 0) running.delete(one);
      else running.set(one, left);
    }
  };
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html, TooManyRequestsException */
function throttled(Reason: string): AwsException {
  return new AwsException("TooManyRequestsException", "Rate Exceeded.", { status: 429, members: { Reason, Type: "User" } });
}

function measure(ctx: Context, { record, qualifier }: Execution, values: Record<string, number>): void {
  if (!ctx.isCurrent) return;
  const { account, region } = ctx;
  const place = { account, region, functionName: record.name, qualifier, executedVersion: record.version };
  workshopOf(ctx.cloud).metrics.record({ ...place, values });
}

function tellSignals(ctx: Context, record: FunctionRecord, outcome: InvocationOutcome): void {
  if (!ctx.isCurrent) return;
  recordServed(ctx, {
    service: record.name,
    version: record.version,
    outcome: outcome.status === "success" ? "ok" : "fault",
    latency: outcome.durationMs,
    place: { service: record.name, environment: "lambda:default", operation: `${record.name}/FunctionHandler`, platform: "AWS::Lambda" },
    saturation: {
      Concurrency: workshopOf(ctx.cloud).running.get(keyOf(ctx, record.name)) ?? 1,
      MemoryUtilization: (outcome.maxMemoryMb / record.memory) * 100,
    },
  });
}

function tellFailure(ctx: Context, execution: Execution, outcome: InvocationOutcome): void {
  const { record, requestId } = execution;
  ctx.emit({
    source: "aws.lambda",
    type: "Invocation Failed",
    resources: [functionArn(ctx, record.name, execution.qualifier)],
    detail: { requestId, version: record.version, status: outcome.status, errorType: outcome.errorType ?? null },
  });
}

function headersOf(ctx: Context, execution: Execution, trace: string): Record<string, string> {
  const context = execution.clientContext;
  return {
    "lambda-runtime-invoked-function-arn": functionArn(ctx, execution.record.name, execution.qualifier),
    "lambda-runtime-trace-id": trace,
    ...(context === undefined ? {} : { "lambda-runtime-client-context": Buffer.from(context, "base64").toString("utf8") }),
  };
}

function specOf(ctx: Context, workshop: Workshop, record: FunctionRecord): EnvironmentSpec {
  const { blobs } = ctx.cloud;
  const group = `${keyOf(ctx, record.name)}/${record.version}`;
  const layers = record.layers.map((layer) => layer.blob);
  const optKey = createHash("sha256").update(layers.join()).digest("hex");
  return {
    id: `${group}@${record.revisionId}`,
    group,
    language: record.runtime.startsWith("python") ? "python" : "node",
    handler: record.handler,
    codeDir: workshop.folders.unpacked(record.code.blob, () => [blobs.readAll(record.code.blob)]),
    optDir: layers.length === 0 ? undefined : workshop.folders.unpacked(optKey, () => layers.map((blob) => blobs.readAll(blob))),
    memoryMb: record.memory,
    timeoutMs: record.timeout * 1000,
    open: () => new EnvironmentLog(ctx, record, workshop.logs, (stream) => variablesOf(ctx, record, stream)),
  };
}

/** @throws AwsException AccessDeniedException when the role is gone */
function credentialsOf(ctx: Context, session: RoleSession): Credentials {
  try {
    return ctx.cloud.identity.issue(session);
  } catch (error) {
    if (!(error instanceof AwsException)) throw error;
    const message = "The role defined for the function cannot be assumed by Lambda.";
    throw new AwsException("AccessDeniedException", message, { status: 403, cause: error });
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
function variablesOf(ctx: Context, record: FunctionRecord, stream: LogStream): Record<string, string> {
  const session = { account: ctx.account, roleArn: record.role, sessionName: record.name, seconds: CREDENTIAL_SECONDS };
  const credentials = credentialsOf(ctx, session);
  const { LogFormat, ApplicationLogLevel } = record.logging;
  return {
    AWS_ENDPOINT_URL: ctx.cloud.endpoint,
    AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR",
    // Where there is none, an address that takes datagrams and leads nowhere.
    AWS_XRAY_DAEMON_ADDRESS: tracingOf(ctx.cloud).daemon ?? "169.254.79.129:2000",
    ...record.variables,
    AWS_REGION: ctx.region,
    AWS_DEFAULT_REGION: ctx.region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${record.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: record.name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(record.memory),
    AWS_LAMBDA_FUNCTION_VERSION: record.version,
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: stream.group,
    AWS_LAMBDA_LOG_STREAM_NAME: stream.stream,
    AWS_LAMBDA_LOG_FORMAT: LogFormat,
    ...(ApplicationLogLevel === undefined ? {} : { AWS_LAMBDA_LOG_LEVEL: ApplicationLogLevel }),
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(credentials.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: credentials.sessionToken }),
  };
}
