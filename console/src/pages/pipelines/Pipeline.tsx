import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";
import { useAction } from "../../api/hooks.ts";
import type { Execution, Stage } from "../../fold/types.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { useLive, useWorld } from "../../live/live.ts";
import { Id } from "../../ui/Id.tsx";
import { PageLink } from "../../ui/Links.tsx";
import { isBad, isOpen, Status } from "../../ui/Status.tsx";
import { Time } from "../../ui/Time.tsx";
import { Why } from "../../ui/Why.tsx";
import { BuildLog } from "./BuildLog.tsx";
import { StageBox } from "./Stage.tsx";
import { type StageState, useStageStates } from "./state.ts";

/** A pipeline with one of its executions: its stages, what one may do, and the log and tests of its builds. */
export function PipelinePage({ params: { name = "", execution } }: { readonly params: Readonly<Record<string, string | undefined>> }) {
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
  const states = useStageStates(execution.pipeline);
  const reached = new Map(execution.stages.map((stage) => [stage.name, stage]));
  const stages = states.size === 0 ? execution.stages : [...states.values()].map((state) => whole(state, reached.get(state.stageName)));
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
          {stages.map((stage) => (
            <StageBox key={stage.name} execution={execution} stage={stage} state={states.get(stage.name)} onLog={setLog} />
          ))}
        </ol>
      </Container>
      {build !== undefined && <BuildLog key={build} id={build} />}
    </SpaceBetween>
  );
}

/** A stage with the actions to which the execution has not come. */
function whole({ stageName: name, actionStates = [] }: StageState, reached: Stage | undefined): Stage {
  const none = { status: "", since: 0, eventId: "", rule: undefined };
  const begun = new Set(reached?.actions.map((action) => action.name));
  const others = actionStates
    .filter(({ actionName }) => !begun.has(actionName))
    .map(({ actionName }) => ({
      ...none,
      name: actionName,
      provider: "",
      category: "",
      started: 0,
      ended: undefined,
      externalId: undefined,
      summary: undefined,
    }));
  return { ...(reached ?? { ...none, name }), actions: [...(reached?.actions ?? []), ...others] };
}

const commitOf = ({ commit, id }: Execution): string => [commit?.slice(0, 7), id].filter((word) => word !== undefined).join(" · ");

function Controls({ execution: { id, pipeline, stages, status } }: { readonly execution: Execution }) {
  const { t } = useWords();
  const { at } = useLive();
  const world = useWorld();
  const retry = useAction("codepipeline", "RetryStageExecution");
  const stop = useAction("codepipeline", "StopPipelineExecution");
  const rollback = useAction("codepipeline", "RollbackStage");
  const failed = stages.find((stage) => isBad(stage.status));
  const last = world.pipelines
    .get(pipeline)
    ?.executions.map((one) => world.executions.get(one))
    .find((one) => one !== undefined && one.id !== id && one.status === "SUCCEEDED");
  const ofStage = { pipelineName: pipeline, stageName: failed?.name };
  const button = (text: string, action: typeof retry, input: object) => (
    <Button disabled={at !== undefined} loading={action.isPending} onClick={() => action.mutate(input)}>
      {text}
    </Button>
  );
  const refused = retry.error ?? stop.error ?? rollback.error;
  return (
    <SpaceBetween direction="horizontal" size="xs">
      {refused !== null && <Box color="text-status-error">{refused.message}</Box>}
      {failed !== undefined && button(t("pipelines.retry"), retry, { ...ofStage, pipelineExecutionId: id, retryMode: "FAILED_ACTIONS" })}
      {failed !== undefined && button(t("pipelines.retryAll"), retry, { ...ofStage, pipelineExecutionId: id, retryMode: "ALL_ACTIONS" })}
      {failed !== undefined &&
        last !== undefined &&
        button(t("pipelines.rollback", { id: last.id.slice(0, 8) }), rollback, { ...ofStage, targetPipelineExecutionId: last.id })}
      {isOpen(status) && button(t("pipelines.stop"), stop, { pipelineName: pipeline, pipelineExecutionId: id })}
      {isOpen(status) && button(t("pipelines.abandon"), stop, { pipelineName: pipeline, pipelineExecutionId: id, abandon: true })}
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
