import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Multiselect from "@cloudscape-design/components/multiselect";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useCall, usePages } from "../../api/hooks.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { useLive, useWorld } from "../../live/live.ts";
import { Chart } from "../../ui/Chart.tsx";
import { Keep } from "./Keep.tsx";

interface Metric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
}
interface Results {
  readonly MetricDataResults?: readonly {
    readonly Id: string;
    readonly Label?: string;
    readonly Timestamps: readonly string[];
    readonly Values: readonly number[];
  }[];
}

const STATS = ["Sum", "Average", "Minimum", "Maximum", "SampleCount", "p50", "p90", "p99"];
const PERIODS = ["60", "300", "3600"];
const SPANS = ["1", "3", "12", "24", "168"];
const HOUR_MS = 3_600_000;
const MOST = 20;

const labelOf = ({ MetricName, Dimensions = [] }: Metric): string =>
  [MetricName, ...Dimensions.map(({ Name, Value }) => `${Name}=${Value}`)].join(" ");

/** Any metrics on one chart, with an expression over them. */
export function MetricsPage() {
  const { t } = useWords();
  const [namespace, setNamespace] = useState<string | undefined>();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [stat, setStat] = useState("Sum");
  const [period, setPeriod] = useState("60");
  const [hours, setHours] = useState("3");
  const [expression, setExpression] = useState("");
  const { data } = usePages<{ readonly Metrics?: readonly Metric[] }>("cloudwatch", "ListMetrics", {});
  const all = (data ?? []).flatMap(({ Metrics = [] }) => Metrics);
  const namespaces = [...new Set(all.map(({ Namespace }) => Namespace))].sort();
  const shown = all
    .filter(({ Namespace }) => Namespace === namespace)
    .map((metric) => ({ value: JSON.stringify(metric), label: labelOf(metric) }));
  const choice = (values: readonly string[]) => values.map((value) => ({ value, label: value }));
  const select = (label: string, value: string | undefined, values: readonly string[], set: (value: string) => void) => (
    <FormField label={label}>
      <Select
        selectedOption={value === undefined ? null : { value, label: value }}
        options={choice(values)}
        placeholder="–"
        onChange={({ detail }) => set(detail.selectedOption.value ?? "")}
      />
    </FormField>
  );
  return (
    <SpaceBetween size="l">
      <Header variant="h1">{t("metrics.title")}</Header>
      <Container>
        <SpaceBetween size="m">
          <Grid gridDefinition={[{ colspan: 4 }, { colspan: 8 }]}>
            {select(t("metrics.namespace"), namespace, namespaces, (value) => {
              setNamespace(value);
              setChosen([]);
            })}
            <FormField label={t("metrics.metric")}>
              <Multiselect
                selectedOptions={shown.filter(({ value }) => chosen.includes(value))}
                options={shown}
                filteringType="auto"
                placeholder={t("metrics.choose")}
                onChange={({ detail }) => setChosen(detail.selectedOptions.flatMap(({ value }) => value ?? []).slice(0, MOST))}
              />
            </FormField>
          </Grid>
          <Grid gridDefinition={[{ colspan: 2 }, { colspan: 2 }, { colspan: 2 }, { colspan: 6 }]}>
            {select(t("metrics.stat"), stat, STATS, setStat)}
            {select(`${t("metrics.period")} (s)`, period, PERIODS, setPeriod)}
            {select(`${t("metrics.span")} (h)`, hours, SPANS, setHours)}
            <FormField label={t("metrics.expression")}>
              <Input value={expression} placeholder="m1 / m2 * 100" onChange={({ detail }) => setExpression(detail.value)} />
            </FormField>
          </Grid>
          {chosen.length > 0 && (
            <Drawn metrics={chosen} stat={stat} period={Number(period)} hours={Number(hours)} expression={expression} />
          )}
        </SpaceBetween>
      </Container>
    </SpaceBetween>
  );
}

interface DrawnProps {
  readonly metrics: readonly string[];
  readonly stat: string;
  readonly period: number;
  readonly hours: number;
  readonly expression: string;
}

function Drawn({ metrics, stat: Stat, period: Period, hours, expression }: DrawnProps) {
  const { t } = useWords();
  const { clock, at } = useLive();
  const world = useWorld();
  const now = at === undefined ? (clock?.virtual ?? world.time) : world.time;
  const step = Period * 1_000;
  const end = Math.ceil(now / step) * step;
  const queries = metrics.map((metric, i) => ({
    Id: `m${i + 1}`,
    Label: labelOf(JSON.parse(metric) as Metric),
    MetricStat: { Metric: JSON.parse(metric) as Metric, Period, Stat },
  }));
  const math = expression.trim() === "" ? [] : [{ Id: "e1", Label: expression, Expression: expression }];
  const { data, error } = useCall<Results>("cloudwatch", "GetMetricData", {
    StartTime: new Date(end - hours * HOUR_MS).toISOString(),
    EndTime: new Date(end).toISOString(),
    ScanBy: "TimestampAscending",
    MetricDataQueries: [...queries, ...math],
  });
  if (error !== undefined) return <Box color="text-status-error">{error.message}</Box>;
  const results = data?.MetricDataResults ?? [];
  const points = results.map(({ Timestamps, Values }) => new Map(Timestamps.map((time, i) => [Date.parse(time), Values[i] ?? 0])));
  const times = [...new Set(points.flatMap((map) => [...map.keys()]))].sort((a, b) => a - b);
  if (times.length === 0) return <Box>{t("metrics.none")}</Box>;
  const series = results.map(({ Label, Id }, i) => ({ label: Label ?? Id, values: times.map((time) => points[i]?.get(time) ?? null) }));
  return (
    <SpaceBetween size="m">
      <Chart title={t("metrics.title")} times={times} series={series} height={320} />
      <Keep queries={[...queries, ...math]} />
    </SpaceBetween>
  );
}
