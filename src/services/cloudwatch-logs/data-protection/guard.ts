import type { Cloud, Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import { groupArn } from "../groups.ts";
import type { EventRow, GroupRow } from "../store.ts";
import { type Detector, detectorOf, type Finding, masked } from "./detector.ts";
import { type Protection, readProtection } from "./document.ts";
import { accountPolicies, findings, protection } from "./store.ts";

/** Policies made ready, by their text. */
const ready = new WeakMap<Cloud, Map<string, Protection>>();
const detectors = new WeakMap<Cloud, Map<string, Detector>>();
const MOST_READY = 1_000;

function kept<T>(cloud: Cloud, all: WeakMap<Cloud, Map<string, T>>, key: string, make: () => T): T {
  let own = all.get(cloud);
  if (own === undefined || own.size >= MOST_READY) {
    own = new Map();
    all.set(cloud, own);
  }
  let found = own.get(key);
  if (found === undefined) {
    found = make();
    own.set(key, found);
  }
  return found;
}

/** The documents that hold for a group: its own and the account's. */
function documentsOf(ctx: Context, group: GroupRow): string[] {
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
  if (group.class !== "STANDARD") return [];
  const own = ctx.get(protection.get, { group: group.id })?.document ?? undefined;
  const account = ctx.get(accountPolicies.first, { type: "DATA_PROTECTION_POLICY" })?.document;
  return [own, account].filter((document) => document !== undefined);
}

/** The policies that hold for a group; they add up. */
export function protectionsOf(ctx: Context, group: GroupRow): Protection[] {
  return documentsOf(ctx, group).map((document) => kept(ctx.cloud, ready, document, () => readProtection("PutLogEvents", document)));
}

/** What finds sensitive data in the events of a group; undefined where nothing protects it. */
export function detectorFor(ctx: Context, group: GroupRow): Detector | undefined {
  const documents = documentsOf(ctx, group);
  if (documents.length === 0) return undefined;
  return kept(ctx.cloud, detectors, documents.join("\n"), () =>
    detectorOf(new Map(protectionsOf(ctx, group).flatMap(({ identifiers }) => [...identifiers]))),
  );
}

/** What was found in an event when it came in. */
export function findingsOf(ctx: Context, group: Pick<GroupRow, "id">, { time, seq }: Pick<EventRow, "time" | "seq">): readonly Finding[] {
  const row = ctx.get(findings.get, { group: group.id, time, seq });
  return row === undefined ? [] : (JSON.parse(row.findings) as Finding[]);
}

/** An event's message as it may be shown. */
export function shownMessage(
  ctx: Context,
  group: Pick<GroupRow, "id" | "masked">,
  event: Pick<EventRow, "time" | "seq" | "message">,
): string {
  if (group.masked === 0) return event.message;
  const found = findingsOf(ctx, group, event);
  return found.length === 0 ? event.message : masked(event.message, found);
}

/** The events with their messages as they may be shown. */
export function shownEvents<T extends EventRow>(ctx: Context, group: GroupRow, events: readonly T[]): readonly T[] {
  if (group.masked === 0) return events;
  return events.map((event) => ({ ...event, message: shownMessage(ctx, group, event) }));
}

/**
 * Who sees unmasked data needs `logs:Unmask`, also where other permissions are only recorded: masking would mean nothing
 * without it. The account's root may do everything.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data-viewunmasked.html
 * @throws AwsException AccessDeniedException
 */
export function checkUnmask(ctx: Context, group: GroupRow): void {
  const { principal } = ctx;
  if (principal.type === "root" && principal.session === undefined) return;
  const resource = `${groupArn(ctx, group.name)}:*`;
  if (ctx.cloud.identity.decide({ principal, action: "logs:Unmask", resource, conditions: {} }).allowed) return;
  throw new AwsException(
    "AccessDeniedException",
    `User: ${principal.arn} is not authorized to perform: logs:Unmask on resource: ${resource}`,
    {
      status: 400,
    },
  );
}
