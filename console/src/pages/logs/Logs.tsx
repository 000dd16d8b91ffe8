import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";
import { useState } from "react";
import { useLocation } from "wouter";
import { useCall } from "../../api/hooks.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { LogView } from "../../ui/LogView.tsx";
import { Present } from "../../ui/Present.tsx";
import { Insights } from "./Insights.tsx";

interface Groups {
  readonly logGroups?: readonly { readonly logGroupName: string }[];
}
interface Found {
  readonly events?: readonly { readonly timestamp: number; readonly message: string; readonly logStreamName: string }[];
}

/** The events of a log group as they are, and what Logs Insights finds in them. */
export function LogsPage({ params: { group } }: { readonly params: Readonly<Record<string, string | undefined>> }) {
  const { t } = useWords();
  const [, go] = useLocation();
  const { data: groups } = useCall<Groups>("cloudwatch-logs", "DescribeLogGroups", {});
  const options = (groups?.logGroups ?? []).map(({ logGroupName }) => ({ value: logGroupName, label: logGroupName }));
  return (
    <SpaceBetween size="l">
      <Header variant="h1">{t("logs.title")}</Header>
      <Present />
      <FormField label={t("logs.group")}>
        <Select
          selectedOption={options.find(({ value }) => value === group) ?? null}
          placeholder={options.length === 0 ? t("logs.empty") : t("logs.choose")}
          filteringType="auto"
          options={options}
          onChange={({ detail }) => go(`/logs/${encodeURIComponent(detail.selectedOption.value ?? "")}`)}
        />
      </FormField>
      {group !== undefined && (
        <Tabs
          tabs={[
            { id: "events", label: t("logs.events"), content: <Events key={group} group={group} /> },
            { id: "insights", label: "Logs Insights", content: <Insights key={group} group={group} /> },
          ]}
        />
      )}
    </SpaceBetween>
  );
}

function Events({ group }: { readonly group: string }) {
  const { t, time } = useWords();
  const [pattern, setPattern] = useState("");
  const filter = { logGroupName: group, limit: 1_000, ...(pattern === "" ? {} : { filterPattern: pattern }) };
  const { data, error } = useCall<Found>("cloudwatch-logs", "FilterLogEvents", filter);
  const lines = (data?.events ?? []).map(({ timestamp, message }) => `${time(timestamp)}  ${message.replace(/\n$/, "")}`);
  return (
    <Container>
      <SpaceBetween size="m">
        <FormField label={t("logs.filter")} errorText={error?.message}>
          <Input type="search" value={pattern} placeholder="ERROR" onChange={({ detail }) => setPattern(detail.value)} />
        </FormField>
        {lines.length === 0 ? <Box>{t("logs.none")}</Box> : <LogView lines={lines} label={group} />}
      </SpaceBetween>
    </Container>
  );
}
