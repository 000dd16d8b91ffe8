import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useLocation } from "wouter";
import { useCall } from "../../api/hooks.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { LogView } from "../../ui/LogView.tsx";
import { Present } from "../../ui/Present.tsx";

interface Groups {
  readonly logGroups?: readonly { readonly logGroupName: string }[];
}
interface Events {
  readonly events?: readonly { readonly timestamp: number; readonly message: string; readonly logStreamName: string }[];
}

/** The events of a log group, filtered as CloudWatch filters them. */
export function LogsPage({ params: { group } }: { readonly params: Readonly<Record<string, string | undefined>> }) {
  const { t, time } = useWords();
  const [, go] = useLocation();
  const [pattern, setPattern] = useState("");
  const { data: groups } = useCall<Groups>("cloudwatch-logs", "DescribeLogGroups", {});
  const filter = { logGroupName: group, limit: 1_000, ...(pattern === "" ? {} : { filterPattern: pattern }) };
  const { data, error } = useCall<Events>("cloudwatch-logs", "FilterLogEvents", filter, { enabled: group !== undefined });
  const options = (groups?.logGroups ?? []).map(({ logGroupName }) => ({ value: logGroupName, label: logGroupName }));
  const lines = (data?.events ?? []).map(({ timestamp, message }) => `${time(timestamp)}  ${message.replace(/\n$/, "")}`);
  return (
    <SpaceBetween size="l">
      <Header variant="h1">{t("logs.title")}</Header>
      <Present />
      <Container>
        <SpaceBetween size="m">
          {options.length === 0 && <Box>{t("logs.empty")}</Box>}
          <FormField label={t("logs.group")} errorText={pattern === "" ? error?.message : undefined}>
            <Select
              selectedOption={options.find(({ value }) => value === group) ?? null}
              placeholder={t("logs.choose")}
              filteringType="auto"
              options={options}
              onChange={({ detail }) => go(`/logs/${encodeURIComponent(detail.selectedOption.value ?? "")}`)}
            />
          </FormField>
          <FormField label={t("logs.filter")} errorText={pattern === "" ? undefined : error?.message}>
            <Input type="search" value={pattern} placeholder="ERROR" onChange={({ detail }) => setPattern(detail.value)} />
          </FormField>
          {group !== undefined && (lines.length === 0 ? <Box>{t("logs.none")}</Box> : <LogView lines={lines} label={group} />)}
        </SpaceBetween>
      </Container>
    </SpaceBetween>
  );
}
