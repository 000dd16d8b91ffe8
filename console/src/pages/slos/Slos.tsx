import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";
import { useAction, useCall } from "../../api/hooks.ts";
import { queryClient } from "../../api/queries.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { useLive, useWorld } from "../../live/live.ts";
import { Present } from "../../ui/Present.tsx";
import { Status } from "../../ui/Status.tsx";
import { CreateSlo } from "./CreateSlo.tsx";
import { budgetLeft, type Goal, measureOf, type Report } from "./shapes.ts";

const SERVICE = "application-signals";
/** https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_BatchGetServiceLevelObjectiveBudgetReport.html */
const MOST_REPORTS = 50;
const MINUTE_MS = 60_000;

/** Objectives of services, with what is left of their error budgets; those that are broken first. */
export function SlosPage() {
  const { t } = useWords();
  const { clock } = useLive();
  const world = useWorld();
  const [isCreating, setCreating] = useState(false);
  const now = Math.floor(Math.max(clock?.virtual ?? 0, world.time) / MINUTE_MS) * MINUTE_MS;
  const { data, error } = useCall<{ SloSummaries: { Arn: string }[] }>(SERVICE, "ListServiceLevelObjectives", {});
  const SloIds = (data?.SloSummaries ?? []).slice(0, MOST_REPORTS).map(({ Arn }) => Arn);
  const input = { Timestamp: new Date(now).toISOString(), SloIds };
  const reports = useCall<{ Reports: Report[] }>(SERVICE, "BatchGetServiceLevelObjectiveBudgetReport", input, {
    enabled: SloIds.length > 0,
  });
  const remove = useAction(SERVICE, "DeleteServiceLevelObjective");
  const failed = error ?? reports.error ?? remove.error ?? undefined;
  return (
    <SpaceBetween size="l">
      <Present />
      {failed !== undefined && <Alert type="error">{failed.message}</Alert>}
      <Objectives
        items={SloIds.length === 0 ? [] : (reports.data?.Reports ?? [])}
        onCreate={() => setCreating(true)}
        onDelete={(Id) => remove.mutate({ Id })}
      />
      {SloIds.length === MOST_REPORTS && <Box>{t("slos.most", { count: MOST_REPORTS })}</Box>}
      {isCreating && <CreateSlo now={now} onClose={() => setCreating(false)} />}
    </SpaceBetween>
  );
}

interface ObjectivesProps {
  readonly items: readonly Report[];
  onCreate(): void;
  onDelete(id: string): void;
}

function Objectives({ items, onCreate, onDelete }: ObjectivesProps) {
  const { t, number } = useWords();
  const { at } = useLive();
  const percent = (value: number | undefined) => <span className="figure">{value === undefined ? "–" : `${number(value)} %`}</span>;
  return (
    <Table
      header={
        <Header
          variant="h1"
          counter={`(${items.length})`}
          description={t("slos.what")}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button
                iconName="refresh"
                ariaLabel={t("signals.again")}
                onClick={() => void queryClient.invalidateQueries({ queryKey: [SERVICE] })}
              />
              <Button variant="primary" disabled={at !== undefined} onClick={onCreate}>
                {t("slos.create")}
              </Button>
            </SpaceBetween>
          }
        >
          {t("slos.title")}
        </Header>
      }
      ariaLabels={{ tableLabel: t("slos.title") }}
      items={[...items].sort((a, b) => (budgetLeft(a) ?? 2) - (budgetLeft(b) ?? 2))}
      trackBy="Arn"
      empty={<Box>{t("slos.empty")}</Box>}
      wrapLines
      columnDefinitions={[
        { id: "name", header: t("column.name"), cell: ({ Name }) => Name, isRowHeader: true },
        { id: "status", header: t("column.status"), cell: ({ BudgetStatus }) => <Status status={BudgetStatus} /> },
        { id: "service", header: t("slos.service"), cell: (report) => measureOf(report).service },
        { id: "sli", header: t("slos.sli"), cell: (report) => measureOf(report).what },
        { id: "goal", header: t("slos.goal"), cell: ({ Goal }) => <GoalText goal={Goal} /> },
        { id: "attainment", header: t("slos.attainment"), cell: ({ Attainment }) => percent(Attainment) },
        {
          id: "budget",
          header: t("slos.budget"),
          cell: (report) => {
            const left = budgetLeft(report);
            return percent(left === undefined ? undefined : left * 100);
          },
        },
        {
          id: "delete",
          header: t("slos.delete"),
          cell: ({ Arn, Name }) => (
            <Button
              variant="inline-icon"
              iconName="remove"
              ariaLabel={`${t("slos.delete")}: ${Name}`}
              disabled={at !== undefined}
              onClick={() => onDelete(Arn)}
            />
          ),
        },
      ]}
    />
  );
}

function GoalText({ goal }: { readonly goal: Goal | undefined }) {
  const { t, number } = useWords();
  const interval = goal?.Interval?.RollingInterval ?? goal?.Interval?.CalendarInterval;
  if (goal === undefined || interval === undefined) return null;
  const kind = goal.Interval?.RollingInterval === undefined ? "slos.calendar" : "slos.rolling";
  const over = t(kind, { count: interval.Duration, unit: interval.DurationUnit.toLowerCase() });
  return <span className="figure">{`${number(goal.AttainmentGoal ?? 99)} % ${over}`}</span>;
}
