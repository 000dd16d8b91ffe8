import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useCall } from "../../api/hooks.ts";
import type { Alarm } from "../../fold/types.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { useWorld } from "../../live/live.ts";
import { Chart } from "../../ui/Chart.tsx";
import { PageLink } from "../../ui/Links.tsx";
import { isBad, Status } from "../../ui/Status.tsx";
import { Time } from "../../ui/Time.tsx";
import { Why } from "../../ui/Why.tsx";

const HALF_HOUR_MS = 30 * 60_000;

interface Described {
  readonly MetricAlarms?: readonly {
    readonly Threshold?: number;
    readonly Period?: number;
    readonly Statistic?: string;
    readonly ExtendedStatistic?: string;
    readonly Namespace?: string;
    readonly MetricName?: string;
    readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
    readonly Metrics?: readonly object[];
    readonly ThresholdMetricId?: string;
  }[];
}

interface MetricData {
  readonly MetricDataResults?: readonly {
    readonly Id: string;
    readonly Label?: string;
    readonly Timestamps: readonly string[];
    readonly Values: readonly number[];
  }[];
}

/** An alarm: its metric with the threshold, and each change with the data points that decided. */
export function AlarmPage({ params: { name = "" } }: { readonly params: Readonly<Record<string, string | undefined>> }) {
  const { t } = useWords();
  const world = useWorld();
  const alarm = [...world.alarms.values()].find((one) => one.name === name);
  if (alarm === undefined) return <Alert type="info">{t("alarms.empty")}</Alert>;
  return (
    <SpaceBetween size="l">
      <Header variant="h1">{name}</Header>
      <Alert type={isBad(alarm.status) ? "error" : "success"} header={alarm.status}>
        {alarm.rule} <Why of={alarm.eventId} what={name} />
      </Alert>
      <Failing alarm={alarm} />
      <Metric alarm={alarm} />
      <Container header={<Header variant="h2">{t("alarms.history")}</Header>}>
        <ol className="why">
          {alarm.history.map(({ time, to, rule, eventId }) => (
            <li key={eventId}>
              <Status status={to} />
              {rule !== undefined && <Box>{rule}</Box>}
              <Box color="text-body-secondary" fontSize="body-s">
                <Time at={time} /> <Why of={eventId} what={`${name} ${to}`} />
              </Box>
            </li>
          ))}
        </ol>
      </Container>
    </SpaceBetween>
  );
}

/** The requests that the alarm is about: what failed around its last change to ALARM. */
function Failing({ alarm }: { readonly alarm: Alarm }) {
  const { t } = useWords();
  const at = alarm.history.find(({ to }) => to === "ALARM")?.time;
  if (at === undefined) return null;
  const times = { from: String(at - HALF_HOUR_MS / 2), to: String(at + HALF_HOUR_MS / 6) };
  return (
    <PageLink to={`/traces?${new URLSearchParams({ filter: "service() { fault }", ...times }).toString()}`}>{t("traces.failing")}</PageLink>
  );
}

function Metric({ alarm }: { readonly alarm: Alarm }) {
  const { t } = useWords();
  const world = useWorld();
  const { data } = useCall<Described>("cloudwatch", "DescribeAlarms", { AlarmNames: [alarm.name] });
  const found = data?.MetricAlarms?.[0];
  const { Threshold, Period = 60, Statistic, ExtendedStatistic, Namespace, MetricName, Dimensions, Metrics = [] } = found ?? {};
  const changes = alarm.history.map(({ time }) => time);
  const from = Math.min(...changes.slice(0, 4), world.time) - HALF_HOUR_MS;
  const to = Math.max(changes[0] ?? world.time, world.time);
  const end = Math.min(to, (changes[0] ?? to) + HALF_HOUR_MS);
  const Stat = Statistic ?? ExtendedStatistic ?? "Sum";
  const single = { Id: "m", MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period, Stat } };
  const queries = Metrics.length > 0 ? Metrics : [single];
  const instant = (ms: number): string => new Date(Math.floor(ms / 60_000) * 60_000).toISOString();
  const input = { StartTime: instant(from), EndTime: instant(end + 60_000), ScanBy: "TimestampAscending", MetricDataQueries: queries };
  const measured = useCall<MetricData>("cloudwatch", "GetMetricData", input, { enabled: found !== undefined });
  const all = measured.data?.MetricDataResults ?? [];
  // A band is two more results: all that the alarm compares is drawn.
  const results = found?.ThresholdMetricId === undefined ? all.slice(-1) : all;
  const points = results.map(
    ({ Timestamps = [], Values = [] }) => new Map(Timestamps.map((time, i) => [Date.parse(time), Values[i] ?? 0])),
  );
  const times = [...new Set(points.flatMap((map) => [...map.keys()]))].sort((a, b) => a - b);
  if (times.length === 0) return null;
  const marks = alarm.history
    .filter(({ time }) => time >= from && time <= end + 60_000)
    .map((change) => ({ time: change.time, label: change.to, bad: change.to === "ALARM" }));
  const edges = [...marks.map(({ time }) => time), ...times];
  const title = t("alarms.metric");
  const own = `${MetricName ?? alarm.name} ${Stat}`;
  return (
    <Container header={<Header variant="h2">{title}</Header>}>
      <Chart
        title={title}
        times={times}
        series={results.map(({ Label }, i) => ({
          label: results.length === 1 ? own : (Label ?? own),
          values: times.map((time) => points[i]?.get(time) ?? null),
          dash: results.length > 1 && /Low|High/.test(Label ?? ""),
        }))}
        levels={Threshold === undefined ? [] : [{ value: Threshold, label: t("alarms.threshold") }]}
        marks={marks}
        span={[Math.min(...edges), Math.max(...edges)]}
      />
    </Container>
  );
}
