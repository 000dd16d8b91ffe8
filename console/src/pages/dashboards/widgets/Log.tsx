import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { fieldsOf, overTime, type Row, rowsOf, runQuery } from "../../../api/insights.ts";
import { useWords } from "../../../i18n/i18n.tsx";
import { useSettings } from "../../../layout/settings.tsx";
import { Chart } from "../../../ui/Chart.tsx";
import type { Properties } from "../body.ts";
import type { Range } from "../data.ts";
import { Bars, Pie } from "./Values.tsx";
import { Message } from "./Widget.tsx";

interface Props {
  readonly properties: Properties;
  readonly range: Range;
  readonly height: number;
}

const SOURCE = /^\s*SOURCE\s+'([^']+)'\s*\|?/i;
const SHOWN = 200;

/** `SOURCE 'a' | SOURCE 'b' | fields …`, as dashboards write it, as groups and a query. */
function split(text: string): { readonly logGroupNames: readonly string[]; readonly queryString: string } {
  const logGroupNames: string[] = [];
  let queryString = text;
  for (let found = SOURCE.exec(queryString); found !== null; found = SOURCE.exec(queryString)) {
    logGroupNames.push(found[1] ?? "");
    queryString = queryString.slice(found[0].length);
  }
  return { logGroupNames, queryString: queryString.trim() };
}

/** What a query of Logs Insights finds in the dashboard's range. */
export function Log({ properties, range, height }: Props) {
  const { t } = useWords();
  const { region } = useSettings();
  const query = split(String(properties["query"] ?? ""));
  const input = { ...query, startTime: Math.floor(range.from / 1_000), endTime: Math.ceil(range.to / 1_000) };
  const { data, error } = useQuery({ queryKey: ["cloudwatch-logs", "widget", region, input], queryFn: () => runQuery(region, input) });
  if (error !== null) return <Message text={error.message} isError />;
  if (data === undefined) return null;
  const rows = rowsOf(data);
  const fields = fieldsOf(data);
  if (rows.length === 0) return <Message text={t("dashboards.noRows")} />;
  const drawn = properties["view"] === "timeSeries" ? overTime(rows, fields) : undefined;
  const title = String(properties["title"] ?? query.queryString);
  if (drawn !== undefined) {
    const series = properties["stacked"] === true ? drawn.series.map((one) => ({ ...one, area: true })) : drawn.series;
    return <Chart title={title} times={drawn.times} series={series} span={[range.from, range.to]} height={height} />;
  }
  if (properties["view"] === "bar" || properties["view"] === "pie") {
    const lines = asLines(rows, fields);
    return properties["view"] === "bar" ? <Bars lines={lines} /> : <Pie lines={lines} />;
  }
  return (
    <Table
      variant="embedded"
      ariaLabels={{ tableLabel: title }}
      items={rows.slice(0, SHOWN)}
      wrapLines
      columnDefinitions={fields.map((field, i) => ({
        id: field,
        header: field,
        cell: (row: Row) => row[field] ?? "–",
        isRowHeader: i === 0,
      }))}
    />
  );
}

/** The first number of each row, named by what it was counted by. */
function asLines(rows: readonly Row[], fields: readonly string[]) {
  const number = fields.find((field) => rows.every((row) => !Number.isNaN(Number(row[field] ?? "x")))) ?? "";
  return rows.map((row) => ({
    label: fields
      .filter((field) => field !== number)
      .map((field) => row[field] ?? "")
      .join(" "),
    values: [],
    points: [[0, Number(row[number])] as const],
  }));
}
