import { useCall } from "../../api/hooks.ts";
import { useLive } from "../../live/live.ts";

interface Verdict {
  readonly status?: string;
  readonly summary?: string;
}
interface RuleState {
  readonly ruleName: string;
  readonly latestExecution?: Verdict & { readonly errorDetails?: { readonly message?: string } };
}
export interface ConditionState {
  readonly latestExecution?: Verdict;
  readonly conditionStates?: readonly { readonly latestExecution?: Verdict; readonly ruleStates?: readonly RuleState[] }[];
}

/** https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_StageState.html */
export interface StageState {
  readonly stageName: string;
  readonly inboundExecutions?: readonly { readonly pipelineExecutionId: string; readonly status: string }[];
  readonly inboundTransitionState?: { readonly enabled?: boolean; readonly disabledReason?: string; readonly lastChangedBy?: string };
  readonly latestExecution?: { readonly pipelineExecutionId: string; readonly status: string; readonly type?: string };
  readonly actionStates?: readonly { readonly actionName: string }[];
  readonly beforeEntryConditionState?: ConditionState;
  readonly onSuccessConditionState?: ConditionState;
  readonly onFailureConditionState?: ConditionState;
}

/** The stages as they are now, in the pipeline's order; none while the past is shown. */
export function useStageStates(name: string): ReadonlyMap<string, StageState> {
  const { at } = useLive();
  const { data } = useCall<{ readonly stageStates?: readonly StageState[] }>(
    "codepipeline",
    "GetPipelineState",
    { name },
    { enabled: at === undefined },
  );
  return new Map((at === undefined ? (data?.stageStates ?? []) : []).map((state) => [state.stageName, state]));
}
