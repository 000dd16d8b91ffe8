import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useAction, useCall } from "../../api/hooks.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { useLive } from "../../live/live.ts";

interface Difference {
  readonly PropertyPath: string;
  readonly ExpectedValue: string;
  readonly ActualValue: string;
  readonly DifferenceType: string;
}
interface Drifts {
  readonly StackResourceDrifts?: readonly {
    readonly LogicalResourceId: string;
    readonly ResourceType: string;
    readonly StackResourceDriftStatus: string;
    readonly PropertyDifferences?: readonly Difference[];
  }[];
}

/** Whether resources are still what the template says; what is not comes first. */
export function Drift({ name }: { readonly name: string }) {
  const { t } = useWords();
  const { at } = useLive();
  const detect = useAction("cloudformation", "DetectStackDrift");
  const { data, error } = useCall<Drifts>("cloudformation", "DescribeStackResourceDrifts", { StackName: name });
  const failed = error ?? detect.error ?? undefined;
  const items = (data?.StackResourceDrifts ?? []).toSorted(
    (a, b) => Number(isSame(a.StackResourceDriftStatus)) - Number(isSame(b.StackResourceDriftStatus)),
  );
  return (
    <SpaceBetween size="m">
      <Button disabled={at !== undefined} loading={detect.isPending} onClick={() => detect.mutate({ StackName: name })}>
        {t("stacks.detect")}
      </Button>
      {failed !== undefined && <Alert type="error">{failed.message}</Alert>}
      <Table
        variant="embedded"
        ariaLabels={{ tableLabel: t("stacks.drift") }}
        items={items}
        empty={<Box>{t("stacks.notDetected")}</Box>}
        wrapLines
        columnDefinitions={[
          { id: "id", header: t("stacks.logical"), cell: ({ LogicalResourceId: id }) => id, isRowHeader: true },
          { id: "type", header: t("stacks.type"), cell: ({ ResourceType: type }) => type.replace("AWS::", "") },
          {
            id: "status",
            header: t("column.status"),
            cell: ({ StackResourceDriftStatus: status }) => (
              <StatusIndicator type={isSame(status) ? "success" : status === "NOT_CHECKED" ? "pending" : "warning"}>
                {status}
              </StatusIndicator>
            ),
          },
          {
            id: "differences",
            header: t("stacks.differences"),
            cell: ({ PropertyDifferences = [] }) => <Differences all={PropertyDifferences} />,
          },
        ]}
      />
    </SpaceBetween>
  );
}

const isSame = (status: string): boolean => status === "IN_SYNC";

function Differences({ all }: { readonly all: readonly Difference[] }) {
  if (all.length === 0) return "–";
  return (
    <ul className="diff">
      {all.map(({ PropertyPath: path, ExpectedValue: expected, ActualValue: actual }) => (
        <li key={path}>
          <span className="mono">{path}</span>
          <del>{expected}</del>
          <ins>{actual}</ins>
        </li>
      ))}
    </ul>
  );
}
