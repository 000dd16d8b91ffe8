import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { useCommand } from "../../api/commands.tsx";
import { record } from "../../fold/read.ts";
import type { Deployment, Stated, World } from "../../fold/types.ts";
import { useWords } from "../../i18n/i18n.tsx";
import type { TimelineEvent } from "../../live/events.ts";
import { useLive, useWorld } from "../../live/live.ts";
import { PageLink } from "../../ui/Links.tsx";
import { isBad, Status } from "../../ui/Status.tsx";
import { Time } from "../../ui/Time.tsx";
import { Why } from "../../ui/Why.tsx";
import { TrafficChart } from "../deployments/TrafficChart.tsx";

const SHOWN = 4;
/** Who makes the deployments that take traffic back. */
const ROLLBACK = "codeDeployRollback";

/** The loop at one glance: what came in, what ran, what is live, what is wrong and why. */
export function HomePage() {
  useCommand("orrery timeline --follow");
  const { t } = useWords();
  const world = useWorld();
  const latest = newest(world.deployments).find(({ creator }) => creator !== ROLLBACK);
  return (
    <SpaceBetween size="l">
      <Header variant="h1">{t("home.title")}</Header>
      <Verdict world={world} />
      <Columns world={world} />
      {latest !== undefined && latest.shifts.length > 0 && (
        <Container
          header={
            <Header variant="h2" description={headline(latest)}>
              {t("home.traffic")}
            </Header>
          }
        >
          <TrafficChart deployment={latest} world={world} />
        </Container>
      )}
      <Changed />
    </SpaceBetween>
  );
}

const newest = <T extends { readonly started?: number; readonly since: number }>(map: ReadonlyMap<string, T>): T[] =>
  [...map.values()].sort((a, b) => (b.started ?? b.since) - (a.started ?? a.since));

const headline = ({ id, status, rule }: Deployment): string => `${id} ${status}${rule === undefined ? "" : `: ${rule}`}`;

interface Trouble extends Stated {
  readonly key: string;
  readonly what: string;
  readonly to: string;
}

/** What is bad now: alarms, and the latest of each line of work. */
function troubles(world: World): Trouble[] {
  const alarms = [...world.alarms.values()].map((alarm) => ({
    ...alarm,
    key: alarm.arn,
    what: alarm.name,
    to: `/alarms/${encodeURIComponent(alarm.name)}`,
  }));
  const executions = [...world.pipelines.values()].flatMap(({ name, executions: [id = ""] }) => {
    const execution = world.executions.get(id);
    return execution === undefined
      ? []
      : [{ ...execution, key: id, what: `${name} ${id.slice(0, 8)}`, to: `/pipelines/${encodeURIComponent(name)}/${id}` }];
  });
  const deployed = newest(world.deployments).find(({ creator }) => creator !== ROLLBACK);
  const deployments =
    deployed === undefined ? [] : [{ ...deployed, key: deployed.id, what: deployed.id, to: `/deployments/${deployed.id}` }];
  const stacks = [...world.stacks.values()].map((stack) => ({
    ...stack,
    key: stack.arn,
    what: stack.name,
    to: `/stacks/${encodeURIComponent(stack.name)}`,
  }));
  return [...alarms, ...executions, ...deployments, ...stacks].filter(({ status }) => isBad(status) || status === "STOPPED");
}

function Verdict({ world }: { readonly world: World }) {
  const { t } = useWords();
  const found = troubles(world);
  if (found.length === 0) {
    return (
      <Alert type="success" header={t("home.well")}>
        {t("home.wellMore")}
      </Alert>
    );
  }
  return (
    <Alert type="error" header={`${t("home.wrong")} (${found.length})`}>
      <ul className="rows">
        {found.map(({ key, what, to, status, rule, since, eventId }) => (
          <li key={key}>
            <Status status={status} /> <PageLink to={to}>{what}</PageLink> {rule} <Time at={since} /> <Why of={eventId} what={what} />
          </li>
        ))}
      </ul>
    </Alert>
  );
}

function Column({ title, empty, children }: { readonly title: string; readonly empty: string; readonly children: readonly ReactNode[] }) {
  return (
    <li>
      <Container fitHeight header={<Header variant="h3">{title}</Header>}>
        {children.length === 0 ? <Box color="text-body-secondary">{empty}</Box> : <ul className="rows">{children}</ul>}
      </Container>
    </li>
  );
}

interface ItemProps {
  readonly to: string;
  readonly what: string;
  readonly state?: Stated;
  readonly time: number;
  readonly eventId: string;
  readonly more?: string;
}

function Item({ to, what, state, time, eventId, more }: ItemProps) {
  return (
    <li>
      <div className="clip">
        <PageLink to={to}>{what}</PageLink>
      </div>
      {more !== undefined && <div className="clip">{more}</div>}
      {state !== undefined && <Status status={state.status} />}
      <div className="quiet">
        <Time at={time} /> <Why of={eventId} what={what} />
      </div>
    </li>
  );
}

function Columns({ world }: { readonly world: World }) {
  const { t } = useWords();
  const executions = newest(world.executions).slice(0, SHOWN);
  return (
    <ol className="loop" aria-label={t("home.title")}>
      <Column title={t("home.commits")} empty={t("home.empty.commits")}>
        {world.commits.slice(0, SHOWN).map(({ id, message, repository, time, eventId }) => (
          <Item key={eventId} to="/timeline" what={`${id.slice(0, 7)} ${message}`} more={repository} time={time} eventId={eventId} />
        ))}
      </Column>
      <Column title={t("home.pipelines")} empty={t("home.empty.pipelines")}>
        {executions.map((execution) => (
          <Item
            key={execution.id}
            to={`/pipelines/${encodeURIComponent(execution.pipeline)}/${execution.id}`}
            what={execution.pipeline}
            more={[execution.commit?.slice(0, 7), execution.stages.at(-1)?.name].filter((word) => word !== undefined).join(" · ")}
            state={execution}
            time={execution.started}
            eventId={execution.eventId}
          />
        ))}
      </Column>
      <Column title={t("home.builds")} empty={t("home.empty.builds")}>
        {newest(world.builds)
          .slice(0, SHOWN)
          .map((build) => (
            <Item
              key={build.id}
              to={`/logs/${encodeURIComponent(`/aws/codebuild/${build.project}`)}`}
              what={build.project}
              more={build.phase}
              state={build}
              time={build.started}
              eventId={build.eventId}
            />
          ))}
      </Column>
      <Column title={t("home.deployments")} empty={t("home.empty.deployments")}>
        {newest(world.deployments)
          .slice(0, SHOWN)
          .map((deployment) => (
            <Item
              key={deployment.id}
              to={`/deployments/${deployment.id}`}
              what={deployment.id}
              more={deployment.functionName ?? deployment.application}
              state={deployment}
              time={deployment.started}
              eventId={deployment.eventId}
            />
          ))}
      </Column>
      <Column title={t("home.alarms")} empty={t("home.empty.alarms")}>
        {[...world.alarms.values()].slice(0, SHOWN + 2).map((alarm) => (
          <Item
            key={alarm.arn}
            to={`/alarms/${encodeURIComponent(alarm.name)}`}
            what={alarm.name}
            state={alarm}
            time={alarm.since}
            eventId={alarm.eventId}
          />
        ))}
      </Column>
    </ol>
  );
}

/** Noise that no person asks about. */
const STEPS =
  /^(role assumed|Alarm evaluated|Alarms checked|Alias Updated|Version Published|Function (Updated|Deleted)|Deployment (created|started)|Lifecycle event .*|CodePipeline (Stage|Action) Execution State Change|CodeDeploy .* Notification|CodeBuild Build Phase Change|CloudFormation Resource Status Change|Bucket configuration changed|Log Group Created|Object Created|Access Would Be Denied)$/;

function Changed() {
  const { t } = useWords();
  const { events, at } = useLive();
  const shown = events.filter(({ type, position }) => !STEPS.test(type) && (at === undefined || position <= at)).slice(-12);
  return (
    <Container header={<Header variant="h2">{t("home.changed")}</Header>}>
      <ul className="rows">
        {shown.toReversed().map((event) => (
          <li key={event.id}>
            <strong>{event.type.replace(" State Change", "").replace(" Status Change", "")}</strong> {stateOf(event)} {nameOf(event)}{" "}
            {event.rule}{" "}
            <span className="quiet">
              <Time at={event.time} />
            </span>{" "}
            <Why of={event.id} what={event.type} />
          </li>
        ))}
      </ul>
    </Container>
  );
}

function stateOf({ detail }: TimelineEvent): ReactNode {
  const { state } = detail;
  const status =
    detail["build-status"] ?? record(detail["status-details"])["status"] ?? (typeof state === "string" ? state : record(state)["value"]);
  return typeof status === "string" ? <Status status={status} /> : null;
}

/** The shortest name of what an event is about. */
function nameOf({ resources: [arn = ""] }: TimelineEvent): string {
  const last = arn.split(":").slice(5).join(":");
  return last.startsWith("stack/") ? (last.split("/")[1] ?? last) : last.replace(/^(alarm:|deployment:|function:|build\/|project\/)/, "");
}
