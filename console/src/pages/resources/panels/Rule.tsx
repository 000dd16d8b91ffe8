import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { useAction, useCall } from "../../../api/hooks.ts";
import { useWords } from "../../../i18n/i18n.tsx";
import { Code } from "../../../ui/Code.tsx";
import { Do, type PanelProps, Refusals } from "./Asked.tsx";

interface Described {
  readonly EventPattern?: string;
  readonly ScheduleExpression?: string;
  readonly State?: string;
}
interface Targets {
  readonly Targets?: readonly { readonly Id: string; readonly Arn: string }[];
}

const EVENT = {
  id: "1",
  "detail-type": "Tried",
  source: "my.app",
  account: "000000000000",
  time: "2026-01-01T00:00:00Z",
  region: "us-east-1",
  resources: [],
  detail: {},
};

const pretty = (text: string): string => JSON.stringify(JSON.parse(text), null, 2);

interface Event {
  readonly source?: string;
  readonly "detail-type"?: string;
  readonly detail?: unknown;
  readonly resources?: readonly string[];
}

function eventOf(text: string): Event | undefined {
  try {
    return JSON.parse(text) as Event;
  } catch {
    return undefined;
  }
}

/** A rule: what it matches and where that goes, and an event to hold against it or to put on the bus. */
export function RulePanel({ name: Name }: PanelProps) {
  const { t } = useWords();
  const [text, setText] = useState(JSON.stringify(EVENT, null, 2));
  const { data, error } = useCall<Described>("eventbridge", "DescribeRule", { Name });
  const { data: targets } = useCall<Targets>("eventbridge", "ListTargetsByRule", { Rule: Name });
  const test = useAction("eventbridge", "TestEventPattern");
  const put = useAction("eventbridge", "PutEvents");
  const event = eventOf(text);
  const entry = {
    Source: event?.source,
    DetailType: event?.["detail-type"],
    Detail: JSON.stringify(event?.detail ?? {}),
    Resources: event?.resources,
  };
  const matches = (test.data as { Result?: boolean } | undefined)?.Result;
  return (
    <SpaceBetween size="m">
      <Refusals of={[error, test.error, put.error]} />
      <Container
        header={
          <Header
            variant="h2"
            description={<StatusIndicator type={data?.State === "DISABLED" ? "stopped" : "success"}>{data?.State ?? ""}</StatusIndicator>}
          >
            {Name}
          </Header>
        }
      >
        {data?.EventPattern === undefined ? (
          <Box>{data?.ScheduleExpression}</Box>
        ) : (
          <Code label={t("panel.pattern")} text={pretty(data.EventPattern)} />
        )}
      </Container>
      <Table
        header={<Header variant="h3">{t("panel.targets")}</Header>}
        ariaLabels={{ tableLabel: t("panel.targets") }}
        items={[...(targets?.Targets ?? [])]}
        columnDefinitions={[
          { id: "id", header: t("column.name"), cell: ({ Id }) => Id, isRowHeader: true },
          { id: "arn", header: "ARN", cell: ({ Arn }) => Arn },
        ]}
      />
      <FormField label={t("panel.event")} errorText={event === undefined ? t("resources.bad", { message: "" }) : undefined} stretch>
        <Textarea value={text} rows={12} spellcheck={false} onChange={({ detail }) => setText(detail.value)} />
      </FormField>
      <SpaceBetween direction="horizontal" size="xs">
        <Do
          action={test}
          input={{ EventPattern: data?.EventPattern, Event: text }}
          text={t("panel.test")}
          disabled={data?.EventPattern === undefined || event === undefined}
        />
        <Do action={put} input={{ Entries: [entry] }} text={t("panel.putEvent")} primary disabled={event === undefined} />
      </SpaceBetween>
      {matches !== undefined && <Alert type={matches ? "success" : "warning"}>{t(matches ? "panel.matches" : "panel.matchesNot")}</Alert>}
      {put.data !== undefined && (
        <Box>{t("panel.sent", { id: (put.data as { Entries?: { EventId?: string }[] }).Entries?.[0]?.EventId ?? "" })}</Box>
      )}
    </SpaceBetween>
  );
}
