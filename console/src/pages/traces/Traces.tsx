import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Pagination from "@cloudscape-design/components/pagination";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";
import { useLocation, useSearch } from "wouter";
import { useCall } from "../../api/hooks.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { useLive, useWorld } from "../../live/live.ts";
import { PageLink } from "../../ui/Links.tsx";
import { Present } from "../../ui/Present.tsx";
import { Status } from "../../ui/Status.tsx";
import { Time } from "../../ui/Time.tsx";
import { causeOf, type Summary, verdictOf } from "./shapes.ts";

const MINUTES = ["5", "15", "60", "360", "1440"];
const PAGE = 20;
const EXAMPLES = ["fault", "responsetime > 1", "service() { fault }", 'http.url CONTAINS "/"'];

interface Found {
  readonly TraceSummaries?: readonly Summary[];
  readonly TracesProcessedCount?: number;
}

/** Traces of a time, found by X-Ray's filter expressions; the newest first. */
export function TracesPage() {
  const { t } = useWords();
  const given = new URLSearchParams(useSearch());
  const { clock } = useLive();
  const world = useWorld();
  const [minutes, setMinutes] = useState("360");
  const now = Math.ceil(Math.max(clock?.virtual ?? 0, world.time) / 60_000) * 60_000;
  const to = Number(given.get("to") ?? now + 60_000);
  const from = Number(given.get("from") ?? to - Number(minutes) * 60_000);
  const filter = given.get("filter") ?? "";
  const input = {
    StartTime: new Date(from).toISOString(),
    EndTime: new Date(to).toISOString(),
    ...(filter === "" ? {} : { FilterExpression: filter }),
  };
  const { data, error, isLoading } = useCall<Found>("xray", "GetTraceSummaries", input);
  return (
    <SpaceBetween size="l">
      <Present />
      <Header variant="h1" description={t("traces.what")}>
        {t("traces.title")}
      </Header>
      <Search key={filter} filter={filter} given={given} minutes={minutes} onMinutes={setMinutes} />
      {error !== undefined && <Alert type="error">{error.message}</Alert>}
      <Results items={data?.TraceSummaries ?? []} isLoading={isLoading} scanned={data?.TracesProcessedCount ?? 0} />
    </SpaceBetween>
  );
}

interface SearchProps {
  readonly filter: string;
  readonly given: URLSearchParams;
  readonly minutes: string;
  readonly onMinutes: (minutes: string) => void;
}

function Search({ filter, given, minutes, onMinutes }: SearchProps) {
  const { t } = useWords();
  const [, go] = useLocation();
  const [text, setText] = useState(filter);
  const search = (wanted: string, keepTime: boolean): void => {
    const next = new URLSearchParams(keepTime ? given : undefined);
    if (wanted === "") next.delete("filter");
    else next.set("filter", wanted);
    go(`/traces?${next.toString()}`);
  };
  const isFixed = given.has("from");
  return (
    <Container>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          search(text, true);
        }}
      >
        <Form>
          <SpaceBetween size="s">
            <FormField
              label={t("traces.filter")}
              description={EXAMPLES.map((example, i) => (
                <span key={example}>
                  {i > 0 && " · "}
                  <Button variant="inline-link" formAction="none" onClick={() => search(example, true)}>
                    {example}
                  </Button>
                </span>
              ))}
              secondaryControl={<Button iconName="search">{t("traces.search")}</Button>}
              stretch
            >
              <Input value={text} type="search" spellcheck={false} onChange={({ detail }) => setText(detail.value)} />
            </FormField>
            {isFixed ? (
              <Box>
                <Time at={Number(given.get("from"))} /> – <Time at={Number(given.get("to"))} />{" "}
                <Button variant="inline-link" formAction="none" onClick={() => search(filter, false)}>
                  {t("traces.anyTime")}
                </Button>
              </Box>
            ) : (
              <FormField label={t("signals.minutes")}>
                <Select
                  selectedOption={{ value: minutes, label: `${minutes} min` }}
                  options={MINUTES.map((value) => ({ value, label: `${value} min` }))}
                  onChange={({ detail }) => onMinutes(detail.selectedOption.value ?? "60")}
                />
              </FormField>
            )}
          </SpaceBetween>
        </Form>
      </form>
    </Container>
  );
}

function Results({
  items,
  isLoading,
  scanned,
}: {
  readonly items: readonly Summary[];
  readonly isLoading: boolean;
  readonly scanned: number;
}) {
  const { t, number } = useWords();
  const [page, setPage] = useState(1);
  const ordered = items.toSorted((a, b) => Date.parse(b.StartTime ?? "") - Date.parse(a.StartTime ?? ""));
  const ms = (seconds: number | undefined) => (
    <span className="figure">{seconds === undefined ? "–" : `${number(seconds * 1_000)} ms`}</span>
  );
  return (
    <Table
      header={
        <Header variant="h2" counter={`(${items.length})`} description={t("traces.scanned", { count: scanned })}>
          {t("traces.found")}
        </Header>
      }
      ariaLabels={{ tableLabel: t("traces.found") }}
      loading={isLoading}
      loadingText={t("app.loading")}
      items={ordered.slice((page - 1) * PAGE, page * PAGE)}
      pagination={
        <Pagination
          currentPageIndex={page}
          pagesCount={Math.max(1, Math.ceil(items.length / PAGE))}
          ariaLabels={{ nextPageLabel: t("page.next"), previousPageLabel: t("page.previous"), pageLabel: (n) => t("page.number", { n }) }}
          onChange={({ detail }) => setPage(detail.currentPageIndex)}
        />
      }
      trackBy="Id"
      empty={<Box>{t("traces.empty")}</Box>}
      wrapLines
      columnDefinitions={[
        {
          id: "request",
          header: t("traces.request"),
          isRowHeader: true,
          cell: ({ Id, Http, EntryPoint }) => (
            <PageLink to={`/traces/${Id}`}>
              {`${Http?.HttpMethod ?? ""} ${pathOf(Http?.HttpURL) ?? EntryPoint?.Name ?? Id}`.trim()}
            </PageLink>
          ),
        },
        {
          id: "status",
          header: t("column.status"),
          cell: ({ HasFault, HasError, HasThrottle, Http }) => (
            <>
              <Status status={verdictOf({ fault: HasFault, error: HasError, throttle: HasThrottle })} /> {Http?.HttpStatus ?? ""}
            </>
          ),
        },
        { id: "time", header: t("column.started"), cell: ({ StartTime }) => <Time at={Date.parse(StartTime ?? "")} /> },
        { id: "response", header: t("traces.response"), cell: ({ ResponseTime }) => ms(ResponseTime) },
        {
          id: "cause",
          header: t("traces.cause"),
          cell: (summary) => {
            const cause = causeOf(summary);
            return cause === undefined ? "–" : `${cause.service}${cause.message === "" ? "" : `: ${cause.message}`}`;
          },
        },
        { id: "id", header: "Id", cell: ({ Id }) => <span className="mono">{Id}</span> },
      ]}
    />
  );
}

export function pathOf(url: string | undefined): string | undefined {
  return url?.replace(/^https?:\/\/[^/]*/, "") || url;
}
