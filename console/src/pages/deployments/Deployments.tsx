import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import { useCommand } from "../../api/commands.tsx";
import { useWords } from "../../i18n/i18n.tsx";
import { useWorld } from "../../live/live.ts";
import { PageLink } from "../../ui/Links.tsx";
import { Status } from "../../ui/Status.tsx";
import { Time } from "../../ui/Time.tsx";
import { Why } from "../../ui/Why.tsx";

export function DeploymentsPage() {
  useCommand("aws deploy list-deployments");
  const { t } = useWords();
  const world = useWorld();
  const items = [...world.deployments.values()].sort((a, b) => b.started - a.started);
  return (
    <Table
      header={
        <Header variant="h1" counter={`(${items.length})`}>
          {t("deployments.title")}
        </Header>
      }
      ariaLabels={{ tableLabel: t("deployments.title") }}
      items={items}
      empty={<Box>{t("deployments.empty")}</Box>}
      wrapLines
      columnDefinitions={[
        { id: "id", header: t("column.name"), cell: ({ id }) => <PageLink to={`/deployments/${id}`}>{id}</PageLink>, isRowHeader: true },
        { id: "status", header: t("column.status"), cell: ({ status }) => <Status status={status} /> },
        { id: "function", header: t("deployments.function"), cell: ({ functionName, application }) => functionName ?? application },
        { id: "config", header: t("deployments.config"), cell: ({ config }) => config.replace("CodeDeployDefault.", "") },
        { id: "started", header: t("column.started"), cell: ({ started }) => <Time at={started} /> },
        {
          id: "rule",
          header: t("column.reason"),
          cell: ({ id, rule }) => (
            <>
              {rule} <Why of={id} what={id} />
            </>
          ),
        },
      ]}
    />
  );
}
