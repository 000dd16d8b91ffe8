import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { cliCommand } from "../../api/cli.ts";
import { call } from "../../api/client.ts";
import { useCommand } from "../../api/commands.tsx";
import { useCall } from "../../api/hooks.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { useSettings } from "../../layout/settings.tsx";
import { LogView } from "../../ui/LogView.tsx";
import { Present } from "../../ui/Present.tsx";
import { Status } from "../../ui/Status.tsx";

interface Builds {
  readonly builds?: readonly {
    readonly reportArns?: readonly string[];
    readonly logs?: { readonly groupName?: string; readonly streamName?: string };
  }[];
}
interface Events {
  readonly events?: readonly { readonly message: string }[];
  readonly nextForwardToken?: string;
}
interface Reports {
  readonly reports?: readonly {
    readonly arn: string;
    readonly name: string;
    readonly status: string;
    readonly testSummary?: { readonly total: number; readonly statusCounts?: Readonly<Record<string, number>> };
    readonly codeCoverageSummary?: { readonly lineCoveragePercentage?: number };
  }[];
}

/** Of a longer log, the beginning. */
const MOST_PAGES = 20;

async function wholeLog(region: string, logGroupName: string, logStreamName: string): Promise<string[]> {
  const lines: string[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const input = { logGroupName, logStreamName, startFromHead: true, ...(nextToken === undefined ? {} : { nextToken }) };
    const { events = [], nextForwardToken } = (await call(region, "cloudwatch-logs", "GetLogEvents", input)) as Events;
    for (const { message } of events) lines.push(message.replace(/\n$/, ""));
    if (events.length === 0 || nextForwardToken === nextToken) break;
    nextToken = nextForwardToken;
  }
  return lines;
}

interface Cases {
  readonly testCases?: readonly { readonly prefix?: string; readonly name: string; readonly status: string; readonly message?: string }[];
}

/** What a build wrote, and the tests that failed in it. */
export function BuildLog({ id }: { readonly id: string }) {
  const { t } = useWords();
  const { data } = useCall<Builds>("codebuild", "BatchGetBuilds", { ids: [id] });
  const { groupName, streamName } = data?.builds?.[0]?.logs ?? {};
  const { region } = useSettings();
  const { data: lines = [] } = useQuery({
    queryKey: ["cloudwatch-logs", "build", region, groupName, streamName],
    queryFn: () => wholeLog(region, groupName ?? "", streamName ?? ""),
    enabled: groupName !== undefined && streamName !== undefined,
  });
  useCommand(
    cliCommand("cloudwatch-logs", "GetLogEvents", { logGroupName: groupName, logStreamName: streamName, startFromHead: true }, region),
  );
  const reportArns = data?.builds?.[0]?.reportArns ?? [];
  const { data: reports } = useCall<Reports>("codebuild", "BatchGetReports", { reportArns }, { enabled: reportArns.length > 0 });
  return (
    <Container header={<Header variant="h2">{t("pipelines.log")}</Header>}>
      <SpaceBetween size="m">
        <Present />
        {(reports?.reports ?? []).map((report) => (
          <Report key={report.arn} report={report} />
        ))}
        <LogView lines={lines} label={t("pipelines.log")} />
      </SpaceBetween>
    </Container>
  );
}

/** How many tests passed, and those that did not; or how much of the code they ran. */
function Report({
  report: { arn, name, status, testSummary, codeCoverageSummary },
}: {
  readonly report: NonNullable<Reports["reports"]>[number];
}) {
  const { t, number } = useWords();
  const counts = Object.entries(testSummary?.statusCounts ?? {}).filter(([, count]) => count > 0);
  const told =
    testSummary === undefined
      ? t("pipelines.covered", { percent: number(codeCoverageSummary?.lineCoveragePercentage ?? 0) })
      : counts.map(([state, count]) => `${count} ${state}`).join(", ");
  return (
    <SpaceBetween size="xs">
      <Box>
        <Status status={status} /> {name}: {told}
      </Box>
      {testSummary !== undefined && <FailedCases arn={arn} />}
    </SpaceBetween>
  );
}

function FailedCases({ arn }: { readonly arn: string }) {
  const { t } = useWords();
  const { data } = useCall<Cases>("codebuild", "DescribeTestCases", { reportArn: arn, filter: { status: "FAILED" } });
  const items = data?.testCases ?? [];
  if (items.length === 0) return <Box>{t("pipelines.noFailedCases")}</Box>;
  return (
    <Table
      variant="embedded"
      header={<Header variant="h3">{t("pipelines.failedCases")}</Header>}
      ariaLabels={{ tableLabel: t("pipelines.failedCases") }}
      items={items}
      wrapLines
      columnDefinitions={[
        {
          id: "name",
          header: t("column.name"),
          cell: ({ prefix, name }) => [prefix, name].filter((word) => word !== undefined).join(" › "),
          isRowHeader: true,
        },
        { id: "status", header: t("column.status"), cell: ({ status }) => <Status status={status} /> },
        { id: "message", header: t("column.reason"), cell: ({ message }) => message ?? "–" },
      ]}
    />
  );
}
