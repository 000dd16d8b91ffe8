import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import { useCommand } from "../../api/commands.tsx";
import { useWords } from "../../i18n/i18n.tsx";
import { useWorld } from "../../live/live.ts";
import { PageLink } from "../../ui/Links.tsx";
import { Status } from "../../ui/Status.tsx";
import { Time } from "../../ui/Time.tsx";

export function PipelinesPage() {
  useCommand("aws codepipeline list-pipelines");
  const { t } = useWords();
  const world = useWorld();
  const items = [...world.pipelines.values()];
  const latest = (id: string | undefined) => world.executions.get(id ?? "");
  return (
    <Table
      header={
        <Header variant="h1" counter={`(${items.length})`}>
          {t("pipelines.title")}
        </Header>
      }
      ariaLabels={{ tableLabel: t("pipelines.title") }}
      items={items}
      empty={<Box>{t("pipelines.empty")}</Box>}
      wrapLines
      columnDefinitions={[
        {
          id: "name",
          header: t("column.name"),
          cell: ({ name }) => <PageLink to={`/pipelines/${encodeURIComponent(name)}`}>{name}</PageLink>,
          isRowHeader: true,
        },
        { id: "mode", header: t("pipelines.mode"), cell: ({ mode }) => mode },
        {
          id: "status",
          header: t("pipelines.latest"),
          cell: ({ executions: [id] }) => {
            const execution = latest(id);
            return execution === undefined ? "–" : <Status status={execution.status} />;
          },
        },
        { id: "started", header: t("column.started"), cell: ({ executions: [id] }) => <Time at={latest(id)?.started} /> },
        { id: "rule", header: t("column.reason"), cell: ({ executions: [id] }) => latest(id)?.rule ?? "–" },
      ]}
    />
  );
}
