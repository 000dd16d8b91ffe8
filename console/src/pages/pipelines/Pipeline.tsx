import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";
import { cliCommand } from "../../api/cli.ts";
import { useCommand } from "../../api/commands.tsx";
import { useAction, useCall } from "../../api/hooks.ts";
import type { Action, Execution, Stage } from "../../fold/types.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { useLive, useWorld } from "../../live/live.ts";
import { Id } from "../../ui/Id.tsx";
import { PageLink } from "../../ui/Links.tsx";
import { isBad, isOpen, Status } from "../../ui/Status.tsx";
import { Time } from "../../ui/Time.tsx";
import { Why } from "../../ui/Why.tsx";
import { BuildLog } from "./BuildLog.tsx";

/** A pipeline with one of its executions: its stages, what one may do, and the log and tests of its builds. */
export function PipelinePage({ params: { name = "", execution } }: { readonly params: Readonly<Record<string, string | undefined>> }) {
  useCommand(cliCommand("codepipeline", "GetPipelineState", { name }));
  const { t } = useWords();
  const world = useWorld();
  const pipeline = world.pipelines.get(name);
  const id = execution ?? pipeline?.executions[0] ?? "";
  const shown = world.executions.get(id);
  const start = useAction("codepipeline", "StartPipelineExecution");
  const { at } = useLive();
  if (pipeline === undefined) return <Alert type="info">{t("pipelines.empty")}</Alert>;
  return (
    <SpaceBetween size="l">
      <Header
        variant="h1"
        description={`${t("pipelines.mode")}: ${pipeline.mode}`}
        actions={
          <Button disabled={at !== undefined} loading={start.isPending} onClick={() => start.mutate({ name })}>
            {t("pipelines.start")}
          </Button>
        }
      >
        {name}
      </Header>
      {shown !== undefined && <Shown execution={shown} />}
      <Executions name={name} ids={pipeline.executions} />
    </SpaceBetween>
  );
}

function Shown({ execution }: { readonly execution: Execution }) {
  const { t } = useWords();
  const [log, setLog] = useState<string | undefined>();
  const builds = execution.stages
    .flatMap(({ actions }) => actions)
    .filter(({ provider, externalId }) => provider === "CodeBuild" && externalId !== undefined);
  const failed = builds.find(({ status }) => isBad(status));
  const build = log ?? failed?.externalId;
  return (
    <SpaceBetween size="l">
      <Alert type={isBad(execution.status) ? "error" : isOpen(execution.status) ? "info" : "success"} header={execution.status}>
        {execution.rule} <Why of={execution.id} what={execution.id} />
      </Alert>
      <Container
        header={
          <Header variant="h2" actions={<Controls execution={execution} />} description={commitOf(execution)}>
            {t("pipelines.execution", { id: execution.id.slice(0, 8) })}
          </Header>
        }
      >
        <ol className="stages" aria-label={t("pipelines.stages")}>
          {execution.stages.map((stage) => (
            <StageBox key={stage.name} execution={execution} stage={stage} onLog={setLog} />
          ))}
        </ol>
      </Container>
      {build !== undefined && <BuildLog key={build} id={build} />}
    </SpaceBetween>
  );
}

const commitOf = ({ commit, id }: Execution): string => [commit?.slice(0, 7), id].filter((word) => word !== undefined).join(" · ");

function Controls({ execution: { id, pipeline, stages, status } }: { readonly execution: Execution }) {
  const { t } = useWords();
  const { at } = useLive();
  const retry = useAction("codepipeline", "RetryStageExecution");
  const stop = useAction("codepipeline", "StopPipelineExecution");
  const failed = stages.find((stage) => isBad(stage.status));
  return (
    <SpaceBetween direction="horizontal" size="xs">
      {failed !== undefined && (
        <Button
          disabled={at !== undefined}
          loading={retry.isPending}
          onClick={() =>
            retry.mutate({ pipelineName: pipeline, stageName: failed.name, pipelineExecutionId: id, retryMode: "FAILED_ACTIONS" })
          }
        >
          {t("pipelines.retry")}
        </Button>
      )}
      {isOpen(status) && (
        <Button
          disabled={at !== undefined}
          loading={stop.isPending}
          onClick={() => stop.mutate({ pipelineName: pipeline, pipelineExecutionId: id })}
        >
          {t("pipelines.stop")}
        </Button>
      )}
    </SpaceBetween>
  );
}

interface StageProps {
  readonly execution: Execution;
  readonly stage: Stage;
  onLog(build: string): void;
}

function StageBox({ execution, stage, onLog }: StageProps) {
  const { t } = useWords();
  return (
    <li>
      <Container header={<Header variant="h3">{stage.name}</Header>}>
        <Status status={stage.status} />
        <ul className="rows">
          {stage.actions.map((action) => (
            <li key={action.name}>
              <strong>{action.name}</strong> <span className="quiet">{action.provider}</span>
              <div>
                <Status status={action.status} /> <Why of={action.eventId} what={action.name} />
              </div>
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

interface Actions {
  readonly actionExecutionDetails?: readonly {
    readonly actionName: string;
    readonly status: string;
    readonly output?: { readonly executionResult?: { readonly externalExecutionId?: string } };
  }[];
}

/** Gives or refuses what an execution waits for. */
function Approval({
  execution: { id, pipeline },
  stage,
  action,
}: {
  readonly execution: Execution;
  readonly stage: Stage;
  readonly action: Action;
}) {
  const { t } = useWords();
  const { at } = useLive();
  const answer = useAction("codepipeline", "PutApprovalResult");
  const filter = { pipelineExecutionId: id };
  const { data } = useCall<Actions>("codepipeline", "ListActionExecutions", { pipelineName: pipeline, filter });
  const open = data?.actionExecutionDetails?.find(({ actionName, status }) => actionName === action.name && status === "InProgress");
  const token = open?.output?.executionResult?.externalExecutionId;
  const give = (status: "Approved" | "Rejected"): void =>
    answer.mutate({
      pipelineName: pipeline,
      stageName: stage.name,
      actionName: action.name,
      token,
      result: { summary: "console", status },
    });
  const disabled = token === undefined || at !== undefined;
  return (
    <SpaceBetween direction="horizontal" size="xs">
      <Button variant="primary" disabled={disabled} loading={answer.isPending} onClick={() => give("Approved")}>
        {t("pipelines.approve")}
      </Button>
      <Button disabled={disabled} loading={answer.isPending} onClick={() => give("Rejected")}>
        {t("pipelines.reject")}
      </Button>
    </SpaceBetween>
  );
}

function Executions({ name, ids }: { readonly name: string; readonly ids: readonly string[] }) {
  const { t } = useWords();
  const world = useWorld();
  const items = ids.flatMap((id) => world.executions.get(id) ?? []);
  return (
    <Table
      header={
        <Header variant="h2" counter={`(${items.length})`}>
          {t("pipelines.executions")}
        </Header>
      }
      ariaLabels={{ tableLabel: t("pipelines.executions") }}
      items={items}
      wrapLines
      columnDefinitions={[
        {
          id: "id",
          header: t("column.name"),
          cell: ({ id }) => <PageLink to={`/pipelines/${encodeURIComponent(name)}/${id}`}>{id.slice(0, 8)}</PageLink>,
          isRowHeader: true,
        },
        { id: "status", header: t("column.status"), cell: ({ status }) => <Status status={status} /> },
        {
          id: "commit",
          header: t("pipelines.commit"),
          cell: ({ commit }) => (commit === undefined ? "–" : <Id value={commit} short={7} />),
        },
        { id: "started", header: t("column.started"), cell: ({ started }) => <Time at={started} /> },
        { id: "rule", header: t("column.reason"), cell: ({ rule }) => rule ?? "–" },
      ]}
    />
  );
}
