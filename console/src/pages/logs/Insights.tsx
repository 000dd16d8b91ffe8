import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Textarea from "@cloudscape-design/components/textarea";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { cliCommand } from "../../api/cli.ts";
import { useCommand } from "../../api/commands.tsx";
import { fieldsOf, overTime, type QueryResults, rowsOf, runQuery } from "../../api/insights.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { useSettings } from "../../layout/settings.tsx";
import { useLive, useWorld } from "../../live/live.ts";
import { Chart } from "../../ui/Chart.tsx";

const FIRST = "fields @timestamp, @message\n| sort @timestamp desc\n| limit 100";
const HOURS = ["1", "3", "12", "24", "168"];
const SHOWN = 500;

/** Any query over a group; what is counted over time is drawn, too. */
export function Insights({ group }: { readonly group: string }) {
  const { t } = useWords();
  const { region } = useSettings();
  const { clock } = useLive();
  const world = useWorld();
  const [query, setQuery] = useState(FIRST);
  const [hours, setHours] = useState("12");
  const end = Math.ceil((clock?.virtual ?? world.time) / 60_000) * 60;
  const input = { logGroupName: group, queryString: query, startTime: end - Number(hours) * 3_600, endTime: end };
  useCommand(cliCommand("cloudwatch-logs", "StartQuery", input, region));
  const run = useMutation({ mutationFn: () => runQuery(region, input) });
  return (
    <SpaceBetween size="l">
      <Container>
        <SpaceBetween size="m">
          <FormField label={t("logs.query")}>
            <Textarea value={query} rows={4} spellcheck={false} onChange={({ detail }) => setQuery(detail.value)} />
          </FormField>
          <FormField label={t("logs.span")}>
            <Select
              selectedOption={{ value: hours, label: hours }}
              options={HOURS.map((value) => ({ value, label: value }))}
              onChange={({ detail }) => setHours(detail.selectedOption.value ?? "12")}
            />
          </FormField>
          <Button variant="primary" loading={run.isPending} onClick={() => run.mutate()}>
            {t("logs.run")}
          </Button>
          {run.error !== null && <Alert type="error">{run.error.message}</Alert>}
        </SpaceBetween>
      </Container>
      {run.data !== undefined && <Answer data={run.data} />}
    </SpaceBetween>
  );
}

function Answer({ data }: { readonly data: QueryResults }) {
  const { t } = useWords();
  const { statistics } = data;
  const rows = rowsOf(data);
  const fields = fieldsOf(data);
  const drawn = overTime(rows, fields);
  const read = { matched: statistics.recordsMatched ?? 0, scanned: statistics.recordsScanned ?? 0 };
  return (
    <Container
      header={
        <Header variant="h2" description={t("logs.read", read)}>
          {t("logs.results")}
        </Header>
      }
    >
      <SpaceBetween size="m">
        {drawn !== undefined && <Chart title={t("logs.results")} {...drawn} />}
        <Table
          variant="embedded"
          ariaLabels={{ tableLabel: t("logs.results") }}
          items={rows.slice(0, SHOWN)}
          wrapLines
          columnDefinitions={fields.map((field, i) => ({
            id: field,
            header: field,
            cell: (row: Record<string, string>) => row[field] ?? "–",
            isRowHeader: i === 0,
          }))}
        />
      </SpaceBetween>
    </Container>
  );
}
