import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Textarea from "@cloudscape-design/components/textarea";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ENDPOINT } from "../../../api/client.ts";
import { useCommand } from "../../../api/commands.tsx";
import { useCall } from "../../../api/hooks.ts";
import { useWords } from "../../../i18n/i18n.tsx";
import { useLive } from "../../../live/live.ts";
import { Code } from "../../../ui/Code.tsx";
import { PageLink } from "../../../ui/Links.tsx";
import { type PanelProps, Refusals } from "./Asked.tsx";

interface Routes {
  readonly Items?: readonly {
    readonly RouteId: string;
    readonly RouteKey: string;
    readonly Target?: string;
    readonly AuthorizationType?: string;
  }[];
}
interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: string;
  readonly body: string;
}
interface Answer {
  readonly status: number;
  readonly text: string;
  readonly ms: number;
  readonly headers: string;
  readonly trace: string;
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
const MOST_TEXT = 100_000;

/** Asks as any client would, and measures what it takes. */
async function ask(api: string, { method, path, headers, body }: Request): Promise<Answer> {
  const lines = headers.split("\n").filter((line) => line.includes(":"));
  const sent = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(":")).trim(), line.slice(line.indexOf(":") + 1).trim()]));
  // Sampled whatever the rules say, so that there is a trace to look at.
  const trace = `1-${Math.floor(Date.now() / 1_000).toString(16)}-${crypto.randomUUID().replaceAll("-", "").slice(0, 24)}`;
  const began = performance.now();
  const hasBody = method !== "GET" && method !== "HEAD" && body !== "";
  const response = await fetch(`/_apigw/${api}${path.startsWith("/") ? path : `/${path}`}`, {
    method,
    headers: { "x-amzn-trace-id": `Root=${trace};Sampled=1`, ...sent },
    ...(hasBody ? { body } : {}),
  });
  const text = await response.text();
  const told = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  return { status: response.status, text: text.slice(0, MOST_TEXT), ms: performance.now() - began, headers: told, trace };
}

/** An API: its routes, and a request to it. */
export function ApiPanel({ name: ApiId }: PanelProps) {
  const { t } = useWords();
  const { data, error } = useCall<Routes>("apigatewayv2", "GetRoutes", { ApiId });
  const [request, setRequest] = useState<Request>({ method: "GET", path: "/", headers: "content-type: application/json", body: "" });
  return (
    <SpaceBetween size="m">
      <Refusals of={[error]} />
      <Table
        header={<Header variant="h2">{t("panel.routes")}</Header>}
        ariaLabels={{ tableLabel: t("panel.routes") }}
        items={[...(data?.Items ?? [])]}
        columnDefinitions={[
          {
            id: "key",
            header: t("panel.route"),
            isRowHeader: true,
            cell: ({ RouteKey }) => {
              const [method = "GET", path = "/"] = RouteKey.split(" ");
              return (
                <Button
                  variant="inline-link"
                  onClick={() => setRequest({ ...request, method: method === "ANY" || method.startsWith("$") ? "GET" : method, path })}
                >
                  {RouteKey}
                </Button>
              );
            },
          },
          { id: "target", header: t("panel.target"), cell: ({ Target }) => Target ?? "–" },
          { id: "auth", header: t("panel.auth"), cell: ({ AuthorizationType }) => AuthorizationType ?? "NONE" },
        ]}
      />
      <Ask api={ApiId} request={request} onChange={setRequest} />
    </SpaceBetween>
  );
}

function Ask({ api, request, onChange }: { readonly api: string; readonly request: Request; onChange(request: Request): void }) {
  const { t } = useWords();
  const { at } = useLive();
  const { method, path, headers, body } = request;
  const send = useMutation({ mutationFn: () => ask(api, request) });
  useCommand(`curl -i -X ${method} ${ENDPOINT}/_apigw/${api}${path}`);
  return (
    <Container header={<Header variant="h2">{t("resources.try")}</Header>}>
      <SpaceBetween size="m">
        <Grid gridDefinition={[{ colspan: 3 }, { colspan: 9 }]}>
          <FormField label={t("panel.method")}>
            <Select
              selectedOption={{ value: method, label: method }}
              options={METHODS.map((value) => ({ value, label: value }))}
              onChange={({ detail }) => onChange({ ...request, method: detail.selectedOption.value ?? "GET" })}
            />
          </FormField>
          <FormField label={t("panel.path")} stretch>
            <Input value={path} onChange={({ detail }) => onChange({ ...request, path: detail.value })} />
          </FormField>
        </Grid>
        <FormField label={t("panel.headers")} stretch>
          <Textarea
            value={headers}
            rows={2}
            spellcheck={false}
            onChange={({ detail }) => onChange({ ...request, headers: detail.value })}
          />
        </FormField>
        <FormField label={t("panel.body")} stretch>
          <Textarea value={body} rows={4} spellcheck={false} onChange={({ detail }) => onChange({ ...request, body: detail.value })} />
        </FormField>
        <Button variant="primary" disabled={at !== undefined} loading={send.isPending} onClick={() => send.mutate()}>
          {t("resources.send")}
        </Button>
        <Refusals of={[send.error]} />
        {send.data !== undefined && <Answered answer={send.data} />}
      </SpaceBetween>
    </Container>
  );
}

function Answered({ answer: { status, text, ms, headers, trace } }: { readonly answer: Answer }) {
  const { t, number } = useWords();
  return (
    <Alert type={status < 400 ? "success" : "error"} header={`${status} · ${number(Math.round(ms))} ms`}>
      <SpaceBetween size="s">
        <PageLink to={`/traces/${trace}`}>{t("panel.trace")}</PageLink>
        <Code label={t("resources.answer")} text={text} />
        <Code label={t("panel.headers")} text={headers} />
      </SpaceBetween>
    </Alert>
  );
}
