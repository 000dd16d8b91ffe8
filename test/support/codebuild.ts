import { CloudWatchLogsClient, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  BatchGetBuildsCommand,
  type Build,
  CodeBuildClient,
  CreateProjectCommand,
  type CreateProjectCommandInput,
  StartBuildCommand,
  type StartBuildCommandInput,
} from "@aws-sdk/client-codebuild";
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { S3Client } from "@aws-sdk/client-s3";
import { startCloud, type TestCloud } from "./cloud.ts";

export const BUILD_ROLE = "arn:aws:iam::000000000000:role/builds";
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "codebuild.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
const ALL = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] });

/** A buildspec of version 0.2 with commands of BUILD alone. */
export const commands = (...list: string[]): string => JSON.stringify({ version: 0.2, phases: { build: { commands: list } } }, null, 1);

/** A cloud with a role for builds, and short ways to make projects and to run them to their end. */
export class BuildTest {
  readonly cloud: TestCloud;
  readonly client: CodeBuildClient;
  readonly s3: S3Client;
  readonly logs: CloudWatchLogsClient;

  private constructor(cloud: TestCloud) {
    this.cloud = cloud;
    this.client = new CodeBuildClient(cloud.clientConfig);
    this.s3 = new S3Client({ ...cloud.clientConfig, forcePathStyle: true });
    this.logs = new CloudWatchLogsClient(cloud.clientConfig);
  }

  static async start(options: Parameters<typeof startCloud>[0] = {}): Promise<BuildTest> {
    const cloud = await startCloud(options);
    const test = new BuildTest(cloud);
    await test.makeRole();
    return test;
  }

  async makeRole(): Promise<void> {
    const iam = new IAMClient(this.cloud.clientConfig);
    try {
      await iam.send(new CreateRoleCommand({ RoleName: "builds", AssumeRolePolicyDocument: TRUST }));
    } catch (error) {
      // A data folder that is used again has it.
      if (!(error instanceof Error) || error.name !== "EntityAlreadyExistsException") throw error;
    }
    await iam.send(new PutRolePolicyCommand({ RoleName: "builds", PolicyName: "all", PolicyDocument: ALL }));
  }

  async project(name: string, buildspec: string, more: Partial<CreateProjectCommandInput> = {}): Promise<void> {
    await this.client.send(
      new CreateProjectCommand({
        name,
        source: { type: "NO_SOURCE", buildspec },
        artifacts: { type: "NO_ARTIFACTS" },
        environment: { type: "LINUX_CONTAINER", image: "aws/codebuild/standard:7.0", computeType: "BUILD_GENERAL1_SMALL" },
        serviceRole: BUILD_ROLE,
        ...more,
      }),
    );
  }

  async begin(projectName: string, more: Partial<StartBuildCommandInput> = {}): Promise<string> {
    const { build } = await this.client.send(new StartBuildCommand({ projectName, ...more }));
    return build?.id ?? "";
  }

  async get(id: string): Promise<Build> {
    const { builds = [] } = await this.client.send(new BatchGetBuildsCommand({ ids: [id] }));
    if (builds[0] === undefined) throw new TypeError(`there is no build ${id}`);
    return builds[0];
  }

  /** Starts a build and waits until all has come to rest. */
  async run(projectName: string, more: Partial<StartBuildCommandInput> = {}): Promise<Build> {
    const id = await this.begin(projectName, more);
    await this.cloud.cloud.clock.idle();
    return await this.get(id);
  }

  /** The lines of a build's log, without the time of CodeBuild's own. */
  async log(build: Build): Promise<string[]> {
    const { groupName, streamName } = build.logs ?? {};
    const { events = [] } = await this.logs.send(
      new GetLogEventsCommand({ logGroupName: groupName, logStreamName: streamName ?? "", startFromHead: true }),
    );
    return events.map(({ message = "" }) => message.trimEnd().replace(/^\[Container\] \S+ \S+ /, "[Container] "));
  }

  phase(build: Build, phaseType: string) {
    return build.phases?.find((phase) => phase.phaseType === phaseType);
  }

  stop(): Promise<void> {
    return this.cloud.stop();
  }
}
