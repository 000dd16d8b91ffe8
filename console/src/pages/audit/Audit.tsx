import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useCommand } from "../../api/commands.tsx";
import { text } from "../../fold/read.ts";
import { useWords } from "../../i18n/i18n.tsx";
import type { TimelineEvent } from "../../live/events.ts";
import { useLive } from "../../live/live.ts";
import { Code } from "../../ui/Code.tsx";
import { Time } from "../../ui/Time.tsx";
import { Why } from "../../ui/Why.tsx";

interface Denial {
  readonly key: string;
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  readonly latest: TimelineEvent;
  readonly count: number;
}

/** A session's role stands for all of its sessions. */
const roleOf = (principal: string): string => principal.replace(/:sts:(.*):assumed-role\/([^/]+)\/.*$/, ":iam:$1:role/$2");

function denialsIn(events: readonly TimelineEvent[]): Denial[] {
  const found = new Map<string, Denial>();
  for (const event of events) {
    if (event.type !== "Access Would Be Denied") continue;
    const { detail, resources } = event;
    const principal = roleOf(text(detail["principal"]));
    const action = text(detail["action"]);
    const resource = text(detail["resource"]) || (resources[1] ?? "*");
    const key = `${principal} ${action} ${resource}`;
    found.set(key, { key, principal, action, resource, latest: event, count: (found.get(key)?.count ?? 0) + 1 });
  }
  return [...found.values()];
}

/** One statement for each set of actions that a principal lacked on one resource. */
function policyFor(denials: readonly Denial[]): object {
  const byResource = Map.groupBy(denials, ({ resource }) => resource);
  return {
    Version: "2012-10-17",
    Statement: [...byResource].map(([Resource, all]) => ({
      Effect: "Allow",
      Action: [...new Set(all.map(({ action }) => action))].sort(),
      Resource,
    })),
  };
}

/** What IAM would have denied on AWS, and what would have to be allowed. */
export function AuditPage() {
  useCommand("orrery timeline --type 'Access Would Be Denied'");
  const { t } = useWords();
  const { events, at } = useLive();
  const denials = denialsIn(at === undefined ? events : events.filter(({ position }) => position <= at));
  const byPrincipal = [...Map.groupBy(denials, ({ principal }) => principal)];
  return (
    <SpaceBetween size="l">
      <Table
        header={
          <Header variant="h1" counter={`(${denials.length})`}>
            {t("audit.title")}
          </Header>
        }
        ariaLabels={{ tableLabel: t("audit.title") }}
        items={denials}
        empty={<Box>{t("audit.empty")}</Box>}
        wrapLines
        columnDefinitions={[
          { id: "action", header: t("audit.action"), cell: ({ action, count }) => `${action} × ${count}`, isRowHeader: true },
          { id: "principal", header: t("audit.principal"), cell: ({ principal }) => principal },
          { id: "resource", header: t("audit.resource"), cell: ({ resource }) => resource },
          { id: "time", header: t("column.time"), cell: ({ latest }) => <Time at={latest.time} /> },
          {
            id: "reason",
            header: t("column.reason"),
            cell: ({ latest, action }) => (
              <>
                {latest.rule} <Why of={latest.id} what={action} />
              </>
            ),
          },
        ]}
      />
      {byPrincipal.map(([principal, all]) => (
        <Container
          key={principal}
          header={
            <Header variant="h2" description={principal}>
              {t("audit.policy")}
            </Header>
          }
        >
          <Code label={`${t("audit.policy")}: ${principal}`} text={JSON.stringify(policyFor(all), null, 2)} />
        </Container>
      ))}
    </SpaceBetween>
  );
}
