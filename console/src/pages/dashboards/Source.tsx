import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { cliCommand } from "../../api/cli.ts";
import { useCommand } from "../../api/commands.tsx";
import { useAction } from "../../api/hooks.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { useLive } from "../../live/live.ts";

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** A dashboard's body to change; PutDashboard says what is wrong with it. */
export function Source({ name, text }: { readonly name: string; readonly text: string }) {
  const { t } = useWords();
  const { at } = useLive();
  const [body, setBody] = useState(pretty(text));
  const put = useAction("cloudwatch", "PutDashboard");
  useCommand(cliCommand("cloudwatch", "PutDashboard", { DashboardName: name, DashboardBody: "file://dashboard.json" }));
  const messages =
    (put.data as { DashboardValidationMessages?: { DataPath: string; Message: string }[] } | undefined)?.DashboardValidationMessages ?? [];
  return (
    <Container>
      <SpaceBetween size="s">
        <FormField label={t("dashboards.source")} stretch>
          <Textarea value={body} rows={16} spellcheck={false} onChange={({ detail }) => setBody(detail.value)} />
        </FormField>
        {put.error !== null && (
          <Alert type="error">
            <span className="pre">{put.error.message}</span>
          </Alert>
        )}
        {messages.length > 0 && (
          <Alert type="warning">{messages.map(({ DataPath, Message }) => `${DataPath}: ${Message}`).join("; ")}</Alert>
        )}
        <Button
          variant="primary"
          disabled={at !== undefined}
          loading={put.isPending}
          onClick={() => put.mutate({ DashboardName: name, DashboardBody: body })}
        >
          {t("dashboards.save")}
        </Button>
      </SpaceBetween>
    </Container>
  );
}
