import type { Context } from "../../aws/context.ts";
import type { RequiredPermission, ServiceDefinition } from "../../aws/service.ts";

type Permissions = NonNullable<ServiceDefinition<"codepipeline">["permissions"]>;

interface Named {
  readonly name?: string | undefined;
  readonly pipelineName?: string | undefined;
  readonly stageName?: string | undefined;
  readonly actionName?: string | undefined;
}

/** Pipelines, their stages and their actions are resources of their own. */
const on =
  (action: string, ...parts: readonly (keyof Named)[]) =>
  (input: Named, ctx: Context): RequiredPermission[] => [
    { action: `codepipeline:${action}`, resource: ctx.arn("codepipeline", parts.map((part) => input[part] ?? "").join("/")) },
  ];

const tagged =
  (action: string) =>
  (input: { readonly resourceArn?: string | undefined }): RequiredPermission[] => [
    { action: `codepipeline:${action}`, resource: input.resourceArn ?? "*" },
  ];

const defined =
  (action: string) =>
  (input: { readonly pipeline?: Named | undefined }, ctx: Context): RequiredPermission[] => [
    { action: `codepipeline:${action}`, resource: ctx.arn("codepipeline", input.pipeline?.name ?? "") },
  ];

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodepipeline.html */
export const permissions: Permissions = {
  CreatePipeline: defined("CreatePipeline"),
  DeletePipeline: on("DeletePipeline", "name"),
  DisableStageTransition: on("DisableStageTransition", "pipelineName", "stageName"),
  EnableStageTransition: on("EnableStageTransition", "pipelineName", "stageName"),
  GetPipeline: on("GetPipeline", "name"),
  GetPipelineExecution: on("GetPipelineExecution", "pipelineName"),
  GetPipelineState: on("GetPipelineState", "name"),
  ListActionExecutions: on("ListActionExecutions", "pipelineName"),
  ListPipelineExecutions: on("ListPipelineExecutions", "pipelineName"),
  ListRuleExecutions: on("ListRuleExecutions", "pipelineName"),
  ListTagsForResource: tagged("ListTagsForResource"),
  OverrideStageCondition: on("OverrideStageCondition", "pipelineName", "stageName"),
  PutActionRevision: on("PutActionRevision", "pipelineName", "stageName", "actionName"),
  PutApprovalResult: on("PutApprovalResult", "pipelineName", "stageName", "actionName"),
  RetryStageExecution: on("RetryStageExecution", "pipelineName", "stageName"),
  RollbackStage: on("RollbackStage", "pipelineName", "stageName"),
  StartPipelineExecution: on("StartPipelineExecution", "name"),
  StopPipelineExecution: on("StopPipelineExecution", "pipelineName"),
  TagResource: tagged("TagResource"),
  UntagResource: tagged("UntagResource"),
  UpdatePipeline: defined("UpdatePipeline"),
};
