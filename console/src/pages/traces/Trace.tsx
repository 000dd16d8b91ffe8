import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { useState } from "react";
import { useCall } from "../../api/hooks.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { Code } from "../../ui/Code.tsx";
import { Id } from "../../ui/Id.tsx";
import { LogView } from "../../ui/LogView.tsx";
import { Status } from "../../ui/Status.tsx";
import { Time } from "../../ui/Time.tsx";
import { ServiceGraph, type Services } from "./ServiceGraph.tsx";
import { type Part, type Row, rowsOf, verdictOf } from "./shapes.ts";

interface Got {
  readonly Traces?: readonly {
    readonly Id: string;
    readonly Duration?: number;
    readonly Segments?: readonly { readonly Document: string }[];
  }[];
}

/** One request through everything that it touched: what failed first, the waterfall, the map, and the logs of the functions. */
export function TracePage({ params: { id = "" } }: { readonly params: Readonly<Record<string, string | undefined>> }) {
  const { t } = useWords();
  const { data, isLoading } = useCall<Got>("xray", "BatchGetTraces", { TraceIds: [id] });
  const graph = useCall<Services>("xray", "GetTraceGraph", { TraceIds: [id] });
  const segments = (data?.Traces?.[0]?.Segments ?? []).map(({ Document }) => JSON.parse(Document) as Part);
  if (isLoading) return <Spinner size="large" />;
  if (segments.length === 0) return <Alert type="info">{t("traces.gone")}</Alert>;
  const rows = rowsOf(segments);
  return (
    <SpaceBetween size="l">
      <Header variant="h1" description={<Id value={id} />}>
        {t("traces.of")}
      </Header>
      <Answer rows={rows} duration={data?.Traces?.[0]?.Duration ?? 0} />
      <Waterfall rows={rows} />
      <Container header={<Header variant="h2">{t("traces.map")}</Header>}>
        <ServiceGraph services={graph.data?.Services ?? []} height={300} />
      </Container>
      <Logs segments={segments} />
    </SpaceBetween>
  );
}

function exceptionOf({ cause }: Part): string | undefined {
  const thrown = typeof cause === "object" ? cause.exceptions?.[0] : undefined;
  return thrown === undefined ? undefined : [thrown.type, thrown.message].filter(Boolean).join(": ");
}

function Answer({ rows, duration }: { readonly rows: readonly Row[]; readonly duration: number }) {
  const { t, number } = useWords();
  const root = rows[0]?.part;
  const failing =
    rows.toReversed().find(({ part }) => exceptionOf(part) !== undefined) ?? rows.toReversed().find(({ part }) => part.fault === true);
  return (
    <SpaceBetween size="m">
      {failing !== undefined && (
        <Alert type="error" header={t("traces.began", { name: failing.part.name })}>
          {exceptionOf(failing.part) ?? ""}
        </Alert>
      )}
      <Container>
        <KeyValuePairs
          columns={4}
          items={[
            { label: t("column.status"), value: <Status status={verdictOf(root ?? {})} /> },
            { label: t("traces.request"), value: `${root?.http?.request?.method ?? ""} ${root?.http?.request?.url ?? root?.name ?? ""}` },
            { label: t("column.started"), value: <Time at={(root?.start_time ?? 0) * 1_000} /> },
            { label: t("traces.duration"), value: `${number(duration * 1_000)} ms` },
          ]}
        />
      </Container>
    </SpaceBetween>
  );
}

function what({ aws, http }: Part): string {
  const on = aws?.table_name ?? aws?.bucket_name ?? aws?.queue_url ?? aws?.function_name;
  return [aws?.operation, on, http?.response?.status].filter((text) => text !== undefined).join(" · ");
}

function Waterfall({ rows }: { readonly rows: readonly Row[] }) {
  const { t, number } = useWords();
  const [chosen, setChosen] = useState<string | undefined>(undefined);
  const start = Math.min(...rows.map(({ part }) => part.start_time));
  const end = Math.max(...rows.map(({ part }) => part.end_time ?? part.start_time));
  const whole = Math.max(end - start, 1e-6);
  const detail = rows.find(({ part }) => part.id === chosen)?.part;
  return (
    <Container header={<Header variant="h2">{t("traces.waterfall")}</Header>}>
      <table className="waterfall" aria-label={t("traces.waterfall")}>
        <tbody>
          {rows.map(({ part, depth, isSegment }) => {
            const took = ((part.end_time ?? part.start_time) - part.start_time) * 1_000;
            const left = ((part.start_time - start) / whole) * 100;
            const verdict = verdictOf(part);
            return (
              <tr key={part.id} className={isSegment ? "segment" : ""}>
                <th scope="row" style={{ paddingInlineStart: depth * 14 }}>
                  <span className="clip">
                    <button type="button" className="link" onClick={() => setChosen(part.id === chosen ? undefined : part.id)}>
                      {part.name}
                    </button>{" "}
                    <span className="quiet">{isSegment ? part.origin : what(part)}</span>
                  </span>
                </th>
                <td>{verdict === "OK" ? "" : <Status status={verdict} />}</td>
                <td className="figure">{`${number(took)} ms`}</td>
                <td className="lane">
                  <span
                    className={`bar ${verdict.toLowerCase()} ${isSegment ? "" : "part"}`}
                    style={{ insetInlineStart: `${Math.min(left, 99.6)}%`, inlineSize: `${Math.max((took / whole / 1_000) * 100, 0.4)}%` }}
                  />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {detail !== undefined && <Code label={detail.name} text={JSON.stringify({ ...detail, subsegments: undefined }, null, 2)} />}
    </Container>
  );
}

interface Events {
  readonly events?: readonly { readonly message?: string; readonly timestamp?: number; readonly eventId?: string }[];
}

/** What the functions of the trace wrote in its time, by request id. */
function Logs({ segments }: { readonly segments: readonly Part[] }) {
  const { t } = useWords();
  const sources = segments.flatMap((segment) => {
    const group = segment.aws?.cloudwatch_logs?.[0]?.log_group;
    const request = segment.aws?.request_id;
    return group === undefined || request === undefined
      ? []
      : [{ group, request, from: segment.start_time, to: segment.end_time ?? segment.start_time }];
  });
  if (sources.length === 0) return null;
  return (
    <Container header={<Header variant="h2">{t("traces.logs")}</Header>}>
      <SpaceBetween size="m">
        {sources.map((source) => (
          <LogsOf key={`${source.group} ${source.request}`} {...source} />
        ))}
      </SpaceBetween>
    </Container>
  );
}

interface LogsOfProps {
  readonly group: string;
  readonly request: string;
  /** Seconds. */
  readonly from: number;
  readonly to: number;
}

function LogsOf({ group, request, from, to }: LogsOfProps) {
  const { t } = useWords();
  const { data } = useCall<Events>("cloudwatch-logs", "FilterLogEvents", {
    logGroupName: group,
    filterPattern: `"${request}"`,
    startTime: Math.floor(from * 1_000) - 60_000,
    endTime: Math.ceil(to * 1_000) + 60_000,
  });
  const lines = (data?.events ?? []).map(({ message = "" }) => message);
  return (
    <SpaceBetween size="xs">
      <Box fontWeight="bold">{group}</Box>
      {lines.length === 0 ? <Box>{t("logs.none")}</Box> : <LogView label={`${t("traces.logs")} ${group}`} lines={lines} />}
    </SpaceBetween>
  );
}
