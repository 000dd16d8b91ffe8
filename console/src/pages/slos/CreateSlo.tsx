import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { cliCommand } from "../../api/cli.ts";
import { useCommand } from "../../api/commands.tsx";
import { useAction, useCall } from "../../api/hooks.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { type KeyAttributes, nameOf, type ServiceSummary } from "./shapes.ts";

const SERVICE = "application-signals";
const DAY_MS = 86_400_000;

interface Draft {
  readonly name: string;
  readonly service: string | undefined;
  readonly operation: string | undefined;
  readonly type: "AVAILABILITY" | "LATENCY";
  readonly latencyMs: string;
  readonly goal: string;
  readonly days: string;
}

const EMPTY: Draft = {
  name: "",
  service: undefined,
  operation: undefined,
  type: "AVAILABILITY",
  latencyMs: "500",
  goal: "99.9",
  days: "7",
};

/** A request-based objective, as AWS's own console makes it by default. */
function inputOf(draft: Draft, KeyAttributes: KeyAttributes | undefined): object {
  const latency = draft.type === "LATENCY" ? { MetricThreshold: Number(draft.latencyMs), ComparisonOperator: "LessThan" } : {};
  return {
    Name: draft.name,
    RequestBasedSliConfig: {
      RequestBasedSliMetricConfig: { KeyAttributes, OperationName: draft.operation, MetricType: draft.type },
      ...latency,
    },
    Goal: {
      Interval: { RollingInterval: { DurationUnit: "DAY", Duration: Number(draft.days) } },
      AttainmentGoal: Number(draft.goal),
      WarningThreshold: 30,
    },
  };
}

export function CreateSlo({ now, onClose }: { readonly now: number; onClose(): void }) {
  const { t } = useWords();
  const [draft, setDraft] = useState(EMPTY);
  const change = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  const range = { StartTime: new Date(now - DAY_MS).toISOString(), EndTime: new Date(now + 60_000).toISOString() };
  const { data } = useCall<{ ServiceSummaries: ServiceSummary[] }>(SERVICE, "ListServices", range);
  const services = new Map((data?.ServiceSummaries ?? []).map((one) => [JSON.stringify(one.KeyAttributes), one.KeyAttributes]));
  const attributes = services.get(draft.service ?? "");
  const asked = { ...range, KeyAttributes: attributes };
  const operations = useCall<{ ServiceOperations: { Name: string }[] }>(SERVICE, "ListServiceOperations", asked, {
    enabled: attributes !== undefined,
  });
  const create = useAction(SERVICE, "CreateServiceLevelObjective");
  const input = inputOf(draft, attributes);
  useCommand(cliCommand(SERVICE, "CreateServiceLevelObjective", input));
  const isReady = draft.name !== "" && attributes !== undefined && draft.operation !== undefined;
  return (
    <Modal
      visible
      header={t("slos.create")}
      closeAriaLabel={t("why.close")}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <Button
            variant="primary"
            disabled={!isReady}
            loading={create.isPending}
            onClick={() => create.mutate(input, { onSuccess: onClose })}
          >
            {t("slos.create")}
          </Button>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {create.error !== null && <Alert type="error">{create.error.message}</Alert>}
        {data !== undefined && services.size === 0 && <Discover />}
        <FormField label={t("column.name")}>
          <Input value={draft.name} onChange={({ detail }) => change({ name: detail.value })} />
        </FormField>
        <Choice
          label={t("slos.service")}
          value={draft.service}
          options={[...services].map(([value, one]) => ({ value, label: nameOf(one) }))}
          onChange={(service) => change({ service, operation: undefined })}
        />
        <Choice
          label={t("slos.operation")}
          value={draft.operation}
          options={(operations.data?.ServiceOperations ?? []).map(({ Name }) => ({ value: Name, label: Name }))}
          onChange={(operation) => change({ operation })}
        />
        <Choice
          label={t("slos.sli")}
          value={draft.type}
          options={[
            { value: "AVAILABILITY", label: t("slos.availability") },
            { value: "LATENCY", label: t("slos.latency") },
          ]}
          onChange={(type) => change({ type: type === "LATENCY" ? "LATENCY" : "AVAILABILITY" })}
        />
        {draft.type === "LATENCY" && (
          <Figure label={t("slos.threshold")} value={draft.latencyMs} onChange={(latencyMs) => change({ latencyMs })} />
        )}
        <Figure label={t("slos.goalPercent")} value={draft.goal} onChange={(goal) => change({ goal })} />
        <Figure label={t("slos.days")} value={draft.days} onChange={(days) => change({ days })} />
      </SpaceBetween>
    </Modal>
  );
}

/** Services are counted from when somebody has asked for it. */
function Discover() {
  const { t } = useWords();
  const start = useAction(SERVICE, "StartDiscovery");
  return (
    <Alert
      type="info"
      action={
        <Button loading={start.isPending} disabled={start.isSuccess} onClick={() => start.mutate({})}>
          {t("slos.discover")}
        </Button>
      }
    >
      {start.error?.message ?? t("slos.noServices")}
    </Alert>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  onChange(value: string | undefined): void;
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <FormField label={label}>
      <Select
        selectedOption={options.find((option) => option.value === value) ?? null}
        options={options}
        onChange={({ detail }) => onChange(detail.selectedOption.value)}
      />
    </FormField>
  );
}

function Figure({ label, value, onChange }: { readonly label: string; readonly value: string; onChange(value: string): void }) {
  return (
    <FormField label={label}>
      <Input type="number" value={value} onChange={({ detail }) => onChange(detail.value)} />
    </FormField>
  );
}
