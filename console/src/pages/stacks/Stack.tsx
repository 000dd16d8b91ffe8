import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Tabs from "@cloudscape-design/components/tabs";
import { useCall } from "../../api/hooks.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { useWorld } from "../../live/live.ts";
import { Code } from "../../ui/Code.tsx";
import { Id } from "../../ui/Id.tsx";
import { Present } from "../../ui/Present.tsx";
import { Status } from "../../ui/Status.tsx";
import { Time } from "../../ui/Time.tsx";
import { Why } from "../../ui/Why.tsx";

interface Resource {
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceType: string;
  readonly ResourceStatus: string;
  readonly ResourceStatusReason?: string;
  readonly Timestamp: string;
}
interface Described {
  readonly Stacks?: readonly { readonly Outputs?: readonly { readonly OutputKey: string; readonly OutputValue: string }[] }[];
}

/** A stack: what it made, what happened to it, what it gives and from what it was made. */
export function StackPage({ params: { name = "" } }: { readonly params: Readonly<Record<string, string | undefined>> }) {
  const { t } = useWords();
  const world = useWorld();
  const stack = [...world.stacks.values()].findLast((one) => one.name === name);
  return (
    <SpaceBetween size="l">
      <Header
        variant="h1"
        description={stack === undefined ? undefined : <Status status={stack.status} />}
        actions={<Why of={stack?.arn ?? name} what={name} />}
      >
        {name}
      </Header>
      <Present />
      <Tabs
        tabs={[
          { id: "resources", label: t("stacks.resources"), content: <Resources name={name} /> },
          { id: "events", label: t("stacks.events"), content: <Events name={name} /> },
          { id: "outputs", label: t("stacks.outputs"), content: <Outputs name={name} /> },
          { id: "template", label: t("stacks.template"), content: <Template name={name} /> },
        ]}
      />
    </SpaceBetween>
  );
}

function ResourceTable({ title, items }: { readonly title: string; readonly items: readonly Resource[] }) {
  const { t } = useWords();
  return (
    <Table
      variant="embedded"
      ariaLabels={{ tableLabel: title }}
      items={items}
      wrapLines
      columnDefinitions={[
        { id: "id", header: t("stacks.logical"), cell: ({ LogicalResourceId: id }) => id, isRowHeader: true },
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

type OfResource = Omit<Resource, "Timestamp"> & { readonly Timestamp?: string; readonly LastUpdatedTimestamp?: string };

function Resources({ name }: { readonly name: string }) {
  const { t } = useWords();
  const { data } = useCall<{ readonly StackResources?: readonly OfResource[] }>("cloudformation", "DescribeStackResources", {
    StackName: name,
  });
  const items = (data?.StackResources ?? []).map((one) => ({ ...one, Timestamp: one.Timestamp ?? one.LastUpdatedTimestamp ?? "" }));
  return <ResourceTable title={t("stacks.resources")} items={items} />;
}

function Events({ name }: { readonly name: string }) {
  const { t } = useWords();
  const { data } = useCall<{ readonly StackEvents?: readonly Resource[] }>("cloudformation", "DescribeStackEvents", { StackName: name });
  return <ResourceTable title={t("stacks.events")} items={data?.StackEvents ?? []} />;
}

function Outputs({ name }: { readonly name: string }) {
  const { t } = useWords();
  const { data } = useCall<Described>("cloudformation", "DescribeStacks", { StackName: name });
  return (
    <Table
      variant="embedded"
      ariaLabels={{ tableLabel: t("stacks.outputs") }}
      items={data?.Stacks?.[0]?.Outputs ?? []}
      columnDefinitions={[
        { id: "key", header: t("column.name"), cell: ({ OutputKey: key }) => key, isRowHeader: true },
        { id: "value", header: t("column.what"), cell: ({ OutputValue: value }) => <Id value={value} /> },
      ]}
    />
  );
}

function Template({ name }: { readonly name: string }) {
  const { t } = useWords();
  const { data } = useCall<{ readonly TemplateBody?: string }>("cloudformation", "GetTemplate", { StackName: name });
  return <Code label={t("stacks.template")} text={data?.TemplateBody} />;
}
