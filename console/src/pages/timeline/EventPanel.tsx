import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useWords } from "../../i18n/i18n.tsx";
import type { TimelineEvent } from "../../live/events.ts";
import { live } from "../../live/live.ts";
import { Code } from "../../ui/Code.tsx";
import { Id } from "../../ui/Id.tsx";
import { Time } from "../../ui/Time.tsx";
import { Why } from "../../ui/Why.tsx";

interface Props {
  readonly event: TimelineEvent;
  readonly events: readonly TimelineEvent[];
  onChoose(event: TimelineEvent): void;
  /** Shows only what followed from an event. */
  onFollow(id: string): void;
}

/** One event in full: what it is, why, from what, and what followed. */
export function EventPanel({ event, events, onChoose, onFollow }: Props) {
  const { t } = useWords();
  const cause = events.find(({ id }) => id === event.cause);
  const followed = events.filter((one) => one.cause === event.id);
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={event.type}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button onClick={() => live.scrub(event.position)}>{t("timeline.go")}</Button>
              <Button onClick={() => onFollow(event.id)}>{t("timeline.only")}</Button>
              <Why of={event.id} what={event.type} />
            </SpaceBetween>
          }
        >
          {t("timeline.detail", { id: event.id })}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <KeyValuePairs
          columns={3}
          items={[
            { label: t("column.time"), value: <Time at={event.time} /> },
            { label: t("timeline.service"), value: event.source },
            { label: t("column.who"), value: event.actor },
            { label: t("timeline.rule"), value: event.rule ?? "–" },
            {
              label: t("column.cause"),
              value:
                cause === undefined ? (
                  (event.cause ?? "–")
                ) : (
                  <Button variant="inline-link" onClick={() => onChoose(cause)}>
                    {`${cause.id} ${cause.type}`}
                  </Button>
                ),
            },
            {
              label: t("column.about"),
              value: (
                <SpaceBetween size="xxs">
                  {event.resources.map((arn) => (
                    <Id key={arn} value={arn} />
                  ))}
                </SpaceBetween>
              ),
            },
          ]}
        />
        {followed.length > 0 && (
          <div>
            <strong>{t("timeline.follows")}</strong>
            <ul className="rows">
              {followed.map((next) => (
                <li key={next.id}>
                  <Button variant="inline-link" onClick={() => onChoose(next)}>
                    {`${next.id} ${next.type}`}
                  </Button>{" "}
                  {next.rule}
                </li>
              ))}
            </ul>
          </div>
        )}
        <Code label={t("timeline.detail", { id: event.id })} text={JSON.stringify(event.detail, null, 2)} />
      </SpaceBetween>
    </Container>
  );
}
