import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { cliCommand } from "../../api/cli.ts";
import { useCommand } from "../../api/commands.tsx";
import { useAction } from "../../api/hooks.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { useLive } from "../../live/live.ts";
import { Code } from "../../ui/Code.tsx";
import type { Trial } from "./kinds.ts";

const pretty = (value: unknown): string => JSON.stringify(value, null, 2);

function parsed(text: string): { readonly input?: object; readonly bad?: string } {
  try {
    return { input: JSON.parse(text) as object };
  } catch (error) {
    return { bad: error instanceof Error ? error.message : "" };
  }
}

/** Any of a resource's operations, with its input to change and its answer as it comes. */
export function Try({ name, trials }: { readonly name: string; readonly trials: readonly Trial[] }) {
  const { t } = useWords();
  const { at } = useLive();
  const [chosen, setChosen] = useState(trials[0]);
  const [text, setText] = useState(pretty(trials[0]?.input));
  const act = useAction(chosen?.service ?? "", chosen?.operation ?? "");
  const { input, bad } = parsed(text);
  useCommand(cliCommand(chosen?.service ?? "", chosen?.operation ?? "", input ?? {}));
  if (chosen === undefined) return null;
  return (
    <Container header={<Header variant="h2">{`${t("resources.try")}: ${name}`}</Header>}>
      <SpaceBetween size="m">
        <FormField label={t("resources.operation")}>
          <Select
            selectedOption={{ value: chosen.operation, label: chosen.operation }}
            options={trials.map(({ operation }) => ({ value: operation, label: operation }))}
            onChange={({ detail }) => {
              const next = trials.find(({ operation }) => operation === detail.selectedOption.value) ?? chosen;
              setChosen(next);
              setText(pretty(next.input));
              act.reset();
            }}
          />
        </FormField>
        <FormField label={t("resources.input")} errorText={bad === undefined ? undefined : t("resources.bad", { message: bad })}>
          <Textarea value={text} rows={6} spellcheck={false} onChange={({ detail }) => setText(detail.value)} />
        </FormField>
        <Button
          variant="primary"
          disabled={input === undefined || at !== undefined}
          loading={act.isPending}
          onClick={() => act.mutate(input ?? {})}
        >
          {t("resources.send")}
        </Button>
        {act.error !== null && <Alert type="error">{act.error.message}</Alert>}
        {act.data !== undefined && <Code label={t("resources.answer")} text={pretty(act.data)} />}
      </SpaceBetween>
    </Container>
  );
}
