import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { CallError, call } from "../../api/client.ts";
import { useAction } from "../../api/hooks.ts";
import { queryClient } from "../../api/queries.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { useSettings } from "../../layout/settings.tsx";
import { useLive } from "../../live/live.ts";
import { Code } from "../../ui/Code.tsx";
import { PageLink } from "../../ui/Links.tsx";

export interface Query {
  readonly Id: string;
  readonly Label?: string;
  readonly Expression?: string;
  readonly MetricStat?: {
    readonly Metric: {
      readonly Namespace: string;
      readonly MetricName: string;
      readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
    };
    readonly Period: number;
    readonly Stat: string;
  };
}

interface Props {
  readonly queries: readonly Query[];
}

/** What is drawn as a widget of a dashboard. */
function widgetOf(queries: readonly Query[], region: string): object {
  const metrics = queries.map(({ Id: id, Expression: expression, MetricStat }) => {
    if (MetricStat === undefined) return [{ id, expression }];
    const { Namespace, MetricName, Dimensions = [] } = MetricStat.Metric;
    const parts = [Namespace, MetricName, ...Dimensions.flatMap(({ Name, Value }) => [Name, Value])];
    return [...parts, { id, stat: MetricStat.Stat, period: MetricStat.Period }];
  });
  const title = queries.map(({ Id, Label }) => Label ?? Id).join(", ");
  return { type: "metric", width: 12, height: 6, properties: { region, title: title.slice(0, 100), metrics } };
}

/** Appends a widget to a dashboard, or makes one of it. */
async function append(region: string, DashboardName: string, widget: object): Promise<void> {
  let body: { widgets: object[] } = { widgets: [] };
  try {
    const { DashboardBody } = (await call(region, "cloudwatch", "GetDashboard", { DashboardName })) as { DashboardBody: string };
    body = JSON.parse(DashboardBody) as typeof body;
  } catch (error) {
    // A dashboard of that name is made.
    if (!(error instanceof CallError) || !/NotFound/.test(error.code)) throw error;
  }
  const DashboardBody = JSON.stringify({ ...body, widgets: [...body.widgets, widget] });
  await call(region, "cloudwatch", "PutDashboard", { DashboardName, DashboardBody });
  await queryClient.invalidateQueries({ queryKey: ["cloudwatch"] });
}

/** Puts what is drawn on a dashboard, or under an alarm. */
export function Keep({ queries }: Props) {
  const { t } = useWords();
  const { region } = useSettings();
  const widget = widgetOf(queries, region);
  return (
    <SpaceBetween size="s">
      <ExpandableSection headerText={t("metrics.toDashboard")}>
        <SpaceBetween size="s">
          <ToDashboard widget={widget} region={region} />
          <Code label={t("metrics.widget")} text={JSON.stringify(widget, null, 2)} />
        </SpaceBetween>
      </ExpandableSection>
      <ExpandableSection headerText={t("metrics.toAlarm")}>
        <ToAlarm queries={queries} />
      </ExpandableSection>
    </SpaceBetween>
  );
}

function ToDashboard({ widget, region }: { readonly widget: object; readonly region: string }) {
  const { t } = useWords();
  const { at } = useLive();
  const [name, setName] = useState("");
  const put = useMutation({ mutationFn: () => append(region, name, widget) });
  return (
    <SpaceBetween size="s">
      <FormField label={t("metrics.dashboard")}>
        <Input value={name} onChange={({ detail }) => setName(detail.value)} />
      </FormField>
      <Button disabled={name === "" || at !== undefined} loading={put.isPending} onClick={() => put.mutate()}>
        {t("metrics.add")}
      </Button>
      {put.error !== null && <Alert type="error">{put.error.message}</Alert>}
      {put.isSuccess && <PageLink to={`/dashboards/${encodeURIComponent(name)}`}>{name}</PageLink>}
    </SpaceBetween>
  );
}

const OPERATORS = [
  ["GreaterThanThreshold", ">"],
  ["GreaterThanOrEqualToThreshold", "≥"],
  ["LessThanThreshold", "<"],
  ["LessThanOrEqualToThreshold", "≤"],
] as const;

/** An alarm on what is drawn: on the expression where there is one, else on the first metric. */
function ToAlarm({ queries }: Props) {
  const { t } = useWords();
  const { at } = useLive();
  const [AlarmName, setName] = useState("");
  const [threshold, setThreshold] = useState("1");
  const [ComparisonOperator, setOperator] = useState<string>("GreaterThanThreshold");
  const put = useAction("cloudwatch", "PutMetricAlarm");
  const chosen = queries.find(({ Expression }) => Expression !== undefined) ?? queries[0];
  const Metrics = queries
    .filter(({ Id }) => chosen?.Expression !== undefined || Id === chosen?.Id)
    .map((query) => ({ ...query, ReturnData: query.Id === chosen?.Id }));
  const input = {
    AlarmName,
    Metrics,
    Threshold: Number(threshold),
    ComparisonOperator,
    EvaluationPeriods: 1,
    TreatMissingData: "notBreaching",
  };
  return (
    <SpaceBetween size="s">
      <FormField label={t("column.name")}>
        <Input value={AlarmName} onChange={({ detail }) => setName(detail.value)} />
      </FormField>
      <SpaceBetween direction="horizontal" size="xs" alignItems="end">
        <Box padding={{ bottom: "xs" }}>{chosen?.Label ?? chosen?.Expression}</Box>
        <Select
          ariaLabel={t("metrics.operator")}
          selectedOption={{ value: ComparisonOperator, label: OPERATORS.find(([name]) => name === ComparisonOperator)?.[1] ?? "" }}
          options={OPERATORS.map(([value, label]) => ({ value, label }))}
          onChange={({ detail }) => setOperator(detail.selectedOption.value ?? "GreaterThanThreshold")}
        />
        <FormField label={t("metrics.threshold")}>
          <Input type="number" value={threshold} onChange={({ detail }) => setThreshold(detail.value)} />
        </FormField>
      </SpaceBetween>
      <Button disabled={AlarmName === "" || at !== undefined} loading={put.isPending} onClick={() => put.mutate(input)}>
        {t("metrics.createAlarm")}
      </Button>
      {put.error !== null && <Alert type="error">{put.error.message}</Alert>}
      {put.isSuccess && <PageLink to={`/alarms/${encodeURIComponent(AlarmName)}`}>{AlarmName}</PageLink>}
    </SpaceBetween>
  );
}
