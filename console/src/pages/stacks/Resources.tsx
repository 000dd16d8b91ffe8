import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Pagination from "@cloudscape-design/components/pagination";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import TreeView from "@cloudscape-design/components/tree-view";
import { useMemo, useState } from "react";
import { useCall } from "../../api/hooks.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { Graph } from "../../ui/graph/Graph.tsx";
import { Id } from "../../ui/Id.tsx";
import { PageLink } from "../../ui/Links.tsx";
import { Status } from "../../ui/Status.tsx";
import { Time } from "../../ui/Time.tsx";
import { healthOf, pageOf, type Resource } from "./shapes.ts";
import { type Branch, resourcesOf, type TemplateResource, treeOf } from "./template.ts";

type OfResource = Omit<Resource, "Timestamp"> & { readonly Timestamp?: string; readonly LastUpdatedTimestamp?: string };
type View = "graph" | "tree" | "table";
/** A graph of more would be a wall. */
const MOST_DRAWN = 150;
const SHOWN = 100;

/** What a stack made: who needs whom, where the CDK has it, and how it is. */
export function Resources({ name }: { readonly name: string }) {
  const { t } = useWords();
  const [view, setView] = useState<View>("graph");
  const [chosen, setChosen] = useState<string | undefined>();
  const { data } = useCall<{ readonly StackResources?: readonly OfResource[] }>("cloudformation", "DescribeStackResources", {
    StackName: name,
  });
  const { data: template } = useCall<{ readonly TemplateBody?: string }>("cloudformation", "GetTemplate", {
    StackName: name,
    TemplateStage: "Processed",
  });
  const items = useMemo(
    () => (data?.StackResources ?? []).map((one) => ({ ...one, Timestamp: one.Timestamp ?? one.LastUpdatedTimestamp ?? "" })),
    [data],
  );
  const planned = useMemo(() => resourcesOf(template?.TemplateBody ?? "{}"), [template]);
  const byId = new Map(items.map((one) => [one.LogicalResourceId, one]));
  const resource = chosen === undefined ? undefined : byId.get(chosen);
  return (
    <SpaceBetween size="m">
      <SegmentedControl
        label={t("stacks.view")}
        selectedId={view}
        options={(["graph", "tree", "table"] as const).map((id) => ({ id, text: t(`stacks.view.${id}`) }))}
        onChange={({ detail }) => setView(detail.selectedId as View)}
      />
      {view === "graph" && <AsGraph name={name} planned={planned} byId={byId} chosen={chosen} onChoose={setChosen} />}
      {view === "tree" && <AsTree planned={planned} byId={byId} />}
      {view === "graph" && resource !== undefined && (
        <Chosen resource={resource} needs={planned.get(resource.LogicalResourceId)?.needs ?? []} />
      )}
      {view !== "tree" && <ResourceTable title={t("stacks.resources")} items={items} />}
    </SpaceBetween>
  );
}

interface GraphProps {
  readonly name: string;
  readonly planned: ReadonlyMap<string, TemplateResource>;
  readonly byId: ReadonlyMap<string, Resource>;
  readonly chosen: string | undefined;
  onChoose(id: string): void;
}

function AsGraph({ name, planned, byId, chosen, onChoose }: GraphProps) {
  const { t } = useWords();
  const drawn = [...planned].filter(([, { type }]) => type !== "AWS::CDK::Metadata").slice(0, MOST_DRAWN);
  const ids = new Set(drawn.map(([id]) => id));
  const nodes = drawn.map(([id, { type }]) => {
    const status = byId.get(id)?.ResourceStatus;
    return { id, title: id, kind: type, health: healthOf(status), words: status ?? t("stacks.planned") };
  });
  const edges = drawn.flatMap(([id, { needs }]) => needs.filter((other) => ids.has(other)).map((other) => ({ from: other, to: id })));
  return (
    <>
      {planned.size > MOST_DRAWN && <Box>{t("stacks.drawn", { count: MOST_DRAWN, all: planned.size })}</Box>}
      <Graph
        label={`${t("stacks.view.graph")}: ${name}`}
        nodes={nodes}
        edges={edges}
        selected={chosen}
        onSelect={onChoose}
        height={Math.min(720, 200 + nodes.length * 20)}
      />
    </>
  );
}

function Chosen({ resource, needs }: { readonly resource: Resource; readonly needs: readonly string[] }) {
  const { t } = useWords();
  const {
    LogicalResourceId: id,
    ResourceType: type,
    ResourceStatus: status,
    ResourceStatusReason: reason,
    PhysicalResourceId: physical,
    Timestamp: at,
  } = resource;
  const page = pageOf(resource);
  return (
    <Container header={<Header variant="h2">{id}</Header>}>
      <KeyValuePairs
        columns={3}
        items={[
          { label: t("stacks.type"), value: type },
          { label: t("column.status"), value: <Status status={status} /> },
          { label: t("column.time"), value: <Time at={Date.parse(at)} /> },
          { label: t("stacks.physical"), value: physical === undefined ? "–" : <Id value={physical} /> },
          { label: t("stacks.needs"), value: needs.length === 0 ? "–" : needs.join(", ") },
          { label: t("column.reason"), value: reason ?? "–" },
          ...(page === undefined ? [] : [{ label: t("stacks.page"), value: <PageLink to={page}>{physical}</PageLink> }]),
        ]}
      />
    </Container>
  );
}

function AsTree({ planned, byId }: Pick<GraphProps, "planned" | "byId">) {
  const { t } = useWords();
  const tree = useMemo(() => treeOf(planned), [planned]);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const all = useMemo(() => idsOf(tree), [tree]);
  return (
    <TreeView<Branch>
      ariaLabel={t("stacks.view.tree")}
      items={tree}
      getItemId={({ id }) => id}
      getItemChildren={({ branches }) => (branches.length === 0 ? undefined : branches)}
      expandedItems={all.filter((id) => !closed.has(id))}
      onItemToggle={({ detail: { id, expanded } }) => {
        const next = new Set(closed);
        if (expanded) next.delete(id);
        else next.add(id);
        setClosed(next);
      }}
      i18nStrings={{
        expandButtonLabel: ({ name }) => `${t("stacks.open")} ${name}`,
        collapseButtonLabel: ({ name }) => `${t("stacks.close")} ${name}`,
      }}
      renderItem={({ name, logical }) => {
        const resource = logical === undefined ? undefined : byId.get(logical);
        const type = logical === undefined ? undefined : planned.get(logical)?.type;
        return {
          content: resource === undefined ? name : <Linked resource={resource} text={name} />,
          ...(type === undefined ? {} : { secondaryContent: <Box color="text-body-secondary">{type}</Box> }),
          ...(resource === undefined ? {} : { actions: <Status status={resource.ResourceStatus} /> }),
        };
      }}
    />
  );
}

const idsOf = (branches: readonly Branch[]): string[] => branches.flatMap(({ id, branches: inner }) => [id, ...idsOf(inner)]);

function Linked({ resource, text }: { readonly resource: Resource; readonly text: string }) {
  const page = pageOf(resource);
  return page === undefined ? text : <PageLink to={page}>{text}</PageLink>;
}

export function ResourceTable({ title, items }: { readonly title: string; readonly items: readonly Resource[] }) {
  const { t } = useWords();
  const [page, setPage] = useState(1);
  const pages = Math.max(1, Math.ceil(items.length / SHOWN));
  return (
    <Table
      variant="embedded"
      ariaLabels={{ tableLabel: title }}
      {...(pages === 1
        ? {}
        : {
            pagination: (
              <Pagination currentPageIndex={page} pagesCount={pages} onChange={({ detail }) => setPage(detail.currentPageIndex)} />
            ),
          })}
      items={items.slice((page - 1) * SHOWN, page * SHOWN)}
      wrapLines
      columnDefinitions={[
        { id: "id", header: t("stacks.logical"), cell: (one) => <Linked resource={one} text={one.LogicalResourceId} />, isRowHeader: true },
        { id: "type", header: t("stacks.type"), cell: ({ ResourceType: type }) => type.replace("AWS::", "") },
        { id: "status", header: t("column.status"), cell: ({ ResourceStatus: status }) => <Status status={status} /> },
        {
          id: "physical",
          header: t("stacks.physical"),
          cell: ({ PhysicalResourceId: id }) => (id === undefined ? "–" : <Id value={id} />),
        },
        { id: "time", header: t("column.time"), cell: ({ Timestamp: at }) => <Time at={Date.parse(at)} /> },
        { id: "reason", header: t("column.reason"), cell: ({ ResourceStatusReason: reason }) => reason ?? "–" },
      ]}
    />
  );
}
