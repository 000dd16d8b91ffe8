import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Context } from "../../src/aws/context.ts";
import { DEFAULT_ACCOUNT, DEFAULT_REGION, rootPrincipal } from "../../src/aws/identity.ts";
import type { Orrery } from "../../src/compose.ts";
import type { ClockMode } from "../../src/kernel/clock.ts";
import { startOrrery } from "../../src/main.ts";
import { writeZip } from "../../src/runtime/processes/zip.ts";

export const MINUTE_MS = 60_000;
export const ROLE = `arn:aws:iam::${DEFAULT_ACCOUNT}:role/bench`;
const TRUSTED = ["codepipeline", "codebuild", "codedeploy", "lambda", "events"];
/** Virtual time begins so long ago, so that `skip` has room. */
const PAST_MS = 30 * 24 * 60 * MINUTE_MS;

/** A cloud in this process, with a role that may do everything. */
export class BenchCloud {
  readonly orrery: Orrery;
  readonly ctx: Context;
  readonly #dataDir: string;

  private constructor(orrery: Orrery, dataDir: string) {
    this.orrery = orrery;
    this.#dataDir = dataDir;
    this.ctx = new Context(orrery.cloud, { account: DEFAULT_ACCOUNT, region: DEFAULT_REGION, principal: rootPrincipal(DEFAULT_ACCOUNT) });
  }

  static async start(clockMode: ClockMode = { mode: "hold" }): Promise<BenchCloud> {
    const dataDir = mkdtempSync(join(tmpdir(), "orrery-bench-"));
    // A whole minute, so that periods of alarms begin where the run does.
    const clockStart = Math.floor((Date.now() - PAST_MS) / MINUTE_MS) * MINUTE_MS;
    const orrery = await startOrrery({
      dataDir,
      port: 0,
      logLevel: "error",
      clockMode,
      ...(clockMode.mode === "real" ? {} : { clockStart }),
    });
    const bench = new BenchCloud(orrery, dataDir);
    const trust = { Effect: "Allow", Principal: { Service: TRUSTED.map((name) => `${name}.amazonaws.com`) }, Action: "sts:AssumeRole" };
    const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [trust] });
    const all = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
    await bench.ctx.call("iam", "CreateRole", { RoleName: "bench", AssumeRolePolicyDocument });
    await bench.ctx.call("iam", "PutRolePolicy", { RoleName: "bench", PolicyName: "all", PolicyDocument: JSON.stringify(all) });
    return bench;
  }

  idle(): Promise<void> {
    return this.orrery.cloud.clock.idle();
  }

  /** Lets so much virtual time pass in `skip`. */
  async skip(ms: number): Promise<void> {
    const { clock } = this.orrery.cloud;
    const { promise, resolve } = Promise.withResolvers<void>();
    const former = clock.onChange;
    clock.onChange = (state) => {
      former?.(state);
      if (state.mode.mode === "hold") resolve();
    };
    clock.setMode({ mode: "skip", until: clock.now() + ms });
    await promise;
    clock.onChange = former;
  }

  /** A Lambda function whose every source is published as a version, from 1. */
  async publish(FunctionName: string, sources: readonly string[]): Promise<void> {
    for (const [index, source] of sources.entries()) {
      const ZipFile = writeZip({ "index.js": source });
      if (index === 0) {
        const code = { Runtime: "nodejs24.x", Handler: "index.handler", Role: ROLE, Code: { ZipFile } } as const;
        await this.ctx.call("lambda", "CreateFunction", { FunctionName, ...code });
      } else await this.ctx.call("lambda", "UpdateFunctionCode", { FunctionName, ZipFile });
      await this.idle();
      await this.ctx.call("lambda", "PublishVersion", { FunctionName });
    }
  }

  /** A deployment group of its own application `bench`, with an alarm that may roll it back. */
  async group(deploymentGroupName: string, config: string, alarm: string): Promise<void> {
    await this.ctx.call("codedeploy", "CreateDeploymentGroup", {
      applicationName: "bench",
      deploymentGroupName,
      serviceRoleArn: ROLE,
      deploymentConfigName: `CodeDeployDefault.Lambda${config}`,
      deploymentStyle: { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" },
      alarmConfiguration: { enabled: true, alarms: [{ name: alarm }] },
      autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"] },
    });
  }

  async deploy(FunctionName: string, alias: string, from: string, to: string): Promise<string> {
    const properties = { name: FunctionName, alias, currentversion: from, targetversion: to };
    const content = JSON.stringify({ version: 0, Resources: [{ it: { Type: "AWS::Lambda::Function", Properties: properties } }] });
    const { deploymentId = "" } = await this.ctx.call("codedeploy", "CreateDeployment", {
      applicationName: "bench",
      deploymentGroupName: alias,
      revision: { revisionType: "AppSpecContent", appSpecContent: { content } },
    });
    return deploymentId;
  }

  async stop(): Promise<void> {
    await this.orrery.stop();
    rmSync(this.#dataDir, { recursive: true, force: true });
  }
}
