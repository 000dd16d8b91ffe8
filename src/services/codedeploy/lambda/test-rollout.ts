import {
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentGroupCommand,
  type CreateDeploymentGroupCommandInput,
  type DeploymentInfo,
  GetDeploymentCommand,
  GetDeploymentTargetCommand,
  type LambdaTarget,
} from "@aws-sdk/client-codedeploy";
import { CreateAliasCommand, GetAliasCommand, PublishVersionCommand, UpdateFunctionCodeCommand } from "@aws-sdk/client-lambda";
import { LambdaTest, ROLE } from "../../../../test/support/lambda.ts";
import type { TimelineEvent } from "../../../kernel/events.ts";
import { writeZip } from "../../../runtime/processes/zip.ts";

export const GROUP = { applicationName: "shop", deploymentGroupName: "live" };

/** Text of a function that answers its version. */
const source = (version: number): string => `exports.handler = async () => ({ version: ${version} });`;

/** A function with the versions 1 and 2, an alias on 1, and a deployment group that can move it. */
export class Rollout {
  readonly test: LambdaTest;
  readonly client: CodeDeployClient;

  private constructor(test: LambdaTest) {
    this.test = test;
    this.client = new CodeDeployClient(test.cloud.clientConfig);
  }

  static async start(group: Partial<CreateDeploymentGroupCommandInput> = {}): Promise<Rollout> {
    const rollout = new Rollout(await LambdaTest.start());
    const { test, client } = rollout;
    await test.create("orders", source(1));
    await test.client.send(new PublishVersionCommand({ FunctionName: "orders" }));
    await rollout.publish(2);
    await test.client.send(new CreateAliasCommand({ FunctionName: "orders", Name: "live", FunctionVersion: "1" }));
    await client.send(new CreateApplicationCommand({ applicationName: GROUP.applicationName, computePlatform: "Lambda" }));
    await client.send(
      new CreateDeploymentGroupCommand({
        ...GROUP,
        serviceRoleArn: ROLE,
        deploymentConfigName: "CodeDeployDefault.LambdaCanary10Percent30Minutes",
        deploymentStyle: { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" },
        ...group,
      }),
    );
    return rollout;
  }

  get ctx() {
    return this.test.cloud.ctx;
  }

  async publish(version: number): Promise<void> {
    const { client } = this.test;
    await client.send(new UpdateFunctionCodeCommand({ FunctionName: "orders", ZipFile: writeZip({ "index.js": source(version) }) }));
    await this.test.idle();
    await client.send(new PublishVersionCommand({ FunctionName: "orders" }));
  }

  /** Starts a deployment from version 1 to 2 and lets it come to rest; answers its id. */
  async deploy(hooks: readonly object[] = [], more: object = {}): Promise<string> {
    const content = appSpec(hooks);
    const revision = { revisionType: "AppSpecContent", appSpecContent: { content } } as const;
    const { deploymentId = "" } = await this.client.send(new CreateDeploymentCommand({ ...GROUP, revision, ...more }));
    await this.test.idle();
    return deploymentId;
  }

  async deployment(deploymentId: string): Promise<DeploymentInfo> {
    return (await this.client.send(new GetDeploymentCommand({ deploymentId }))).deploymentInfo ?? {};
  }

  async target(deploymentId: string): Promise<LambdaTarget> {
    const found = await this.client.send(new GetDeploymentTargetCommand({ deploymentId, targetId: "orders" }));
    return found.deploymentTarget?.lambdaTarget ?? {};
  }

  /** Lifecycle events by name. */
  async events(deploymentId: string): Promise<Record<string, string>> {
    const { lifecycleEvents = [] } = await this.target(deploymentId);
    return Object.fromEntries(lifecycleEvents.map(({ lifecycleEventName = "", status = "Unknown" }) => [lifecycleEventName, status]));
  }

  /** The alias's own version and the weights of the other one. */
  async alias(): Promise<[string | undefined, Record<string, number> | undefined]> {
    const found = await this.test.client.send(new GetAliasCommand({ FunctionName: "orders", Name: "live" }));
    return [found.FunctionVersion, found.RoutingConfig?.AdditionalVersionWeights];
  }

  minutes(count: number): Promise<void> {
    return this.test.cloud.cloud.clock.advance(count * 60_000);
  }

  /** The timeline's events about a deployment. */
  timeline(deploymentId: string): TimelineEvent[] {
    return this.test.cloud.cloud.timeline.read({ resource: deploymentId, limit: 1_000 });
  }
}

export function appSpec(hooks: readonly object[] = [], versions = { currentversion: "1", targetversion: "2" }): string {
  const properties = { name: "orders", alias: "live", ...versions };
  return JSON.stringify({ version: 0, Resources: [{ orders: { Type: "AWS::Lambda::Function", Properties: properties } }], Hooks: hooks });
}
