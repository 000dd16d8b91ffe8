import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { cliCommand } from "../../api/cli.ts";
import { call, TOKEN } from "../../api/client.ts";
import { useCommand } from "../../api/commands.tsx";
import { usePages } from "../../api/hooks.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { useSettings } from "../../layout/settings.tsx";
import { useLive, useWorld } from "../../live/live.ts";
import { LogView } from "../../ui/LogView.tsx";
import { Present } from "../../ui/Present.tsx";
import { Insights } from "./Insights.tsx";

interface Groups {
  readonly logGroups?: readonly { readonly logGroupName: string }[];
}
interface Found {
  readonly events?: readonly Line[];
  readonly nextToken?: string;
}

const MINUTE_MS = 60_000;

/** The events of a log group as they are, and what Logs Insights finds in them. */
export function LogsPage({ params: { group } }: { readonly params: Readonly<Record<string, string | undefined>> }) {
  const { t } = useWords();
  const [, go] = useLocation();
  const { data: groups } = usePages<Groups>("cloudwatch-logs", "DescribeLogGroups", {});
  const all = (groups ?? []).flatMap(({ logGroups = [] }) => logGroups);
  const options = all.map(({ logGroupName }) => ({ value: logGroupName, label: logGroupName }));
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

const MINUTES = ["5", "60", "360", "1440", "10080"];
const MOST_PAGES = 10;
const SHOWN = 2_000;

interface Line {
  readonly timestamp: number;
  readonly message: string;
}

/** The newest events of a time; a busy group's older ones are left out. */
async function newest(region: string, input: object): Promise<readonly Line[]> {
  const lines: Line[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = (await call(region, "cloudwatch-logs", "FilterLogEvents", {
      ...input,
      ...(nextToken === undefined ? {} : { nextToken }),
    })) as Found;
    lines.push(...(answer.events ?? []));
    nextToken = answer.nextToken;
    if (nextToken === undefined) break;
  }
  return lines.slice(-SHOWN);
}

/** Events that may be in both what was asked for and what came in since. */
const OVERLAP = 200;

/** What came into a group since the page shows it, by live tail. */
function useTail(group: string, filter: string, isOpen: boolean): readonly Line[] {
  const { region } = useSettings();
  const [lines, setLines] = useState<readonly Line[]>([]);
  useEffect(() => {
    setLines([]);
    if (!isOpen) return;
    const query = new URLSearchParams({ group, region, filter, token: TOKEN });
    const stream = new EventSource(`/_orrery/console/tail?${query}`);
    stream.onmessage = ({ data }: MessageEvent<string>) => setLines((before) => [...before, ...(JSON.parse(data) as Line[])].slice(-SHOWN));
    return () => stream.close();
  }, [group, region, filter, isOpen]);
  return lines;
}

/** The events as they come in, the newest last; the view stays at the end until somebody scrolls. */
function Events({ group }: { readonly group: string }) {
  const { t, time } = useWords();
  const { region } = useSettings();
  const { clock, at } = useLive();
  const world = useWorld();
  const [pattern, setPattern] = useState("");
  const [minutes, setMinutes] = useState("360");
  const now = at === undefined ? Math.max(clock?.virtual ?? 0, world.time) : world.time;
  // By whole minutes, so that what was asked is not asked again for each event.
  const end = Math.ceil(now / MINUTE_MS) * MINUTE_MS;
  const startTime = end - Number(minutes) * MINUTE_MS;
  const input = {
    logGroupName: group,
    startTime,
    ...(at === undefined ? {} : { endTime: world.time }),
    ...(pattern === "" ? {} : { filterPattern: pattern }),
  };
  useCommand(cliCommand("cloudwatch-logs", "FilterLogEvents", input, region));
  useCommand(`aws logs start-live-tail --log-group-identifiers arn:aws:logs:${region}:000000000000:log-group:${group}`);
  const { data, error } = useQuery({
    queryKey: ["cloudwatch-logs", "newest", region, input],
    queryFn: () => newest(region, input),
    placeholderData: (before) => before,
  });
  const tailed = useTail(group, pattern, at === undefined);
  const known = new Set((data ?? []).slice(-OVERLAP).map(({ timestamp, message }) => `${timestamp} ${message}`));
  const all = [...(data ?? []), ...tailed.filter(({ timestamp, message }) => !known.has(`${timestamp} ${message}`))].slice(-SHOWN);
  const lines = all.map(({ timestamp, message }) => `${time(timestamp)}  ${message.replace(/\n$/, "")}`);
  return (
    <Container>
      <SpaceBetween size="m">
        <SpaceBetween direction="horizontal" size="m">
          <FormField label={t("logs.filter")} errorText={error?.message}>
            <Input type="search" value={pattern} placeholder="ERROR" onChange={({ detail }) => setPattern(detail.value)} />
          </FormField>
          <FormField label={t("signals.minutes")}>
            <Select
              selectedOption={{ value: minutes, label: `${minutes} min` }}
              options={MINUTES.map((value) => ({ value, label: `${value} min` }))}
              onChange={({ detail }) => setMinutes(detail.selectedOption.value ?? "60")}
            />
          </FormField>
        </SpaceBetween>
        {lines.length === 0 ? <Box>{t("logs.none")}</Box> : <LogView lines={lines} label={group} />}
      </SpaceBetween>
    </Container>
  );
}
