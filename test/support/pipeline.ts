import {
  type ActionDeclaration,
  CodePipelineClient,
  CreatePipelineCommand,
  GetPipelineExecutionCommand,
  GetPipelineStateCommand,
  ListPipelineExecutionsCommand,
  type PipelineDeclaration,
  PutApprovalResultCommand,
  type StageDeclaration,
  type StageState,
  StartPipelineExecutionCommand,
} from "@aws-sdk/client-codepipeline";
import { type Script, scriptActions } from "../../src/services/codepipeline/index.ts";
import { startCloud, type TestCloud } from "./cloud.ts";

const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "codepipeline.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

/** An action of a type that needs no other service when its outcome is scripted. */
export function action(name: string, more: Partial<ActionDeclaration> = {}): ActionDeclaration {
  const actionTypeId = { category: "Invoke", owner: "AWS", provider: "Lambda", version: "1" } as const;
  return { name, actionTypeId, configuration: { FunctionName: "f" }, ...more };
}

export function source(name = "Fetch", more: Partial<ActionDeclaration> = {}): ActionDeclaration {
  const actionTypeId = { category: "Source", owner: "AWS", provider: "S3", version: "1" } as const;
  const configuration = { S3Bucket: "source", S3ObjectKey: "app.zip", PollForSourceChanges: "false" };
  return { name, actionTypeId, configuration, outputArtifacts: [{ name: `${name}Output` }], ...more };
}

export function approval(name: string, more: Partial<ActionDeclaration> = {}): ActionDeclaration {
  return { name, actionTypeId: { category: "Approval", owner: "AWS", provider: "Manual", version: "1" }, ...more };
}

export const sourceStage: StageDeclaration = { name: "Source", actions: [source()] };

/** A cloud with a client, a role for pipelines, and short words for what tests of pipelines do again and again. */
export class Pipelines {
  readonly cloud: TestCloud;
  readonly client: CodePipelineClient;
  readonly roleArn: string;

  private constructor(cloud: TestCloud, roleArn: string) {
    this.cloud = cloud;
    this.client = new CodePipelineClient(cloud.clientConfig);
    this.roleArn = roleArn;
  }

  static async start(options: Parameters<typeof startCloud>[0] = {}): Promise<Pipelines> {
    const cloud = await startCloud(options);
    const role = await cloud.ctx.call("iam", "CreateRole", { RoleName: "pipelines", AssumeRolePolicyDocument: TRUST });
    return new Pipelines(cloud, role.Role?.Arn ?? "");
  }

  /** Outcomes for all actions but approvals; `{}` lets all of them succeed. */
  script(script: Script = {}): void {
    scriptActions(this.cloud.cloud, { "*": "Succeeded", ...script });
  }

  declaration(name: string, stages: readonly StageDeclaration[], more: Partial<PipelineDeclaration> = {}): PipelineDeclaration {
    const artifactStore = { type: "S3", location: "artifacts" } as const;
    return { name, roleArn: this.roleArn, artifactStore, stages: [sourceStage, ...stages], pipelineType: "V2", ...more };
  }

  /** Makes a pipeline whose first stage is the source stage, and lets its first execution go as far as it goes. */
  async create(name: string, stages: readonly StageDeclaration[], more: Partial<PipelineDeclaration> = {}): Promise<string> {
    await this.client.send(new CreatePipelineCommand({ pipeline: this.declaration(name, stages, more) }));
    await this.rest();
    const { pipelineExecutionSummaries: [first] = [] } = await this.client.send(new ListPipelineExecutionsCommand({ pipelineName: name }));
    return first?.pipelineExecutionId ?? "";
  }

  async begin(name: string, variables?: { name: string; value: string }[]): Promise<string> {
    const { pipelineExecutionId = "" } = await this.client.send(new StartPipelineExecutionCommand({ name, variables }));
    await this.rest();
    return pipelineExecutionId;
  }

  rest(): Promise<void> {
    return this.cloud.cloud.clock.idle();
  }

  async pass(ms: number): Promise<void> {
    await this.cloud.cloud.clock.advance(ms);
    await this.rest();
  }

  async status(pipelineName: string, pipelineExecutionId: string): Promise<string | undefined> {
    const { pipelineExecution } = await this.client.send(new GetPipelineExecutionCommand({ pipelineName, pipelineExecutionId }));
    return pipelineExecution?.status;
  }

  async stage(name: string, stageName: string): Promise<StageState> {
    const { stageStates = [] } = await this.client.send(new GetPipelineStateCommand({ name }));
    return stageStates.find((state) => state.stageName === stageName) ?? {};
  }

  /** Answers the approval that is open in a stage. */
  async answer(pipelineName: string, stageName: string, status: "Approved" | "Rejected", summary = ""): Promise<void> {
    const { actionStates = [] } = await this.stage(pipelineName, stageName);
    const open = actionStates.find(({ latestExecution }) => latestExecution?.token !== undefined);
    const { actionName, latestExecution } = open ?? {};
    const result = { status, summary };
    await this.client.send(new PutApprovalResultCommand({ pipelineName, stageName, actionName, token: latestExecution?.token, result }));
    await this.rest();
  }

  /** What the timeline says of a pipeline: `<what> <state>` of each change, oldest first. */
  story(pipeline: string, execution?: string): string[] {
    const events = this.cloud.cloud.timeline.read({ source: "aws.codepipeline", limit: 10_000 });
    return events
      .filter(({ detail }) => detail["pipeline"] === pipeline && (execution === undefined || detail["execution-id"] === execution))
      .filter(({ detail }) => detail["state"] !== undefined && detail["condition"] === undefined)
      .map(({ detail }) => {
        const what = [detail["stage"], detail["action"]].filter((part) => part !== undefined).join("/");
        return `${what === "" ? "pipeline" : what} ${String(detail["state"])}`;
      });
  }

  stop(): Promise<void> {
    return this.cloud.stop();
  }
}
