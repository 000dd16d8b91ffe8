import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import Spinner from "@cloudscape-design/components/spinner";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { orrery } from "../api/client.ts";
import { useCommand } from "../api/commands.tsx";
import { useWords } from "../i18n/i18n.tsx";
import type { TimelineEvent } from "../live/events.ts";
import { PageLink } from "./Links.tsx";
import { Time } from "./Time.tsx";

/** Opens the chain of causes of an event, an id or an ARN. */
export function Why({ of, what }: { readonly of: string; readonly what: string }) {
  const { t } = useWords();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button variant="inline-link" ariaLabel={`${t("why")} ${what}`} onClick={() => setOpen(true)}>
        {t("why")}
      </Button>
      {open && (
        <Modal visible size="large" header={t("why.of", { what })} closeAriaLabel={t("why.close")} onDismiss={() => setOpen(false)}>
          <Chain of={of} />
        </Modal>
      )}
    </>
  );
}

/** What `orrery why` answers, newest first. */
export function useChain(of: string): { readonly events: readonly TimelineEvent[]; readonly isLoading: boolean } {
  useCommand(`orrery why ${of}`);
  const { data, isLoading } = useQuery({
    queryKey: ["why", of],
    queryFn: () => orrery("GET", `why?of=${encodeURIComponent(of)}`) as Promise<{ readonly events: readonly TimelineEvent[] }>,
  });
  return { events: data?.events ?? [], isLoading };
}

function Chain({ of }: { readonly of: string }) {
  const { t } = useWords();
  const { events, isLoading } = useChain(of);
  if (isLoading) return <Spinner />;
  if (events.length === 0) return <Box>{t("why.none")}</Box>;
  return (
    <>
      <PageLink to={`/why/${encodeURIComponent(of)}`}>{t("why.graph")}</PageLink>
      <Causes events={events} />
    </>
  );
}

/** What happened, when, and the rule that decided. */
export function Causes({ events }: { readonly events: readonly TimelineEvent[] }) {
  return (
    <ol className="why">
      {events.map((event) => (
        <li key={event.id}>
          <Box fontWeight="bold">
            {event.type} {stateOf(event)}
          </Box>
          {event.rule !== undefined && <Box>{event.rule}</Box>}
          <Box color="text-body-secondary" fontSize="body-s">
            <Time at={event.time} /> · {event.source} · {event.resources[0]}
          </Box>
        </li>
      ))}
    </ol>
  );
}

/** The state that an event tells of, in AWS's word; empty where it tells none. */
export function stateOf({ detail }: TimelineEvent): string {
  const status = (detail["status-details"] as { readonly status?: unknown } | undefined)?.status;
  const state = detail["state"] ?? detail["build-status"] ?? detail["to"] ?? status;
  // An alarm's is an object.
  const told = typeof state === "object" && state !== null ? (state as { readonly value?: unknown }).value : state;
  return typeof told === "string" ? told : "";
}
