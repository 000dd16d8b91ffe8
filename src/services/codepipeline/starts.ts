import type { SourceRevisionType, TriggerType } from "@aws-sdk/client-codepipeline";
import type { Context } from "../../aws/context.ts";
import { notImplemented } from "../../aws/exception.ts";

export interface SourceRevisionOverride {
  readonly actionName: string;
  readonly revisionType: SourceRevisionType;
  readonly revisionValue: string;
}

/** Who or what starts an execution, and with what. */
export interface StartRequest {
  readonly pipelineName: string;
  readonly trigger: {
    readonly type: TriggerType;
    /** As GetPipelineExecution shows it: an ARN, or JSON. */
    readonly detail?: string;
    /** Further members of `execution-trigger` in the events: `commit-id`, `branch-name`, `tag-name`, `author-email`, … */
    readonly facts?: Readonly<Record<string, string>>;
  };
  readonly sourceRevisions?: readonly SourceRevisionOverride[];
  readonly variables?: readonly { readonly name: string; readonly value: string }[];
  /** The same token again answers the same execution. */
  readonly clientRequestToken?: string;
  /** Why it starts, one sentence for the timeline. */
  readonly rule?: string;
}

/**
 * Starts an execution of a pipeline in one transaction, and answers its id. The context's cause is the cause of the start.
 * @throws AwsException PipelineNotFoundException, ValidationException, ConcurrentPipelineExecutionsLimitExceededException
 */
export function startExecution(_ctx: Context, _request: StartRequest): string {
  throw notImplemented("codepipeline", "StartPipelineExecution");
}
