import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useCall } from "../../api/hooks.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { useLive, useWorld } from "../../live/live.ts";
import { Chart } from "../../ui/Chart.tsx";
import { PageLink } from "../../ui/Links.tsx";
import { Status } from "../../ui/Status.tsx";
import { Time } from "../../ui/Time.tsx";

interface Got {
  readonly Configuration?: {
    readonly Runtime?: string;
    readonly Handler?: string;
    readonly MemorySize?: number;
    readonly Timeout?: number;
    readonly Role?: string;
    readonly State?: string;
    readonly LastUpdateStatus?: string;
    readonly LastModified?: string;
    readonly CodeSize?: number;
    readonly Environment?: { readonly Variables?: Readonly<Record<string, string>> };
    readonly TracingConfig?: { readonly Mode?: string };
  };
}
interface Aliases {
  readonly Aliases?: readonly {
    readonly Name: string;
    readonly FunctionVersion: string;
    readonly RoutingConfig?: { readonly AdditionalVersionWeights?: Readonly<Record<string, number>> };
  }[];
}
interface Versions {
  readonly Versions?: readonly { readonly Version: string; readonly LastModified?: string; readonly CodeSha256?: string }[];
}
interface Mappings {
  readonly EventSourceMappings?: readonly {
    readonly UUID: string;
    readonly EventSourceArn?: string;
    readonly State?: string;
    readonly BatchSize?: number;
  }[];
}

const MINUTE_MS = 60_000;
const BACK_MS = 3 * 60 * MINUTE_MS;

/** A function: how it is set up, who gets its traffic, what calls it, and how it has done lately. */
export function Detail({ name }: { readonly name: string }) {
  const { t, number } = useWords();
  const { data } = useCall<Got>("lambda", "GetFunction", { FunctionName: name });
  const c = data?.Configuration;
  if (c === undefined) return null;
  const variables = Object.keys(c.Environment?.Variables ?? {});
  return (
    <SpaceBetween size="l">
      <Container
        header={
          <Header
            variant="h2"
            actions={<PageLink to={`/traces?filter=${encodeURIComponent(`service("${name}")`)}`}>{t("nav.traces")}</PageLink>}
          >
            {name}
          </Header>
        }
      >
        <KeyValuePairs
          columns={4}
          items={[
            {
              label: t("column.status"),
              value: <Status status={c.LastUpdateStatus === "Failed" ? "FAILED" : (c.State ?? "").toUpperCase()} />,
            },
            { label: t("functions.runtime"), value: `${c.Runtime ?? "–"} · ${c.Handler ?? ""}` },
            { label: t("functions.memory"), value: `${c.MemorySize ?? 0} MB · ${c.Timeout ?? 0} s` },
            { label: t("functions.code"), value: `${number(c.CodeSize ?? 0)} B` },
            { label: t("functions.changed"), value: <Time at={Date.parse(c.LastModified ?? "")} /> },
            { label: t("functions.tracing"), value: c.TracingConfig?.Mode ?? "PassThrough" },
            { label: t("functions.role"), value: c.Role?.split("/").at(-1) ?? "–" },
            { label: t("functions.variables"), value: variables.length === 0 ? "–" : variables.join(", ") },
          ]}
        />
      </Container>
      <Lately name={name} />
      <Traffic name={name} />
    </SpaceBetween>
  );
}

/** Aliases with their weights, versions, and what the function is fed by. */
function Traffic({ name: FunctionName }: { readonly name: string }) {
  const { t, number } = useWords();
  const { data: aliases } = useCall<Aliases>("lambda", "ListAliases", { FunctionName });
  const { data: versions } = useCall<Versions>("lambda", "ListVersionsByFunction", { FunctionName });
  const { data: mappings } = useCall<Mappings>("lambda", "ListEventSourceMappings", { FunctionName });
  const weights = (main: string, extra: Readonly<Record<string, number>> = {}): string => {
    const others = Object.entries(extra);
    const rest = 1 - others.reduce((sum, [, weight]) => sum + weight, 0);
    return [[main, rest] as const, ...others].map(([version, weight]) => `${version}: ${number(weight * 100)} %`).join(", ");
  };
  const table = <T,>(title: string, items: readonly T[], columns: readonly (readonly [string, (item: T) => React.ReactNode])[]) => (
    <Table
      variant="container"
      header={<Header variant="h3">{title}</Header>}
      ariaLabels={{ tableLabel: title }}
      items={[...items]}
      columnDefinitions={columns.map(([header, cell], i) => ({ id: header, header, cell, isRowHeader: i === 0 }))}
    />
  );
  const { Aliases: named = [] } = aliases ?? {};
  const { EventSourceMappings: sources = [] } = mappings ?? {};
  return (
    <SpaceBetween size="m">
      {named.length > 0 &&
        table(t("functions.aliases"), named, [
          [t("column.name"), ({ Name }) => Name],
          [
            t("functions.weights"),
            ({ FunctionVersion, RoutingConfig }) => weights(FunctionVersion, RoutingConfig?.AdditionalVersionWeights),
          ],
        ])}
      {table(t("functions.versions"), (versions?.Versions ?? []).toReversed().slice(0, 20), [
        [t("column.name"), ({ Version }) => Version],
        [t("functions.changed"), ({ LastModified }) => <Time at={Date.parse(LastModified ?? "")} />],
        ["SHA-256", ({ CodeSha256 = "" }) => <span className="mono">{CodeSha256.slice(0, 12)}</span>],
      ])}
      {sources.length > 0 &&
        table(t("functions.sources"), sources, [
          [t("column.name"), ({ EventSourceArn }) => EventSourceArn ?? "–"],
          [t("column.status"), ({ State }) => State ?? "–"],
          [t("functions.batch"), ({ BatchSize }) => BatchSize ?? "–"],
        ])}
    </SpaceBetween>
  );
}

interface Results {
  readonly MetricDataResults?: readonly {
    readonly Id: string;
    readonly Timestamps: readonly string[];
    readonly Values: readonly number[];
  }[];
}

/** Invocations with errors, and how long they took, of the last three hours. */
function Lately({ name }: { readonly name: string }) {
  const { t } = useWords();
  const { clock, at } = useLive();
  const world = useWorld();
  const now = at === undefined ? Math.max(clock?.virtual ?? 0, world.time) : world.time;
  const end = Math.ceil(now / MINUTE_MS) * MINUTE_MS;
  const query = (Id: string, MetricName: string, Stat: string) => ({
    Id,
    MetricStat: { Metric: { Namespace: "AWS/Lambda", MetricName, Dimensions: [{ Name: "FunctionName", Value: name }] }, Period: 60, Stat },
  });
  const { data } = useCall<Results>("cloudwatch", "GetMetricData", {
    StartTime: new Date(end - BACK_MS).toISOString(),
    EndTime: new Date(end).toISOString(),
    ScanBy: "TimestampAscending",
    MetricDataQueries: [query("calls", "Invocations", "Sum"), query("errors", "Errors", "Sum"), query("p90", "Duration", "p90")],
  });
  const results = data?.MetricDataResults ?? [];
  const points = new Map(
    results.map(({ Id, Timestamps, Values }) => [Id, new Map(Timestamps.map((time, i) => [Date.parse(time), Values[i] ?? 0]))]),
  );
  const times = [...new Set([...points.values()].flatMap((map) => [...map.keys()]))].sort((a, b) => a - b);
  if (times.length === 0) return null;
  const values = (id: string) => times.map((time) => points.get(id)?.get(time) ?? null);
  const series = [
    { label: t("functions.invocations"), values: values("calls") },
    { label: t("functions.errors"), values: values("errors"), colour: "#d62728" },
    { label: `${t("functions.duration")} p90, ms`, values: values("p90"), right: true, colour: "#8456ce" },
  ];
  return (
    <Container header={<Header variant="h3">{t("functions.lately")}</Header>}>
      <Chart title={t("functions.lately")} times={times} series={series} />
    </Container>
  );
}
