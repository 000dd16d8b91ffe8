import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { useAction, useCall } from "../../../api/hooks.ts";
import { useWords } from "../../../i18n/i18n.tsx";
import { Do, type PanelProps, Refusals } from "./Asked.tsx";

interface Message {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly Attributes?: Readonly<Record<string, string>>;
}

/** A queue: how full it is, what is in it, and back to where its messages came from. */
export function QueuePanel({ name: QueueUrl }: PanelProps) {
  const { t } = useWords();
  const { data, error } = useCall<{ Attributes?: Readonly<Record<string, string>> }>("sqs", "GetQueueAttributes", {
    QueueUrl,
    AttributeNames: ["All"],
  });
  const receive = useAction("sqs", "ReceiveMessage");
  const remove = useAction("sqs", "DeleteMessage");
  const purge = useAction("sqs", "PurgeQueue");
  const redrive = useAction("sqs", "StartMessageMoveTask");
  const attributes = data?.Attributes ?? {};
  const isFifo = QueueUrl.endsWith(".fifo");
  const messages = (receive.data as { Messages?: readonly Message[] } | undefined)?.Messages ?? [];
  const poll = { QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 30, MessageSystemAttributeNames: ["All"] };
  return (
    <SpaceBetween size="m">
      <Container header={<Header variant="h2">{QueueUrl.split("/").at(-1)}</Header>}>
        <KeyValuePairs
          columns={4}
          items={[
            { label: t("panel.visible"), value: attributes["ApproximateNumberOfMessages"] ?? "–" },
            { label: t("panel.inFlight"), value: attributes["ApproximateNumberOfMessagesNotVisible"] ?? "–" },
            { label: t("panel.delayed"), value: attributes["ApproximateNumberOfMessagesDelayed"] ?? "–" },
            { label: t("panel.deadLetters"), value: attributes["RedrivePolicy"] ?? "–" },
          ]}
        />
      </Container>
      <Send queue={QueueUrl} isFifo={isFifo} />
      <Refusals of={[error, receive.error, remove.error, purge.error, redrive.error]} />
      <SpaceBetween direction="horizontal" size="xs">
        <Do action={receive} input={poll} text={t("panel.poll")} primary />
        <Do action={purge} input={{ QueueUrl }} text={t("panel.purge")} />
        <Do action={redrive} input={{ SourceArn: attributes["QueueArn"] }} text={t("panel.redrive")} />
      </SpaceBetween>
      <Table
        ariaLabels={{ tableLabel: t("panel.messages") }}
        header={<Header variant="h3">{t("panel.messages")}</Header>}
        items={[...messages]}
        wrapLines
        empty={<Box>{t("panel.nothingReceived")}</Box>}
        columnDefinitions={[
          {
            id: "id",
            header: t("panel.message"),
            cell: ({ MessageId }) => <span className="mono">{MessageId.slice(0, 8)}</span>,
            isRowHeader: true,
          },
          { id: "body", header: t("panel.body"), cell: ({ Body }) => <span className="cell">{Body}</span> },
          { id: "times", header: t("panel.received"), cell: ({ Attributes }) => Attributes?.["ApproximateReceiveCount"] ?? "–" },
          {
            id: "delete",
            header: t("dashboards.delete"),
            cell: ({ ReceiptHandle, MessageId }) => (
              <Do
                action={remove}
                input={{ QueueUrl, ReceiptHandle }}
                text={t("dashboards.delete")}
                label={`${t("dashboards.delete")} ${MessageId}`}
              />
            ),
          },
        ]}
      />
    </SpaceBetween>
  );
}

function Send({ queue: QueueUrl, isFifo }: { readonly queue: string; readonly isFifo: boolean }) {
  const { t } = useWords();
  const [body, setBody] = useState("");
  const [group, setGroup] = useState("default");
  const send = useAction("sqs", "SendMessage");
  const input = { QueueUrl, MessageBody: body, ...(isFifo ? { MessageGroupId: group, MessageDeduplicationId: crypto.randomUUID() } : {}) };
  const id = (send.data as { MessageId?: string } | undefined)?.MessageId;
  return (
    <SpaceBetween size="s">
      <FormField label={t("panel.body")} stretch>
        <Textarea value={body} rows={3} onChange={({ detail }) => setBody(detail.value)} />
      </FormField>
      {isFifo && (
        <FormField label={t("panel.group")}>
          <Input value={group} onChange={({ detail }) => setGroup(detail.value)} />
        </FormField>
      )}
      <SpaceBetween direction="horizontal" size="xs">
        <Do action={send} input={input} text={t("panel.sendMessage")} disabled={body === ""} />
        {id !== undefined && <Box>{t("panel.sent", { id })}</Box>}
      </SpaceBetween>
      <Refusals of={[send.error]} />
    </SpaceBetween>
  );
}
