// biome-ignore-all lint/a11y/useSemanticElements: rows that are drawn a screenful at a time cannot be those of a table element
// biome-ignore-all lint/a11y/useFocusableInteractive: rows and cells are not operated, their buttons are
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useDeferredValue, useMemo, useRef, useState } from "react";
import { useCommand } from "../../api/commands.tsx";
import { useWords } from "../../i18n/i18n.tsx";
import type { TimelineEvent } from "../../live/events.ts";
import { useLive } from "../../live/live.ts";
import { EventPanel } from "./EventPanel.tsx";

const ROW_PX = 34;
const HEIGHT_PX = 520;
const COLUMNS = { gridTemplateColumns: "170px 150px 260px minmax(0, 1fr) 160px" };

/** Everything that happened, newest first; ten thousand rows are drawn a screenful at a time. */
export function TimelinePage() {
  useCommand("orrery timeline");
  const { t } = useWords();
  const { events, at } = useLive();
  const [filter, setFilter] = useState("");
  const [source, setSource] = useState("");
  const [actor, setActor] = useState("");
  const [root, setRoot] = useState("");
  const [chosen, setChosen] = useState<TimelineEvent | undefined>();
  const wanted = useDeferredValue(filter.toLowerCase());
  const sources = useMemo(() => [...new Set(events.map((event) => event.source))].sort(), [events]);
  const actors = useMemo(() => [...new Set(events.map((event) => event.actor))].sort(), [events]);
  const followed = useMemo(() => (root === "" ? undefined : descendants(events, root)), [events, root]);
  const shown = useMemo(
    () =>
      events
        .filter(
          (event) =>
            (source === "" || event.source === source) &&
            (actor === "" || event.actor === actor) &&
            (followed === undefined || followed.has(event.id)) &&
            (at === undefined || event.position <= at) &&
            has(event, wanted),
        )
        .toReversed(),
    [events, source, actor, followed, wanted, at],
  );
  return (
    <SpaceBetween size="l">
      <Header variant="h1" description={t("timeline.count", { shown: shown.length, all: events.length })}>
        {t("timeline.title")}
      </Header>
      <Container>
        <SpaceBetween size="m">
          <SpaceBetween direction="horizontal" size="m">
            <FormField label={t("timeline.filter")}>
              <Input type="search" value={filter} onChange={({ detail }) => setFilter(detail.value)} />
            </FormField>
            <Choice label={t("timeline.service")} value={source} values={sources} all={t("timeline.all")} onChange={setSource} />
            <Choice label={t("column.who")} value={actor} values={actors} all={t("timeline.anyone")} onChange={setActor} />
            <FormField label={t("timeline.followed")}>
              <Input type="search" value={root} placeholder="evt-1" onChange={({ detail }) => setRoot(detail.value.trim())} />
            </FormField>
          </SpaceBetween>
          <Rows events={shown} onChoose={setChosen} />
        </SpaceBetween>
      </Container>
      {chosen !== undefined && <EventPanel event={chosen} events={events} onChoose={setChosen} onFollow={setRoot} />}
    </SpaceBetween>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly values: readonly string[];
  /** What stands for any of them. */
  readonly all: string;
  onChange(value: string): void;
}

function Choice({ label, value, values, all, onChange }: ChoiceProps) {
  const options = [{ value: "", label: all }, ...values.map((one) => ({ value: one, label: one }))];
  return (
    <FormField label={label}>
      <Select
        selectedOption={options.find((option) => option.value === value) ?? null}
        options={options}
        filteringType={values.length > 10 ? "auto" : "none"}
        onChange={({ detail }) => onChange(detail.selectedOption.value ?? "")}
      />
    </FormField>
  );
}

/** An event and all that it caused, directly or not; causes come before what they cause. */
function descendants(events: readonly TimelineEvent[], root: string): ReadonlySet<string> {
  const found = new Set([root]);
  for (const { id, cause } of events) if (cause !== undefined && found.has(cause)) found.add(id);
  return found;
}

function has({ type, rule = "", resources, actor, id, cause = "" }: TimelineEvent, text: string): boolean {
  if (text === "") return true;
  return [type, rule, actor, id, cause, ...resources].some((part) => part.toLowerCase().includes(text));
}

function Rows({ events, onChoose }: { readonly events: readonly TimelineEvent[]; onChoose(event: TimelineEvent): void }) {
  const { t, time } = useWords();
  const host = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count: events.length, getScrollElement: () => host.current, estimateSize: () => ROW_PX, overscan: 12 });
  return (
    <div className="table" role="table" aria-label={t("timeline.title")} aria-rowcount={events.length + 1}>
      <div role="row" className="head" style={COLUMNS}>
        {(["column.time", "timeline.service", "column.what", "column.reason", "column.who"] as const).map((key) => (
          <span role="columnheader" key={key}>
            {t(key)}
          </span>
        ))}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <div ref={host} style={{ height: HEIGHT_PX, overflow: "auto" }} tabIndex={0} role="rowgroup" aria-label={t("timeline.title")}>
        <div style={{ height: rows.getTotalSize(), position: "relative" }} role="presentation">
          {rows.getVirtualItems().map(({ index, start }) => {
            const event = events[index];
            if (event === undefined) return null;
            return (
              <div
                key={event.id}
                role="row"
                aria-rowindex={index + 2}
                style={{ ...COLUMNS, position: "absolute", insetInline: 0, height: ROW_PX, transform: `translateY(${start}px)` }}
              >
                <span role="cell">{time(event.time)}</span>
                <span role="cell" className="clip">
                  {event.source}
                </span>
                <span role="cell" className="clip">
                  <button type="button" className="link" onClick={() => onChoose(event)}>
                    {event.type}
                  </button>
                </span>
                <span role="cell" className="clip">
                  {event.rule ?? event.resources[0]}
                </span>
                <span role="cell" className="clip">
                  {event.actor.split("/").slice(-2).join("/")}
                </span>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
