import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { cliCommand } from "../../api/cli.ts";
import { useCommand } from "../../api/commands.tsx";
import { useAction, useCall } from "../../api/hooks.ts";
import type { Deployment, World } from "../../fold/types.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { useLive, useWorld } from "../../live/live.ts";
import { Chart, type Series } from "../../ui/Chart.tsx";
import { Id } from "../../ui/Id.tsx";
import { isBad, isOpen, Status } from "../../ui/Status.tsx";
import { Time } from "../../ui/Time.tsx";
import { Why } from "../../ui/Why.tsx";
import { marksOf, spanOf, TrafficChart } from "./TrafficChart.tsx";

const SYNC = "deployment";
/** Errors of a version have the colour that is as far behind. */
const ERROR_COLOURS = 3;

/** One deployment: its traffic, what was measured of both versions, and every decision with its reason. */
export function DeploymentPage({ params: { id = "" } }: { readonly params: Readonly<Record<string, string | undefined>> }) {
  useCommand(cliCommand("codedeploy", "GetDeployment", { deploymentId: id }));
  const { t } = useWords();
  const world = useWorld();
  const deployment = world.deployments.get(id);
  if (deployment === undefined) return <Alert type="info">{t("deployments.empty")}</Alert>;
  return (
    <SpaceBetween size="l">
      <Header variant="h1" actions={<Stop deployment={deployment} />}>
        {t("deployments.of", { id })}
      </Header>
      <Alert
        type={isBad(deployment.status) || deployment.status === "STOPPED" ? "error" : isOpen(deployment.status) ? "info" : "success"}
        header={deployment.status}
      >
        {deployment.rule} <Why of={id} what={id} />
      </Alert>
      <Facts deployment={deployment} />
      {deployment.shifts.length > 0 && (
        <Container header={<Header variant="h2">{t("deployments.traffic")}</Header>}>
          <TrafficChart deployment={deployment} world={world} sync={SYNC} />
        </Container>
      )}
      {deployment.functionName !== undefined && <Measured deployment={deployment} world={world} />}
      <Steps deployment={deployment} />
    </SpaceBetween>
  );
}

function Stop({ deployment: { id, status } }: { readonly deployment: Deployment }) {
  const { t } = useWords();
  const { at } = useLive();
  const stop = useAction("codedeploy", "StopDeployment");
  if (!isOpen(status)) return null;
  return (
    <Button
      disabled={at !== undefined}
      loading={stop.isPending}
      onClick={() => stop.mutate({ deploymentId: id, autoRollbackEnabled: true })}
    >
      {t("deployments.stop")}
    </Button>
  );
}

function Facts({ deployment }: { readonly deployment: Deployment }) {
  const { t } = useWords();
  const { functionName, alias, application, config, creator, started, ended, id } = deployment;
  return (
    <Container>
      <KeyValuePairs
        columns={4}
        items={[
          { label: t("column.name"), value: <Id value={id} /> },
          { label: t("deployments.function"), value: functionName === undefined ? application : `${functionName}:${alias ?? ""}` },
          { label: t("deployments.config"), value: config },
          { label: t("deployments.creator"), value: creator },
          { label: t("column.status"), value: <Status status={deployment.status} /> },
          { label: t("column.started"), value: <Time at={started} /> },
          { label: t("column.ended"), value: <Time at={ended} /> },
        ]}
      />
    </Container>
  );
}

interface MetricData {
  readonly MetricDataResults?: readonly {
    readonly Id: string;
    readonly Timestamps: readonly string[];
    readonly Values: readonly number[];
  }[];
}

const MEASURES = [
  { key: "n", metric: "Invocations", stat: "Sum" },
  { key: "e", metric: "Errors", stat: "Sum" },
  { key: "p", metric: "Duration", stat: "p90" },
] as const;

/** Requests, errors and latency of both versions, on the same time axis as the traffic. */
function Measured({ deployment, world }: { readonly deployment: Deployment; readonly world: World }) {
  const { t } = useWords();
  const { functionName = "", alias = "" } = deployment;
  const span = spanOf(deployment, world);
  const versions = [...new Set(deployment.shifts.flatMap(({ currentVersion, targetVersion }) => [currentVersion, targetVersion]))].sort();
  const Period = span[1] - span[0] > 6 * 3_600_000 ? 300 : 60;
  const queries = versions.flatMap((version) =>
    MEASURES.map(({ key, metric, stat }) => ({
      Id: `${key}${version}`,
      MetricStat: {
        Metric: {
          Namespace: "AWS/Lambda",
          MetricName: metric,
          Dimensions: [
            { Name: "FunctionName", Value: functionName },
            { Name: "Resource", Value: `${functionName}:${alias}` },
            { Name: "ExecutedVersion", Value: version },
          ],
        },
        Period,
        Stat: stat,
      },
    })),
  );
  const round = Period * 1_000;
  const input = {
    StartTime: new Date(Math.floor(span[0] / round) * round).toISOString(),
    EndTime: new Date(Math.ceil(span[1] / round) * round).toISOString(),
    ScanBy: "TimestampAscending",
    MetricDataQueries: queries,
  };
  const { data } = useCall<MetricData>("cloudwatch", "GetMetricData", input, { enabled: versions.length > 0 });
  const results = new Map(
    (data?.MetricDataResults ?? []).map(({ Id: key, Timestamps, Values }) => [
      key,
      new Map(Timestamps.map((time, i) => [Date.parse(time), Values[i] ?? 0])),
    ]),
  );
  const times = [...new Set([...results.values()].flatMap((points) => [...points.keys()]))].sort((a, b) => a - b);
  const values = (key: string) => times.map((time) => results.get(key)?.get(time) ?? null);
  const counts: Series[] = versions.flatMap((version, colour) => [
    { label: t("deployments.version", { version }), values: values(`n${version}`), colour },
    { label: t("deployments.errors", { version }), values: values(`e${version}`), colour: colour + ERROR_COLOURS, dash: true },
  ]);
  const latency: Series[] = versions.map((version) => ({ label: t("deployments.version", { version }), values: values(`p${version}`) }));
  const common = { times, marks: marksOf(world, span), span, sync: SYNC };
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">{t("deployments.requests")}</Header>}>
        {times.length === 0 ? (
          <Box>{t("deployments.noMetrics")}</Box>
        ) : (
          <Chart title={t("deployments.requests")} series={counts} {...common} />
        )}
      </Container>
      {times.length > 0 && (
        <Container header={<Header variant="h2">{t("deployments.latency")}</Header>}>
          <Chart title={t("deployments.latency")} series={latency} unit={t("chart.ms")} {...common} />
        </Container>
      )}
    </SpaceBetween>
  );
}

function Steps({ deployment }: { readonly deployment: Deployment }) {
  const { t } = useWords();
  return (
    <Container header={<Header variant="h2">{t("deployments.steps")}</Header>}>
      <ol className="why">
        {deployment.steps.map(({ time, what, rule, eventId }) => (
          <li key={eventId}>
            <Box fontWeight="bold">{what}</Box>
            {rule !== undefined && <Box>{rule}</Box>}
            <Box color="text-body-secondary" fontSize="body-s">
              <Time at={time} /> <Why of={eventId} what={what} />
            </Box>
          </li>
        ))}
      </ol>
    </Container>
  );
}
