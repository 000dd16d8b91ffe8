import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import DateRangePicker, { type DateRangePickerProps } from "@cloudscape-design/components/date-range-picker";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo, useRef, useState } from "react";
import { useLocation } from "wouter";
import { useAction, useCall } from "../../api/hooks.ts";
import { queryClient } from "../../api/queries.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { useLive, useWorld } from "../../live/live.ts";
import { autoPeriod, type Body, instantOf, withVariables } from "./body.ts";
import type { Range } from "./data.ts";
import { Source } from "./Source.tsx";
import { Variables } from "./Variables.tsx";
import { ROW, Widget } from "./widgets/Widget.tsx";

const MINUTE_MS = 60_000;
const UNITS = {
  second: 1_000,
  minute: MINUTE_MS,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
  month: 2_592_000_000,
  year: 31_536_000_000,
};
const OPTIONS: readonly DateRangePickerProps.RelativeOption[] = [
  { key: "1h", amount: 1, unit: "hour", type: "relative" },
  { key: "3h", amount: 3, unit: "hour", type: "relative" },
  { key: "12h", amount: 12, unit: "hour", type: "relative" },
  { key: "1d", amount: 1, unit: "day", type: "relative" },
  { key: "1w", amount: 1, unit: "week", type: "relative" },
];

/** The instant shown, in whole minutes, so that a dashboard is asked again once a minute at most. */
function useNow(): number {
  const { clock, at } = useLive();
  const world = useWorld();
  const now = at === undefined ? Math.max(clock?.virtual ?? 0, world.time) : world.time;
  return Math.ceil(now / MINUTE_MS) * MINUTE_MS;
}

function rangeOf(body: Body, chosen: DateRangePickerProps.Value | null, now: number): Range {
  const { start = "-PT3H", end = "-PT0H", periodOverride = "auto" } = body;
  if (chosen === null) return { from: instantOf(start, now) ?? now - 3 * UNITS.hour, to: instantOf(end, now) ?? now, period: undefined };
  const [from, to] =
    chosen.type === "relative"
      ? [now - chosen.amount * UNITS[chosen.unit], now]
      : [Date.parse(chosen.startDate), Date.parse(chosen.endDate)];
  return { from, to, period: periodOverride === "inherit" ? undefined : autoPeriod(to - from) };
}

export function DashboardPage({ params }: { readonly params: Readonly<Record<string, string | undefined>> }) {
  const name = decodeURIComponent(params["name"] ?? "");
  const { data, error } = useCall<{ DashboardBody: string }>("cloudwatch", "GetDashboard", { DashboardName: name });
  if (error !== undefined)
    return (
      <Alert type="error" header={<h1>{name}</h1>}>
        {error.message}
      </Alert>
    );
  return data === undefined ? (
    <Header variant="h1">{name}</Header>
  ) : (
    <Shown key={data.DashboardBody} name={name} text={data.DashboardBody} />
  );
}

function Shown({ name, text }: { readonly name: string; readonly text: string }) {
  const { t } = useWords();
  const { at } = useLive();
  const [, go] = useLocation();
  const now = useNow();
  const grid = useRef<HTMLDivElement>(null);
  const [values, setValues] = useState<Readonly<Record<string, string>>>(() => defaultsOf(JSON.parse(text) as Body));
  const [chosen, setChosen] = useState<DateRangePickerProps.Value | null>(null);
  const [isEditing, setEditing] = useState(false);
  const body = useMemo(() => withVariables(text, values), [text, values]);
  const range = useMemo(() => rangeOf(body, chosen, now), [body, chosen, now]);
  const remove = useAction("cloudwatch", "DeleteDashboards");
  return (
    <SpaceBetween size="m">
      <Header
        variant="h1"
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <TimeRange body={body} value={chosen} onChange={setChosen} />
            <Button
              iconName="refresh"
              ariaLabel={t("signals.again")}
              onClick={() => void queryClient.invalidateQueries({ queryKey: ["cloudwatch"] })}
            />
            <Button iconName="expand" ariaLabel={t("dashboards.full")} onClick={() => void grid.current?.requestFullscreen()} />
            <Button onClick={() => setEditing(!isEditing)}>{t("dashboards.source")}</Button>
            <Button
              disabled={at !== undefined}
              onClick={() => remove.mutate({ DashboardNames: [name] }, { onSuccess: () => go("/dashboards") })}
            >
              {t("dashboards.delete")}
            </Button>
          </SpaceBetween>
        }
      >
        {name}
      </Header>
      {remove.error !== null && <Alert type="error">{remove.error.message}</Alert>}
      {isEditing && <Source name={name} text={text} />}
      <Variables variables={body.variables ?? []} values={values} onChange={setValues} range={range} />
      <div ref={grid} className="widgets" style={{ gridAutoRows: `${ROW}px` }}>
        {body.widgets.map((widget, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a widget has no name but its place
          <Widget key={index} widget={widget} range={range} dashboard={name} />
        ))}
      </div>
    </SpaceBetween>
  );
}

const defaultsOf = ({ variables = [] }: Body): Record<string, string> =>
  Object.fromEntries(variables.flatMap(({ id, defaultValue }) => (defaultValue === undefined ? [] : [[id, String(defaultValue)]])));

interface TimeRangeProps {
  readonly body: Body;
  readonly value: DateRangePickerProps.Value | null;
  onChange(value: DateRangePickerProps.Value | null): void;
}

function TimeRange({ body, value, onChange }: TimeRangeProps) {
  const { t } = useWords();
  const spans: Readonly<Record<string, string>> = { hour: t("dashboards.hours"), day: t("dashboards.days"), week: t("dashboards.weeks") };
  return (
    <DateRangePicker
      value={value}
      relativeOptions={OPTIONS}
      isValidRange={(range) =>
        range?.type === "absolute" && Date.parse(range.startDate) >= Date.parse(range.endDate)
          ? { valid: false, errorMessage: t("dashboards.backwards") }
          : { valid: true }
      }
      onChange={({ detail }) => onChange(detail.value)}
      placeholder={`${t("dashboards.own")} (${body.start ?? "-PT3H"})`}
      i18nStrings={{
        formatRelativeRange: ({ amount, unit }) => `${amount} ${spans[unit] ?? unit}`,
        applyButtonLabel: t("dashboards.apply"),
        cancelButtonLabel: t("why.close"),
        clearButtonLabel: t("dashboards.own"),
        relativeModeTitle: t("dashboards.relative"),
        absoluteModeTitle: t("dashboards.absolute"),
        relativeRangeSelectionHeading: t("dashboards.range"),
        startDateLabel: t("dashboards.from"),
        endDateLabel: t("dashboards.to"),
        startTimeLabel: t("dashboards.fromTime"),
        endTimeLabel: t("dashboards.toTime"),
        customRelativeRangeOptionLabel: t("dashboards.custom"),
        customRelativeRangeOptionDescription: "",
        customRelativeRangeDurationLabel: t("dashboards.duration"),
        customRelativeRangeDurationPlaceholder: "1",
        customRelativeRangeUnitLabel: t("dashboards.unit"),
      }}
    />
  );
}
