import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { cliCommand } from "../../api/cli.ts";
import { useCommand } from "../../api/commands.tsx";
import { useAction, usePages } from "../../api/hooks.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { useLive } from "../../live/live.ts";
import { PageLink } from "../../ui/Links.tsx";
import { LogView } from "../../ui/LogView.tsx";
import { Present } from "../../ui/Present.tsx";
import { Detail } from "./Detail.tsx";

interface Listed {
  readonly Functions?: readonly {
    readonly FunctionName: string;
    readonly Runtime?: string;
    readonly MemorySize?: number;
    readonly LoggingConfig?: { readonly LogGroup?: string };
  }[];
}
interface Invoked {
  readonly StatusCode?: number;
  readonly FunctionError?: string;
  readonly Payload?: string;
  readonly LogResult?: string;
}

/** The functions, and one of them to try. */
export function FunctionsPage({ params: { name } }: { readonly params: Readonly<Record<string, string | undefined>> }) {
  const { t } = useWords();
  const { data } = usePages<Listed>("lambda", "ListFunctions", {});
  const items = (data ?? []).flatMap(({ Functions = [] }) => Functions);
  return (
    <SpaceBetween size="l">
      <Present />
      <Table
        header={
          <Header variant="h1" counter={`(${items.length})`}>
            {t("functions.title")}
          </Header>
        }
        ariaLabels={{ tableLabel: t("functions.title") }}
        items={items}
        empty={<Box>{t("functions.empty")}</Box>}
        columnDefinitions={[
          {
            id: "name",
            header: t("column.name"),
            cell: ({ FunctionName: id }) => <PageLink to={`/functions/${encodeURIComponent(id)}`}>{id}</PageLink>,
            isRowHeader: true,
          },
          { id: "runtime", header: t("functions.runtime"), cell: ({ Runtime }) => Runtime ?? "–" },
          { id: "memory", header: t("functions.memory"), cell: ({ MemorySize }) => `${MemorySize ?? 0} MB` },
          {
            id: "logs",
            header: t("nav.logs"),
            cell: ({ FunctionName: id, LoggingConfig }) => (
              <PageLink to={`/logs/${encodeURIComponent(LoggingConfig?.LogGroup ?? `/aws/lambda/${id}`)}`}>{t("nav.logs")}</PageLink>
            ),
          },
        ]}
      />
      {name !== undefined && <Try key={name} name={name} />}
      {name !== undefined && <Detail key={`${name} detail`} name={name} />}
    </SpaceBetween>
  );
}

const utf8 = (base64: string): string => new TextDecoder().decode(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** What services send, to begin with. */
const EVENTS: Readonly<Record<string, object>> = {
  "HTTP API": {
    version: "2.0",
    routeKey: "GET /",
    rawPath: "/",
    rawQueryString: "",
    headers: { host: "example.com" },
    requestContext: { http: { method: "GET", path: "/", sourceIp: "127.0.0.1" }, stage: "$default" },
    isBase64Encoded: false,
  },
  SQS: { Records: [{ messageId: "1", receiptHandle: "r", body: "hello", attributes: {}, messageAttributes: {}, eventSource: "aws:sqs" }] },
  SNS: {
    Records: [{ EventSource: "aws:sns", Sns: { Message: "hello", Subject: null, TopicArn: "arn:aws:sns:us-east-1:000000000000:t" } }],
  },
  EventBridge: {
    version: "0",
    id: "1",
    "detail-type": "Tried",
    source: "my.app",
    account: "000000000000",
    region: "us-east-1",
    resources: [],
    detail: {},
  },
  S3: {
    Records: [{ eventSource: "aws:s3", eventName: "ObjectCreated:Put", s3: { bucket: { name: "b" }, object: { key: "k", size: 1 } } }],
  },
};

function Try({ name }: { readonly name: string }) {
  const { t } = useWords();
  const { at } = useLive();
  const [payload, setPayload] = useState("{}");
  const invoke = useAction("lambda", "Invoke");
  useCommand(cliCommand("lambda", "Invoke", { FunctionName: name, Payload: payload, LogType: "Tail" }).concat(" out.json"));
  const answer = invoke.data as Invoked | undefined;
  return (
    <Container header={<Header variant="h2">{`${t("functions.try")}: ${name}`}</Header>}>
      <SpaceBetween size="m">
        <Select
          ariaLabel={t("functions.templates")}
          selectedOption={null}
          placeholder={t("functions.templates")}
          options={Object.keys(EVENTS).map((value) => ({ value, label: value }))}
          onChange={({ detail }) => setPayload(JSON.stringify(EVENTS[detail.selectedOption.value ?? ""] ?? {}, null, 2))}
        />
        <FormField label={t("functions.payload")}>
          <Textarea value={payload} rows={4} spellcheck={false} onChange={({ detail }) => setPayload(detail.value)} />
        </FormField>
        <Button
          variant="primary"
          disabled={at !== undefined}
          loading={invoke.isPending}
          onClick={() => invoke.mutate({ FunctionName: name, Payload: base64(payload), LogType: "Tail" })}
        >
          {t("functions.invoke")}
        </Button>
        {invoke.error !== null && <Alert type="error">{invoke.error.message}</Alert>}
        {answer !== undefined && (
          <Alert
            type={answer.FunctionError === undefined ? "success" : "error"}
            header={`${t("functions.answer")}: ${answer.FunctionError ?? answer.StatusCode ?? ""}`}
          >
            <LogView
              lines={[utf8(answer.Payload ?? ""), ...(answer.LogResult === undefined ? [] : utf8(answer.LogResult).split("\n"))]}
              label={t("functions.answer")}
            />
          </Alert>
        )}
      </SpaceBetween>
    </Container>
  );
}
