import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { useMemo, useState } from "react";
import { useWords } from "../../i18n/i18n.tsx";
import type { TimelineEvent } from "../../live/events.ts";
import { Graph, type Health } from "../../ui/graph/Graph.tsx";
import { isBad } from "../../ui/Status.tsx";
import { Causes, stateOf, useChain } from "../../ui/Why.tsx";
import { stepsOf } from "./groups.ts";

const STEP_HEIGHT = 128;

/** A stop or an ALARM is what one looks for; all else is how it came to be. */
function healthOf(event: TimelineEvent): Health {
  if (isBad(stateOf(event)) || /fail|stopp|rolled back/i.test(event.type)) return "bad";
  return stateOf(event) === "" ? "none" : "good";
}

/** Why anything is as it is: from its first cause down to it, with the decisions beside it. */
export function WhyPage({ params }: { readonly params: Readonly<Record<string, string | undefined>> }) {
  const { t, time } = useWords();
  const of = decodeURIComponent(params["id"] ?? "");
  const { events, isLoading } = useChain(of);
  const [chosen, setChosen] = useState<string | undefined>();
  const { nodes, edges, steps } = useMemo(() => {
    const { steps, links } = stepsOf(events);
    return {
      steps,
      nodes: steps.map(({ id, name, source, events: own }) => {
        const last = own.at(-1);
        const told =
          last === undefined
            ? ""
            : `${last.type.replace(/^(CodePipeline|CodeBuild|CodeDeploy|CloudFormation|CloudWatch|CodeCommit) /, "")} ${stateOf(last)}`;
        return {
          id,
          title: name,
          kind: `${source.replace("aws.", "")} · ${last === undefined ? "" : time(last.time)}`,
          health: last === undefined ? ("none" as const) : healthOf(last),
          words: told,
        };
      }),
      edges: links.map(({ from, to, isCause }) => ({ from, to, dashed: !isCause, ...(isCause ? {} : { label: t("why.under") }) })),
    };
  }, [events, t, time]);
  const shown = chosen === undefined ? events : (steps.find(({ id }) => id === chosen)?.events.toReversed() ?? events);
  return (
    <SpaceBetween size="l">
      <Header variant="h1" description={t("why.what")}>
        {t("why.of", { what: of })}
      </Header>
      {isLoading && <Spinner size="large" />}
      {!isLoading && events.length === 0 && <Box>{t("why.none")}</Box>}
      {events.length > 0 && (
        <Grid gridDefinition={[{ colspan: { default: 12, m: 5 } }, { colspan: { default: 12, m: 7 } }]}>
          <Graph
            label={t("why.graph")}
            nodes={nodes}
            edges={edges}
            selected={chosen}
            onSelect={(id) => setChosen(id === chosen ? undefined : id)}
            height={Math.max(260, nodes.length * STEP_HEIGHT)}
            direction="TB"
          />
          <SpaceBetween size="s">
            {chosen !== undefined && <Button onClick={() => setChosen(undefined)}>{t("why.all")}</Button>}
            <Causes events={shown} />
          </SpaceBetween>
        </Grid>
      )}
    </SpaceBetween>
  );
}
