import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useLocation } from "wouter";
import { useCall } from "../../api/hooks.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { PageLink } from "../../ui/Links.tsx";
import { Present } from "../../ui/Present.tsx";
import { KINDS, type Kind } from "./kinds.ts";
import { Try } from "./Try.tsx";

/** Buckets, tables, queues and the like: what there is, and one of it to try. */
export function ResourcesPage({ params: { kind: id, name } }: { readonly params: Readonly<Record<string, string | undefined>> }) {
  const { t } = useWords();
  const [, go] = useLocation();
  const kind = KINDS.find((one) => one.id === id) ?? KINDS[0];
  if (kind === undefined) return null;
  return (
    <SpaceBetween size="l">
      <Header variant="h1">{t("resources.title")}</Header>
      <Present />
      <FormField label={t("resources.kind")}>
        <Select
          selectedOption={{ value: kind.id, label: t(kind.title) }}
          options={KINDS.map((one) => ({ value: one.id, label: t(one.title) }))}
          onChange={({ detail }) => go(`/resources/${detail.selectedOption.value ?? ""}`)}
        />
      </FormField>
      <List key={kind.id} kind={kind} />
      {name !== undefined && <Try key={name} name={name} trials={kind.trials(name)} />}
    </SpaceBetween>
  );
}

function List({ kind }: { readonly kind: Kind }) {
  const { t } = useWords();
  const { data } = useCall<Readonly<Record<string, unknown>>>(kind.service, kind.list, kind.input);
  const items = data === undefined ? [] : kind.names(data);
  return (
    <Table
      header={
        <Header variant="h2" counter={`(${items.length})`}>
          {t(kind.title)}
        </Header>
      }
      ariaLabels={{ tableLabel: t(kind.title) }}
      items={items}
      empty={<Box>{t("resources.empty")}</Box>}
      columnDefinitions={[
        {
          id: "name",
          header: t("column.name"),
          cell: (name) => <PageLink to={`/resources/${kind.id}/${encodeURIComponent(name)}`}>{name}</PageLink>,
          isRowHeader: true,
        },
      ]}
    />
  );
}
