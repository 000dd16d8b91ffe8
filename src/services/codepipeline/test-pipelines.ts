import type {
  ActionDeclaration,
  ActionExecutionDetail,
  PipelineDeclaration,
  PipelineExecutionSummary,
  StageDeclaration,
} from "@aws-sdk/client-codepipeline";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";
import type { TimelineEvent } from "../../kernel/events.ts";
import { writeZip } from "../../runtime/processes/zip.ts";

export const PIPELINE_ROLE = "arn:aws:iam::000000000000:role/pipeline";
const SERVICES = ["codepipeline", "cloudformation", "codebuild", "codedeploy", "events", "lambda"];

/** An action as short as a test wants it: `Deploy/S3`, what it is configured with, and what of artifacts it has. */
export interface TestAction {
  readonly name?: string;
  readonly configuration?: Record<string, string>;
  readonly in?: readonly string[];
  readonly out?: readonly string[];
  readonly namespace?: string;
  readonly more?: Partial<ActionDeclaration>;
}

export function action(
  type: string,
  { name, configuration = {}, in: inputs = [], out = [], namespace, more }: TestAction,
): ActionDeclaration {
  const [category = "", provider = "", owner = "AWS"] = type.split("/");
  return {
    name: name ?? provider,
    actionTypeId: { category, owner, provider, version: "1" } as ActionDeclaration["actionTypeId"] & object,
    configuration,
    inputArtifacts: inputs.map((artifact) => ({ name: artifact })),
    outputArtifacts: out.map((artifact) => ({ name: artifact })),
    ...(namespace === undefined ? {} : { namespace }),
    ...more,
  };
}

/** A cloud with a role that may do everything, and the buckets `artifacts` and (versioned) `source`. */
export class PipelineTest {
  readonly cloud: TestCloud;

  private constructor(cloud: TestCloud) {
    this.cloud = cloud;
  }

  static async start(): Promise<PipelineTest> {
    const test = new PipelineTest(await startCloud());
    const { ctx } = test.cloud;
    const principal = { Service: SERVICES.map((service) => `${service}.amazonaws.com`) };
    const trust = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: principal, Action: "sts:AssumeRole" }] };
    const all = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
    await ctx.call("iam", "CreateRole", { RoleName: "pipeline", AssumeRolePolicyDocument: JSON.stringify(trust) });
    await ctx.call("iam", "PutRolePolicy", { RoleName: "pipeline", PolicyName: "all", PolicyDocument: JSON.stringify(all) });
    for (const Bucket of ["artifacts", "source"]) await ctx.call("s3", "CreateBucket", { Bucket });
    await ctx.call("s3", "PutBucketVersioning", { Bucket: "source", VersioningConfiguration: { Status: "Enabled" } });
    return test;
  }

  idle(): Promise<void> {
    return this.cloud.cloud.clock.idle();
  }

  advance(minutes: number): Promise<void> {
    return this.cloud.cloud.clock.advance(minutes * 60_000);
  }

  /** Puts files, as a zip, where `source` takes them from. */
  async upload(files: Readonly<Record<string, string>>, key = "app.zip"): Promise<string> {
    const made = await this.cloud.ctx.call("s3", "PutObject", { Bucket: "source", Key: key, Body: writeZip(files) as never });
    await this.idle();
    return made.VersionId ?? "";
  }

  /** A source action that takes the uploaded files as the artifact `App`, and is started by hand alone. */
  source(configuration: Record<string, string> = {}): ActionDeclaration {
    const own = { S3Bucket: "source", S3ObjectKey: "app.zip", PollForSourceChanges: "false" };
    return action("Source/S3", { configuration: { ...own, ...configuration }, out: ["App"], namespace: "Src" });
  }

  /** Creates a pipeline, which runs at once, and waits until all has come to rest. */
  async create(name: string, stages: readonly (readonly ActionDeclaration[])[], more: Partial<PipelineDeclaration> = {}): Promise<void> {
    const declared: StageDeclaration[] = stages.map((actions, index) => ({ name: `Stage${index + 1}`, actions: [...actions] }));
    await this.cloud.ctx.call("codepipeline", "CreatePipeline", {
      pipeline: {
        name,
        roleArn: PIPELINE_ROLE,
        artifactStore: { type: "S3", location: "artifacts" },
        stages: declared,
        pipelineType: "V2",
        ...more,
      },
    });
    await this.idle();
  }

  async start(name: string): Promise<string> {
    const { pipelineExecutionId = "" } = await this.cloud.ctx.call("codepipeline", "StartPipelineExecution", { name });
    await this.idle();
    return pipelineExecutionId;
  }

  /** Newest first. */
  async executions(pipelineName: string): Promise<PipelineExecutionSummary[]> {
    return (await this.cloud.ctx.call("codepipeline", "ListPipelineExecutions", { pipelineName })).pipelineExecutionSummaries ?? [];
  }

  /** The newest run of an action. */
  async run(pipelineName: string, name: string): Promise<ActionExecutionDetail> {
    const { actionExecutionDetails = [] } = await this.cloud.ctx.call("codepipeline", "ListActionExecutions", { pipelineName });
    return actionExecutionDetails.find(({ actionName }) => actionName === name) ?? {};
  }

  /** What an event goes back to, nearest first, itself included. */
  causes(event: TimelineEvent | undefined): TimelineEvent[] {
    const before = event?.cause === undefined ? undefined : this.cloud.cloud.timeline.find(event.cause);
    return event === undefined ? [] : [event, ...this.causes(before)];
  }
}
