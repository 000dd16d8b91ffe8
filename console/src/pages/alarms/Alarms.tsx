import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import { useCommand } from "../../api/commands.tsx";
import { useWords } from "../../i18n/i18n.tsx";
import { useWorld } from "../../live/live.ts";
import { PageLink } from "../../ui/Links.tsx";
import { isBad, Status } from "../../ui/Status.tsx";
import { Time } from "../../ui/Time.tsx";
import { Why } from "../../ui/Why.tsx";

/** Alarms, those in ALARM first. */
export function AlarmsPage() {
  useCommand("aws cloudwatch describe-alarms");
  const { t } = useWords();
  const world = useWorld();
  const items = [...world.alarms.values()].sort(
    (a, b) => Number(isBad(b.status)) - Number(isBad(a.status)) || a.name.localeCompare(b.name),
  );
  return (
    <Table
      header={
        <Header variant="h1" counter={`(${items.length})`}>
          {t("alarms.title")}
        </Header>
      }
      ariaLabels={{ tableLabel: t("alarms.title") }}
      items={items}
      empty={<Box>{t("alarms.empty")}</Box>}
      wrapLines
      columnDefinitions={[
        {
          id: "name",
          header: t("column.name"),
          cell: ({ name }) => <PageLink to={`/alarms/${encodeURIComponent(name)}`}>{name}</PageLink>,
          isRowHeader: true,
        },
        { id: "status", header: t("column.status"), cell: ({ status }) => <Status status={status} /> },
        { id: "since", header: t("alarms.since"), cell: ({ since }) => <Time at={since} /> },
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
