import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { useAction, useCall } from "../../../api/hooks.ts";
import { useWords } from "../../../i18n/i18n.tsx";
import { Do, type PanelProps, Refusals } from "./Asked.tsx";

interface Subscribed {
  readonly Subscriptions?: readonly { readonly SubscriptionArn: string; readonly Protocol: string; readonly Endpoint: string }[];
}

/** `a=1, b=2` as text attributes. */
function attributesOf(text: string): object | undefined {
  const entries = text.split(",").flatMap((part) => {
    const [key = "", ...value] = part.split("=");
    return key.trim() === "" ? [] : [[key.trim(), { DataType: "String", StringValue: value.join("=").trim() }]];
  });
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as object);
}

/** A topic: who gets its messages, and one to send. */
export function TopicPanel({ name: TopicArn }: PanelProps) {
  const { t } = useWords();
  const [subject, setSubject] = useState("");
  const [message, setMessage] = useState("");
  const [attributes, setAttributes] = useState("");
  const { data, error } = useCall<Subscribed>("sns", "ListSubscriptionsByTopic", { TopicArn });
  const publish = useAction("sns", "Publish");
  const MessageAttributes = attributesOf(attributes);
  const input = {
    TopicArn,
    Message: message,
    ...(subject === "" ? {} : { Subject: subject }),
    ...(MessageAttributes === undefined ? {} : { MessageAttributes }),
  };
  const id = (publish.data as { MessageId?: string } | undefined)?.MessageId;
  return (
    <SpaceBetween size="m">
      <Refusals of={[error, publish.error]} />
      <Table
        header={<Header variant="h2">{t("panel.subscriptions")}</Header>}
        ariaLabels={{ tableLabel: t("panel.subscriptions") }}
        items={[...(data?.Subscriptions ?? [])]}
        wrapLines
        empty={<Box>{t("resources.empty")}</Box>}
        columnDefinitions={[
          { id: "endpoint", header: t("panel.endpoint"), cell: ({ Endpoint }) => Endpoint, isRowHeader: true },
          { id: "protocol", header: t("panel.protocol"), cell: ({ Protocol }) => Protocol },
          { id: "arn", header: "ARN", cell: ({ SubscriptionArn }) => SubscriptionArn },
        ]}
      />
      <FormField label={t("panel.subject")}>
        <Input value={subject} onChange={({ detail }) => setSubject(detail.value)} />
      </FormField>
      <FormField label={t("panel.body")} stretch>
        <Textarea value={message} rows={3} onChange={({ detail }) => setMessage(detail.value)} />
      </FormField>
      <FormField label={t("panel.attributes")}>
        <Input value={attributes} placeholder="kind=order, priority=high" onChange={({ detail }) => setAttributes(detail.value)} />
      </FormField>
      <Do action={publish} input={input} text={t("panel.publish")} primary disabled={message === ""} />
      {id !== undefined && <Box>{t("panel.sent", { id })}</Box>}
    </SpaceBetween>
  );
}
