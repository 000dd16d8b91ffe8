import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useCall } from "../../api/hooks.ts";
import { useWords } from "../../i18n/i18n.tsx";
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
}
interface Cases {
  readonly testCases?: readonly { readonly prefix?: string; readonly name: string; readonly status: string; readonly message?: string }[];
}

/** What a build wrote, and the tests that failed in it. */
export function BuildLog({ id }: { readonly id: string }) {
  const { t } = useWords();
  const { data } = useCall<Builds>("codebuild", "BatchGetBuilds", { ids: [id] });
  const { groupName, streamName } = data?.builds?.[0]?.logs ?? {};
  const log = useCall<Events>(
    "cloudwatch-logs",
    "GetLogEvents",
    { logGroupName: groupName, logStreamName: streamName, startFromHead: true },
    { enabled: groupName !== undefined && streamName !== undefined },
  );
  const lines = (log.data?.events ?? []).map(({ message }) => message.replace(/\n$/, ""));
  return (
    <Container header={<Header variant="h2">{t("pipelines.log")}</Header>}>
      <SpaceBetween size="m">
        <Present />
        {(data?.builds?.[0]?.reportArns ?? []).map((arn) => (
          <FailedCases key={arn} arn={arn} />
        ))}
        <LogView lines={lines} label={t("pipelines.log")} />
      </SpaceBetween>
    </Container>
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
