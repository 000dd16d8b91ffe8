import { useCall } from "../../../api/hooks.ts";
import { useWords } from "../../../i18n/i18n.tsx";
import { Chart } from "../../../ui/Chart.tsx";
import type { Properties } from "../body.ts";
import { type Line, levelsOf, linesOf, marksOf, ofAlarm, queriesOf, type Range, type Results, stacked } from "../data.ts";
import { Bars, Gauge, Pie, SingleValues, SummaryTable } from "./Values.tsx";
import { Message } from "./Widget.tsx";

interface Props {
  readonly properties: Properties;
  readonly range: Range;
  readonly height: number;
}

const alarmOf = (properties: Properties): string | undefined => {
  const alarms = (properties["annotations"] as { readonly alarms?: readonly string[] } | undefined)?.alarms;
  return alarms?.[0]?.replace(/^arn:.*:alarm:/, "");
};

/** Any view of metrics, by GetMetricData. */
export function Metric(props: Props) {
  const { t } = useWords();
  const alarm = alarmOf(props.properties);
  const AlarmNames = alarm === undefined ? [] : [alarm];
  const { data } = useCall<{ MetricAlarms?: readonly Parameters<typeof ofAlarm>[1][] }>(
    "cloudwatch",
    "DescribeAlarms",
    { AlarmNames },
    { enabled: alarm !== undefined },
  );
  if (alarm === undefined) return <Drawn {...props} />;
  if (data === undefined) return null;
  const [found] = data.MetricAlarms ?? [];
  return found === undefined ? (
    <Message text={t("dashboards.noAlarm", { name: alarm })} />
  ) : (
    <Drawn {...props} properties={ofAlarm(props.properties, found)} />
  );
}

function Drawn({ properties, range, height }: Props) {
  const { t } = useWords();
  const input = queriesOf(properties, range);
  const { data, error } = useCall<Results>("cloudwatch", "GetMetricData", input ?? {}, { enabled: input !== undefined });
  if (input === undefined) return <Message text={t("dashboards.noMetrics")} />;
  if (error !== undefined) return <Message text={error.message} isError />;
  if (data === undefined) return null;
  const { times, lines } = linesOf(properties, data);
  if (times.length === 0) return <Message text={t("metrics.none")} />;
  return <View properties={properties} range={range} height={height} times={times} lines={lines} />;
}

function View({ properties, range, height, times, lines }: Props & { readonly times: readonly number[]; readonly lines: readonly Line[] }) {
  const title = typeof properties["title"] === "string" ? properties["title"] : lines.map(({ label }) => label).join(", ");
  const axes = properties["yAxis"] as Record<string, { readonly min?: number; readonly max?: number }> | undefined;
  const limits = (side: string) => [axes?.[side]?.min ?? null, axes?.[side]?.max ?? null] as const;
  switch (properties["view"]) {
    case "singleValue":
      return <SingleValues lines={lines} times={times} sparkline={properties["sparkline"] === true} height={height} />;
    case "gauge":
      return <Gauge lines={lines} min={limits("left")[0] ?? 0} max={limits("left")[1] ?? 100} />;
    case "bar":
      return <Bars lines={lines} />;
    case "pie":
      return <Pie lines={lines} />;
    case "table":
      return <SummaryTable title={title} lines={lines} />;
    default:
      return (
        <Chart
          title={title}
          times={times}
          series={properties["stacked"] === true ? stacked(lines) : lines}
          levels={levelsOf(properties)}
          marks={marksOf(properties, range)}
          span={[range.from, range.to]}
          range={limits("left")}
          rangeRight={limits("right")}
          height={height}
        />
      );
  }
}
