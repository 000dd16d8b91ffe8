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

export function StacksPage() {
  useCommand("aws cloudformation describe-stacks");
  const { t } = useWords();
  const world = useWorld();
  const items = [...world.stacks.values()].filter(({ status }) => status !== "DELETE_COMPLETE").sort((a, b) => b.since - a.since);
  return (
    <Table
      header={
        <Header variant="h1" counter={`(${items.length})`}>
          {t("stacks.title")}
        </Header>
      }
      ariaLabels={{ tableLabel: t("stacks.title") }}
      items={items}
      empty={<Box>{t("stacks.empty")}</Box>}
      wrapLines
      columnDefinitions={[
        {
          id: "name",
          header: t("column.name"),
          cell: ({ name }) => <PageLink to={`/stacks/${encodeURIComponent(name)}`}>{name}</PageLink>,
          isRowHeader: true,
        },
        { id: "status", header: t("column.status"), cell: ({ status }) => <Status status={status} /> },
        { id: "since", header: t("column.time"), cell: ({ since }) => <Time at={since} /> },
        {
          id: "rule",
          header: t("column.reason"),
          cell: ({ rule, eventId, name }) => (
            <>
              {rule} <Why of={eventId} what={name} />
            </>
          ),
        },
      ]}
    />
  );
}
