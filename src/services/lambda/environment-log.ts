import type { Context } from "../../aws/context.ts";
import type { EnvironmentHost, InitReport, InvocationOutcome } from "../../runtime/processes/driver.ts";
import type { LogShipper, LogStream } from "./log-shipper.ts";
import type { FunctionRecord } from "./records.ts";

const TAIL_BYTES = 4096;

/**
 * One execution environment as its logs show it: a stream of its own, the platform's lines and the function's.
 * The lines' forms: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html
 */
export class EnvironmentLog implements EnvironmentHost {
  readonly variables: Readonly<Record<string, string>>;
  readonly #record: FunctionRecord;
  readonly #shipper: LogShipper;
  readonly #stream: LogStream;
  readonly #ctx: Context;
  /** The last lines of the invocation under way, those of the init before it included. */
  #lines: string[] = [];
  #lineBytes = 0;
  #systemLevel: string;

  constructor(ctx: Context, record: FunctionRecord, shipper: LogShipper, variables: (stream: LogStream) => Record<string, string>) {
    const day = new Date(ctx.now).toISOString().slice(0, 10).replaceAll("-", "/");
    const stream = `${day}/[${record.version}]${ctx.cloud.ids.hex(32)}`;
    this.#record = record;
    this.#shipper = shipper;
    this.#ctx = ctx;
    this.#stream = { account: ctx.account, region: ctx.region, group: record.logging.LogGroup, stream };
    this.#systemLevel = record.logging.SystemLogLevel ?? "INFO";
    this.variables = variables(this.#stream);
    const runtimeVersionArn = `arn:aws:lambda:${ctx.region}::runtime:orrery-${record.runtime}`;
    const runtimeVersion = record.runtime.replace(/^([a-z]+)(.*?)(\.x)?$/, "$1:$2.orrery");
    this.#platform(
      "initStart",
      {
        initializationType: "on-demand",
        phase: "init",
        runtimeVersion,
        runtimeVersionArn,
        functionName: record.name,
        functionVersion: record.version,
      },
      `INIT_START Runtime Version: ${runtimeVersion}\tRuntime Version ARN: ${runtimeVersionArn}`,
    );
  }

  log(text: string): Promise<void> | undefined {
    if (!this.#ctx.isCurrent) return undefined;
    this.#lines.push(text);
    this.#lineBytes += text.length;
    while (this.#lineBytes - (this.#lines[0]?.length ?? 0) > TAIL_BYTES) this.#lineBytes -= this.#lines.shift()?.length ?? 0;
    return this.#shipper.write(this.#stream, text);
  }

  initialised(report: InitReport): void {
    if (report.status === "success") return;
    const errorType = report.errorType === undefined ? "" : `\tError Type: ${report.errorType}`;
    this.#platform(
      "initReport",
      { initializationType: "on-demand", phase: report.phase, status: report.status, metrics: { durationMs: rounded(report.durationMs) } },
      `INIT_REPORT Init Duration: ${report.durationMs.toFixed(2)} ms\tPhase: ${report.phase}\tStatus: ${report.status}${errorType}`,
      true,
    );
  }

  started(requestId: string): void {
    const version = this.#record.version;
    this.#platform("start", { requestId, version }, `START RequestId: ${requestId} Version: ${version}`);
  }

  ended(requestId: string, outcome: InvocationOutcome): void {
    if (outcome.status === "timeout") this.log(this.#timeoutLine(requestId));
    if (outcome.crash !== undefined) this.log(this.#crashLine(requestId, outcome));
    if (this.#record.logging.LogFormat === "Text") this.log(`END RequestId: ${requestId}`);
    const billed = Math.ceil(outcome.durationMs + (outcome.initMs ?? 0));
    const memory = Math.max(1, Math.round(outcome.maxMemoryMb));
    const metrics = {
      durationMs: rounded(outcome.durationMs),
      billedDurationMs: billed,
      memorySizeMB: this.#record.memory,
      maxMemoryUsedMB: memory,
      ...(outcome.initMs === undefined ? {} : { initDurationMs: rounded(outcome.initMs) }),
    };
    const parts = [
      `REPORT RequestId: ${requestId}`,
      `Duration: ${outcome.durationMs.toFixed(2)} ms`,
      `Billed Duration: ${billed} ms`,
      `Memory Size: ${this.#record.memory} MB`,
      `Max Memory Used: ${memory} MB`,
      ...(outcome.initMs === undefined ? [] : [`Init Duration: ${outcome.initMs.toFixed(2)} ms`]),
      ...(outcome.status === "timeout" ? ["Status: timeout"] : []),
      ...(outcome.crash === undefined ? [] : ["Status: error", `Error Type: ${outcome.errorType}`]),
    ];
    this.#platform("report", { requestId, metrics, status: outcome.status }, `${parts.join("\t")}\t`, outcome.status !== "success");
  }

  /** The last 4 KB of what was written for the invocation, in base64; forgets it. */
  takeTail(): string {
    const text = this.#lines.map((line) => `${line}\n`).join("");
    this.#lines = [];
    this.#lineBytes = 0;
    return Buffer.from(text).subarray(-TAIL_BYTES).toString("base64");
  }

  #timeoutLine(requestId: string): string {
    return `${new Date(this.#ctx.now).toISOString()} ${requestId} Task timed out after ${this.#record.timeout.toFixed(2)} seconds\n`;
  }

  #crashLine(requestId: string, outcome: InvocationOutcome): string {
    return `RequestId: ${requestId} Error: ${outcome.crash}\n${outcome.errorType}`;
  }

  #platform(type: string, record: Record<string, unknown>, text: string, isWarning = false): void {
    if (this.#record.logging.LogFormat === "Text") this.log(text);
    else if (isWarning || this.#systemLevel !== "WARN") {
      this.log(JSON.stringify({ time: new Date(this.#ctx.now).toISOString(), type: `platform.${type}`, record }));
    }
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
