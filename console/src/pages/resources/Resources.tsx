import Box from "@cloudscape-design/components/box";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Pagination from "@cloudscape-design/components/pagination";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { type ComponentType, lazy, Suspense, useState } from "react";
import { useLocation } from "wouter";
import { usePages } from "../../api/hooks.ts";
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
      {name !== undefined && <One key={name} kind={kind} name={name} />}
    </SpaceBetween>
  );
}

/** Of each kind, what people look for first. */
const PANELS: Readonly<Record<string, ComponentType<{ readonly name: string }>>> = {
  buckets: lazy(() => import("./panels/Bucket.tsx").then(({ BucketPanel }) => ({ default: BucketPanel }))),
  tables: lazy(() => import("./panels/Items.tsx").then(({ ItemsPanel }) => ({ default: ItemsPanel }))),
  queues: lazy(() => import("./panels/Queue.tsx").then(({ QueuePanel }) => ({ default: QueuePanel }))),
  topics: lazy(() => import("./panels/Topic.tsx").then(({ TopicPanel }) => ({ default: TopicPanel }))),
  apis: lazy(() => import("./panels/Api.tsx").then(({ ApiPanel }) => ({ default: ApiPanel }))),
  rules: lazy(() => import("./panels/Rule.tsx").then(({ RulePanel }) => ({ default: RulePanel }))),
};

function One({ kind, name }: { readonly kind: Kind; readonly name: string }) {
  const { t } = useWords();
  const Panel = PANELS[kind.id];
  const anything = <Try name={name} trials={kind.trials(name)} />;
  if (Panel === undefined) return anything;
  return (
    <SpaceBetween size="l">
      <Suspense fallback={<Spinner />}>
        <Panel name={name} />
      </Suspense>
      <ExpandableSection headerText={t("resources.any")}>{anything}</ExpandableSection>
    </SpaceBetween>
  );
}

const PAGE = 100;

function List({ kind }: { readonly kind: Kind }) {
  const { t } = useWords();
  const { data } = usePages<Readonly<Record<string, unknown>>>(kind.service, kind.list, kind.input);
  const [filter, setFilter] = useState("");
  const [page, setPage] = useState(1);
  const items = (data ?? []).flatMap((page) => kind.names(page));
  const found = items.filter((name) => name.toLowerCase().includes(filter.toLowerCase()));
  return (
    <Table
      filter={
        <TextFilter
          filteringText={filter}
          filteringAriaLabel={t("resources.find")}
          filteringPlaceholder={t("resources.find")}
          onChange={({ detail }) => {
            setFilter(detail.filteringText);
            setPage(1);
          }}
        />
      }
      pagination={
        <Pagination
          currentPageIndex={page}
          pagesCount={Math.max(1, Math.ceil(found.length / PAGE))}
          onChange={({ detail }) => setPage(detail.currentPageIndex)}
        />
      }
      header={
        <Header variant="h2" counter={`(${items.length})`}>
          {t(kind.title)}
        </Header>
      }
      ariaLabels={{ tableLabel: t(kind.title) }}
      items={found.slice((page - 1) * PAGE, page * PAGE)}
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
