import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Toggle from "@cloudscape-design/components/toggle";
import { useState } from "react";
import { useAction, useCall } from "../../api/hooks.ts";
import type { Action, Execution, Stage } from "../../fold/types.ts";
import type { Key } from "../../i18n/i18n.tsx";
import { useWords } from "../../i18n/i18n.tsx";
import { useLive } from "../../live/live.ts";
import { PageLink } from "../../ui/Links.tsx";
import { isOpen, Status } from "../../ui/Status.tsx";
import { Why } from "../../ui/Why.tsx";
import type { ConditionState, StageState } from "./state.ts";

interface StageProps {
  readonly execution: Execution;
  readonly stage: Stage;
  readonly state: StageState | undefined;
  onLog(build: string): void;
}

/** A stage: who has it, who waits before it, what its conditions decided, and its actions in this execution. */
export function StageBox({ execution, stage, state, onLog }: StageProps) {
  const { t } = useWords();
  return (
    <li>
      <Container header={<Header variant="h3">{stage.name}</Header>}>
        {state !== undefined && <Entry pipeline={execution.pipeline} state={state} />}
        {stage.status === "" ? (
          <StatusIndicator type="pending">{t("pipelines.notReached")}</StatusIndicator>
        ) : (
          <Status status={stage.status} />
        )}
        {state !== undefined && <Conditions state={state} />}
        <ul className="rows">
          {stage.actions.map((action) => (
            <li key={action.name}>
              <strong>{action.name}</strong> <span className="quiet">{action.provider}</span>
              {action.status !== "" && (
                <div>
                  <Status status={action.status} /> <Why of={action.eventId} what={action.name} />
                </div>
              )}
              {action.rule !== undefined && <div className="quiet">{action.rule}</div>}
              {action.category === "Approval" && isOpen(action.status) && <Approval execution={execution} stage={stage} action={action} />}
              {action.provider === "CodeBuild" && action.externalId !== undefined && (
                <Button variant="inline-link" onClick={() => onLog(action.externalId ?? "")}>
                  {t("pipelines.log")}
                </Button>
              )}
            </li>
          ))}
        </ul>
      </Container>
    </li>
  );
}

/** The way into a stage: open or closed, with who holds the stage and who waits. */
function Entry({ pipeline, state }: { readonly pipeline: string; readonly state: StageState }) {
  const { t } = useWords();
  const { at } = useLive();
  const enable = useAction("codepipeline", "EnableStageTransition");
  const disable = useAction("codepipeline", "DisableStageTransition");
  const { stageName, inboundTransitionState: way, inboundExecutions = [], latestExecution: holder } = state;
  const isClosed = way?.enabled === false;
  const input = { pipelineName: pipeline, stageName, transitionType: "Inbound" };
  const link = (id: string) => <PageLink to={`/pipelines/${encodeURIComponent(pipeline)}/${id}`}>{id.slice(0, 8)}</PageLink>;
  const refused = enable.error ?? disable.error;
  return (
    <SpaceBetween size="xxs">
      <Toggle
        checked={!isClosed}
        disabled={at !== undefined || enable.isPending || disable.isPending}
        ariaLabel={`${t("pipelines.entry")} ${stageName}`}
        onChange={({ detail }) => (detail.checked ? enable.mutate(input) : disable.mutate({ ...input, reason: t("pipelines.closedHere") }))}
      >
        {isClosed ? `${t("pipelines.closed")}: ${way?.disabledReason ?? ""}` : t("pipelines.entry")}
      </Toggle>
      {refused !== null && <Box color="text-status-error">{refused.message}</Box>}
      {holder?.status === "InProgress" && (
        <Box>
          {t("pipelines.held")} {link(holder.pipelineExecutionId)}
        </Box>
      )}
      {inboundExecutions.map(({ pipelineExecutionId: id }) => (
        <Box key={id}>
          {t("pipelines.waits")} {link(id)}
        </Box>
      ))}
    </SpaceBetween>
  );
}

const KINDS: readonly (readonly [Key, "beforeEntryConditionState" | "onSuccessConditionState" | "onFailureConditionState"])[] = [
  ["pipelines.entryCondition", "beforeEntryConditionState"],
  ["pipelines.successCondition", "onSuccessConditionState"],
  ["pipelines.failureCondition", "onFailureConditionState"],
];
const VERDICTS: Readonly<Record<string, "success" | "error" | "in-progress" | "stopped">> = {
  Succeeded: "success",
  Failed: "error",
  Errored: "error",
  InProgress: "in-progress",
  Overridden: "stopped",
  Abandoned: "stopped",
  Cancelled: "stopped",
};

/** What each condition of a stage decided last, and why, by its rules. */
function Conditions({ state }: { readonly state: StageState }) {
  const { t } = useWords();
  return KINDS.map(([title, member]) => {
    const condition: ConditionState | undefined = state[member];
    const status = condition?.latestExecution?.status;
    if (condition === undefined || status === undefined) return null;
    const rules = (condition.conditionStates ?? []).flatMap(({ ruleStates = [] }) => ruleStates);
    return (
      <div key={member}>
        <StatusIndicator type={VERDICTS[status] ?? "pending"}>{`${t(title)}: ${status}`}</StatusIndicator>
        <ul className="rows">
          {rules.map(({ ruleName, latestExecution: verdict }) => (
            <li key={ruleName} className="quiet">
              {[ruleName, verdict?.status, verdict?.errorDetails?.message ?? verdict?.summary].filter(Boolean).join(": ")}
            </li>
          ))}
        </ul>
      </div>
    );
  });
}

interface Actions {
  readonly actionExecutionDetails?: readonly {
    readonly actionName: string;
    readonly status: string;
    readonly output?: { readonly executionResult?: { readonly externalExecutionId?: string } };
  }[];
}
interface ApprovalProps {
  readonly execution: Execution;
  readonly stage: Stage;
  readonly action: Action;
}

/** Gives or refuses what an execution waits for, with the reason that is kept. */
function Approval({ execution: { id, pipeline }, stage, action }: ApprovalProps) {
  const { t } = useWords();
  const { at } = useLive();
  const [summary, setSummary] = useState("");
  const answer = useAction("codepipeline", "PutApprovalResult");
  const filter = { pipelineExecutionId: id };
  const { data } = useCall<Actions>("codepipeline", "ListActionExecutions", { pipelineName: pipeline, filter });
  const open = data?.actionExecutionDetails?.find(({ actionName, status }) => actionName === action.name && status === "InProgress");
  const token = open?.output?.executionResult?.externalExecutionId;
  const give = (status: "Approved" | "Rejected"): void =>
    answer.mutate({ pipelineName: pipeline, stageName: stage.name, actionName: action.name, token, result: { summary, status } });
  const disabled = token === undefined || at !== undefined;
  return (
    <SpaceBetween size="xs">
      <FormField label={t("pipelines.comment")}>
        <Input value={summary} onChange={({ detail }) => setSummary(detail.value)} />
      </FormField>
      {answer.error !== null && <Box color="text-status-error">{answer.error.message}</Box>}
      <SpaceBetween direction="horizontal" size="xs">
        <Button variant="primary" disabled={disabled} loading={answer.isPending} onClick={() => give("Approved")}>
          {t("pipelines.approve")}
        </Button>
        <Button disabled={disabled} loading={answer.isPending} onClick={() => give("Rejected")}>
          {t("pipelines.reject")}
        </Button>
      </SpaceBetween>
    </SpaceBetween>
  );
}
