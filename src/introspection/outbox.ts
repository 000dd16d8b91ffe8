import type { Cloud } from "../aws/context.ts";
import type { TimelineEvent } from "../kernel/events.ts";
import type { Answer } from "./body.ts";

/** One mail that was not sent. */
export interface OutboxMail {
  /** The event that tells of it. */
  readonly id: string;
  /** Virtual ms. */
  readonly time: number;
  readonly to: string;
  readonly subject: string;
  readonly body: string;
  /** What confirms the subscription, or ends it. */
  readonly link: string;
  readonly topic: string;
}

const MOST = 1_000;

function toMail({ id, time, detail, resources }: TimelineEvent): OutboxMail {
  const text = (name: string): string => String(detail[name] ?? "");
  return { id, time, to: text("to"), subject: text("subject"), body: text("body"), link: text("link"), topic: resources[1] ?? "" };
}

/** `GET outbox?to=…`: mail to subscribers, oldest first. It is on the timeline, and nowhere sent. */
export function outboxAnswers(cloud: Cloud): Record<string, Answer> {
  return {
    "GET outbox": (query) => {
      const to = query.get("to");
      const mails = cloud.timeline.read({ source: "orrery.sns", type: "Mail Left In Outbox", limit: MOST }).map(toMail);
      return { mails: to === null ? mails : mails.filter((mail) => mail.to === to) };
    },
  };
}
