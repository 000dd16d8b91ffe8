import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import type { Operations, Subscription } from "../../aws/service.ts";
import { parseTraceHeader } from "../../aws/tracing.ts";
import { mayPut } from "./access.ts";
import { busArn, busReference, DEFAULT_BUS, eventTime } from "./names.ts";
import { type BusEvent, publish } from "./publish.ts";

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size */
const MAX_REQUEST_BYTES = 1024 * 1024;

interface Entry {
  readonly Time?: Date | undefined;
  readonly Source?: string | undefined;
  readonly Resources?: readonly string[] | undefined;
  readonly DetailType?: string | undefined;
  readonly Detail?: string | undefined;
  readonly EventBusName?: string | undefined;
  readonly TraceHeader?: string | undefined;
}
interface EntryResult {
  readonly EventId?: string;
  readonly ErrorCode?: string;
  readonly ErrorMessage?: string;
}

function sizeOf(entry: Entry): number {
  const bytes = (text: string | undefined): number => (text === undefined ? 0 : Buffer.byteLength(text));
  const resources = (entry.Resources ?? []).reduce((sum, resource) => sum + bytes(resource), 0);
  return (entry.Time === undefined ? 0 : 14) + bytes(entry.Source) + bytes(entry.DetailType) + bytes(entry.Detail) + resources;
}

function putEntry(ctx: Context, entry: Entry): EntryResult {
  for (const member of ["Source", "DetailType", "Detail"] as const) {
    if (entry[member] === undefined || entry[member] === "") {
      return failed("InvalidArgument", `Parameter ${member} is not valid. Reason: ${member} is a required argument.`);
    }
  }
  const { Source: source = "", DetailType: type = "" } = entry;
  if (/^aws(\.|$)/.test(source)) return failed("NotAuthorizedForSource", "Not authorized for the source.");
  const detail = parseDetail(entry.Detail ?? "");
  if (detail === undefined) return failed("MalformedDetail", "Detail is malformed.");
  const bus = busReference(ctx, entry.EventBusName);
  if (!mayPut(ctx.principal, bus)) {
    const who = ctx.principal.arn;
    return failed(
      "AccessDeniedException",
      `User: ${who} is not authorized to perform: events:PutEvents on resource: ${busArn(bus.ctx, bus.name)}`,
    );
  }
  const resources = entry.Resources ?? [];
  const event: BusEvent = {
    version: "0",
    id: ctx.cloud.ids.uuid(),
    "detail-type": type,
    source,
    account: ctx.account,
    time: eventTime(entry.Time?.getTime() ?? ctx.now),
    region: ctx.region,
    resources,
    detail,
  };
  // The timeline gets the fact, the event's own body stays with the deliveries that need it.
  const cause = ctx.emit({ source, type, resources, detail: { "event-id": event.id, "event-bus-name": bus.name } });
  const trace = parseTraceHeader(entry.TraceHeader) ?? ctx.trace;
  publish(bus.ctx.with({ cause, trace }), bus.name, event);
  return { EventId: event.id };
}

function failed(ErrorCode: string, ErrorMessage: string): EntryResult {
  return { ErrorCode, ErrorMessage };
}

function parseDetail(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export const events = {
  PutEvents: (input, ctx) => {
    if (input.EndpointId !== undefined) throw notImplemented("eventbridge", "PutEvents", "EndpointId");
    const entries = input.Entries ?? [];
    if (entries.reduce((sum, entry) => sum + sizeOf(entry), 0) > MAX_REQUEST_BYTES) {
      throw new AwsException("ValidationException", "Total size of the entries in the request is over the limit.");
    }
    const results = ctx.tx(() => entries.map((entry) => putEntry(ctx, entry)));
    return { FailedEntryCount: results.filter(({ ErrorCode }) => ErrorCode !== undefined).length, Entries: results };
  },
} satisfies Operations<"eventbridge">;

/** What AWS's services report comes to the account's default bus. */
export const serviceEvents: Subscription = {
  name: "eventbridge.default-bus",
  wants: (event) => event.bus === true,
  handle: (ctx, event) => {
    publish(ctx, DEFAULT_BUS, {
      version: "0",
      id: ctx.cloud.ids.uuid(),
      "detail-type": event.type,
      source: event.source,
      account: event.account,
      time: eventTime(event.time),
      region: event.region,
      resources: event.resources,
      detail: event.detail,
    });
  },
};
