import Alert from "@cloudscape-design/components/alert";
import Header from "@cloudscape-design/components/header";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Tabs from "@cloudscape-design/components/tabs";
import { useState } from "react";
import { useCall } from "../../api/hooks.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { useWorld } from "../../live/live.ts";
import { Code } from "../../ui/Code.tsx";
import { Id } from "../../ui/Id.tsx";
import { Present } from "../../ui/Present.tsx";
import { Status } from "../../ui/Status.tsx";
import { Why } from "../../ui/Why.tsx";
import { Changes } from "./Changes.tsx";
import { Drift } from "./Drift.tsx";
import { Resources, ResourceTable } from "./Resources.tsx";
import { type Resource, rootOf } from "./shapes.ts";

interface Described {
  readonly Stacks?: readonly {
    readonly Outputs?: readonly {
      readonly OutputKey: string;
      readonly OutputValue: string;
      readonly Description?: string;
      readonly ExportName?: string;
    }[];
    readonly Parameters?: readonly { readonly ParameterKey: string; readonly ParameterValue?: string; readonly ResolvedValue?: string }[];
  }[];
}

/** A stack: what it made, what happened to it, what would change, what has drifted, what it gives and from what it was made. */
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
          { id: "changes", label: t("stacks.changes"), content: <Changes name={name} /> },
          { id: "drift", label: t("stacks.drift"), content: <Drift name={name} /> },
          { id: "outputs", label: t("stacks.outputs"), content: <Outputs name={name} /> },
          { id: "template", label: t("stacks.template"), content: <Template name={name} /> },
        ]}
      />
    </SpaceBetween>
  );
}

function Events({ name }: { readonly name: string }) {
  const { t } = useWords();
  const { data } = useCall<{ readonly StackEvents?: readonly Resource[] }>("cloudformation", "DescribeStackEvents", { StackName: name });
  const events = data?.StackEvents ?? [];
  const root = rootOf(events);
  return (
    <SpaceBetween size="m">
      {root !== undefined && (
        <Alert type="error" header={t("stacks.root", { id: root.LogicalResourceId })}>
          {root.ResourceStatusReason}
        </Alert>
      )}
      <ResourceTable title={t("stacks.events")} items={events} />
    </SpaceBetween>
  );
}

function Outputs({ name }: { readonly name: string }) {
  const { t } = useWords();
  const { data } = useCall<Described>("cloudformation", "DescribeStacks", { StackName: name });
  const [stack] = data?.Stacks ?? [];
  return (
    <SpaceBetween size="l">
      <Table
        variant="embedded"
        header={<Header variant="h3">{t("stacks.outputs")}</Header>}
        ariaLabels={{ tableLabel: t("stacks.outputs") }}
        items={stack?.Outputs ?? []}
        wrapLines
        columnDefinitions={[
          { id: "key", header: t("column.name"), cell: ({ OutputKey: key }) => key, isRowHeader: true },
          { id: "value", header: t("column.what"), cell: ({ OutputValue: value }) => <Id value={value} /> },
          { id: "export", header: t("stacks.export"), cell: ({ ExportName: name }) => name ?? "–" },
          { id: "description", header: t("stacks.description"), cell: ({ Description: description }) => description ?? "–" },
        ]}
      />
      <Table
        variant="embedded"
        header={<Header variant="h3">{t("stacks.parameters")}</Header>}
        ariaLabels={{ tableLabel: t("stacks.parameters") }}
        items={stack?.Parameters ?? []}
        columnDefinitions={[
          { id: "key", header: t("column.name"), cell: ({ ParameterKey: key }) => key, isRowHeader: true },
          { id: "value", header: t("column.what"), cell: ({ ParameterValue: value, ResolvedValue: resolved }) => resolved ?? value ?? "–" },
        ]}
      />
    </SpaceBetween>
  );
}

const STAGES = ["Original", "Processed"] as const;

function Template({ name }: { readonly name: string }) {
  const { t } = useWords();
  const [stage, setStage] = useState<string>("Original");
  const { data } = useCall<{ readonly TemplateBody?: string }>("cloudformation", "GetTemplate", { StackName: name, TemplateStage: stage });
  return (
    <SpaceBetween size="s">
      <SegmentedControl
        label={t("stacks.stage")}
        selectedId={stage}
        options={STAGES.map((id) => ({ id, text: t(`stacks.stage.${id}`) }))}
        onChange={({ detail }) => setStage(detail.selectedId)}
      />
      <Code label={t("stacks.template")} text={data?.TemplateBody} />
    </SpaceBetween>
  );
}
