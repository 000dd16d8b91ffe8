import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useAction } from "../../../api/hooks.ts";
import { useWords } from "../../../i18n/i18n.tsx";
import { Code } from "../../../ui/Code.tsx";
import type { Properties } from "../body.ts";
import type { Range } from "../data.ts";
import { Text } from "./Text.tsx";
import { Message } from "./Widget.tsx";

interface Props {
  readonly properties: Properties;
  readonly range: Range;
  readonly dashboard: string;
}

const encoded = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** What a function answers, after somebody has allowed it to be called, as CloudWatch asks too. Its HTML is shown as text. */
export function Custom({ properties, range, dashboard }: Props) {
  const { t } = useWords();
  const endpoint = String(properties["endpoint"] ?? "");
  const invoke = useAction("lambda", "Invoke");
  const widgetContext = {
    dashboardName: dashboard,
    title: properties["title"],
    timeRange: { mode: "relative", start: range.from, end: range.to },
    params: properties["params"],
  };
  const event = { ...(properties["params"] as object | undefined), widgetContext };
  const ask = (): void => invoke.mutate({ FunctionName: endpoint, Payload: encoded(JSON.stringify(event)) });
  if (invoke.error !== null) return <Message text={invoke.error.message} isError />;
  if (invoke.data !== undefined) return <Answer payload={(invoke.data as { Payload?: string }).Payload ?? ""} />;
  return (
    <SpaceBetween size="s">
      <Box>{t("dashboards.consent", { name: endpoint })}</Box>
      <Button loading={invoke.isPending} onClick={ask}>
        {t("dashboards.allow")}
      </Button>
    </SpaceBetween>
  );
}

function Answer({ payload }: { readonly payload: string }) {
  const text = new TextDecoder().decode(Uint8Array.from(atob(payload), (byte) => byte.charCodeAt(0)));
  let answer: unknown = text;
  try {
    answer = JSON.parse(text);
  } catch {
    // Shown as it came.
  }
  const markdown = (answer as { readonly markdown?: unknown } | null)?.markdown;
  if (typeof markdown === "string") return <Text markdown={markdown} />;
  return <Code label="JSON" text={typeof answer === "string" ? answer : JSON.stringify(answer, null, 2)} />;
}
