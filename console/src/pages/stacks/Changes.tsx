import Alert from "@cloudscape-design/components/alert";
import Badge from "@cloudscape-design/components/badge";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useAction, useCall } from "../../api/hooks.ts";
import { useWords } from "../../i18n/i18n.tsx";
import { useLive } from "../../live/live.ts";
import { Status } from "../../ui/Status.tsx";

interface Listed {
  readonly Summaries?: readonly { readonly ChangeSetId: string; readonly ChangeSetName: string }[];
}
interface Detail {
  readonly ChangeSource?: string;
  readonly CausingEntity?: string;
  readonly Target?: {
    readonly Attribute?: string;
    readonly Name?: string;
    readonly Path?: string;
    readonly RequiresRecreation?: string;
    readonly BeforeValue?: string;
    readonly AfterValue?: string;
  };
}
interface Change {
  readonly Action: "Add" | "Modify" | "Remove" | "Import" | "Dynamic";
  readonly LogicalResourceId: string;
  readonly ResourceType: string;
  readonly Replacement?: "True" | "False" | "Conditional";
  readonly Details?: readonly Detail[];
  readonly BeforeContext?: string;
  readonly AfterContext?: string;
}
interface Described {
  readonly ChangeSetName: string;
  readonly Status: string;
  readonly StatusReason?: string;
  readonly ExecutionStatus: string;
  readonly Changes?: readonly { readonly ResourceChange?: Change }[];
}

const COLOURS = { Add: "green", Modify: "blue", Remove: "red", Import: "green", Dynamic: "grey" } as const;

/** The change sets of a stack, each as what it would change. */
export function Changes({ name }: { readonly name: string }) {
  const { t } = useWords();
  const { data, error } = useCall<Listed>("cloudformation", "ListChangeSets", { StackName: name });
  if (error !== undefined) return <Alert type="error">{error.message}</Alert>;
  const sets = data?.Summaries ?? [];
  if (sets.length === 0) return <Box>{t("stacks.noChanges", { name })}</Box>;
  return (
    <SpaceBetween size="l">
      {sets.map(({ ChangeSetId: id }) => (
        <ChangeSet key={id} stack={name} id={id} />
      ))}
    </SpaceBetween>
  );
}

function ChangeSet({ stack, id }: { readonly stack: string; readonly id: string }) {
  const { t } = useWords();
  const { at } = useLive();
  const { data } = useCall<Described>("cloudformation", "DescribeChangeSet", {
    StackName: stack,
    ChangeSetName: id,
    IncludePropertyValues: true,
  });
  const execute = useAction("cloudformation", "ExecuteChangeSet");
  const remove = useAction("cloudformation", "DeleteChangeSet");
  if (data === undefined) return null;
  const input = { StackName: stack, ChangeSetName: id };
  const failed = execute.error ?? remove.error;
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={
            <>
              <Status status={data.Status} /> {data.ExecutionStatus} {data.StatusReason}
            </>
          }
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button
                disabled={at !== undefined || data.ExecutionStatus !== "AVAILABLE"}
                loading={execute.isPending}
                onClick={() => execute.mutate(input)}
              >
                {t("stacks.execute")}
              </Button>
              <Button disabled={at !== undefined} loading={remove.isPending} onClick={() => remove.mutate(input)}>
                {t("stacks.discard")}
              </Button>
            </SpaceBetween>
          }
        >
          {data.ChangeSetName}
        </Header>
      }
    >
      {failed !== null && <Alert type="error">{failed.message}</Alert>}
      <SpaceBetween size="s">
        {(data.Changes ?? []).flatMap(({ ResourceChange: change }) =>
          change === undefined ? [] : [<Diff key={change.LogicalResourceId} change={change} />],
        )}
      </SpaceBetween>
    </Container>
  );
}

/** What would become of one resource, property by property. */
function Diff({ change }: { readonly change: Change }) {
  const { t } = useWords();
  const { Action, LogicalResourceId: id, ResourceType: type, Replacement } = change;
  const lines = linesOf(change);
  return (
    <section aria-label={`${t(`stacks.action.${Action}`)} ${id}`}>
      <SpaceBetween direction="horizontal" size="xs">
        <Badge color={COLOURS[Action]}>{t(`stacks.action.${Action}`)}</Badge>
        <Box fontWeight="bold">{id}</Box>
        <Box color="text-body-secondary">{type}</Box>
        {Replacement !== undefined && Replacement !== "False" && (
          <Badge color="severity-high">{t(Replacement === "True" ? "stacks.replaced" : "stacks.maybeReplaced")}</Badge>
        )}
      </SpaceBetween>
      {lines.length > 0 && <Lines lines={lines} />}
    </section>
  );
}

interface Line {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly because: string;
}

function Lines({ lines }: { readonly lines: readonly Line[] }) {
  const { t } = useWords();
  const shown = lines.slice(0, 12);
  const rest = lines.slice(12);
  const list = (some: readonly Line[]) => (
    <ul className="diff">
      {some.map(({ path, before, after, because }) => (
        <li key={`${path} ${because}`}>
          <span className="mono">{path}</span> {because !== "" && <Box variant="small">{because}</Box>}
          {before !== undefined && <del>{before}</del>}
          {after !== undefined && <ins>{after}</ins>}
        </li>
      ))}
    </ul>
  );
  return (
    <>
      {list(shown)}
      {rest.length > 0 && <ExpandableSection headerText={t("stacks.moreLines", { count: rest.length })}>{list(rest)}</ExpandableSection>}
    </>
  );
}

/** The changed properties with their values; for a new or a removed resource all that it has. */
function linesOf({ Action, Details = [], BeforeContext, AfterContext }: Change): Line[] {
  if (Action !== "Modify") {
    const properties = propertiesOf(Action === "Remove" ? BeforeContext : AfterContext);
    return Object.entries(properties).map(([path, value]) => {
      const text = textOf(value);
      return { path, before: Action === "Remove" ? text : undefined, after: Action === "Remove" ? undefined : text, because: "" };
    });
  }
  const lines = Details.map(
    ({ Target = {}, CausingEntity }): Line => ({
      path: Target.Path ?? [Target.Attribute, Target.Name].filter(Boolean).join("/"),
      before: Target.BeforeValue,
      after: Target.AfterValue,
      because: [
        CausingEntity,
        Target.RequiresRecreation === undefined || Target.RequiresRecreation === "Never"
          ? undefined
          : `recreation: ${Target.RequiresRecreation}`,
      ]
        .filter(Boolean)
        .join(", "),
    }),
  );
  // A property that changes for two reasons is told once.
  return lines.filter(({ path, because }, i) => lines.findIndex((one) => one.path === path && one.because === because) === i);
}

function propertiesOf(context: string | undefined): Readonly<Record<string, unknown>> {
  if (context === undefined) return {};
  return (JSON.parse(context) as { readonly Properties?: Readonly<Record<string, unknown>> }).Properties ?? {};
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
