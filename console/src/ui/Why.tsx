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

/** Causes, newest first: what happened, when, and the rule that decided. */
export function Chain({ of }: { readonly of: string }) {
  const { t } = useWords();
  useCommand(`orrery why ${of}`);
  const { data, isLoading } = useQuery({
    queryKey: ["why", of],
    queryFn: () => orrery("GET", `why?of=${encodeURIComponent(of)}`) as Promise<{ readonly events: readonly TimelineEvent[] }>,
  });
  if (isLoading) return <Spinner />;
  const events = data?.events ?? [];
  if (events.length === 0) return <Box>{t("why.none")}</Box>;
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

function stateOf({ detail }: TimelineEvent): string {
  const state = detail["state"] ?? detail["build-status"] ?? detail["to"];
  return typeof state === "string" ? state : "";
}
