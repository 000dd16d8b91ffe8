import { parseArn } from "../../../aws/arn.ts";
import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { notImplemented } from "../../../aws/exception.ts";
import type { TimelineEvent } from "../../../kernel/events.ts";
import { invalid } from "../errors.ts";
import type { SeenRow } from "../store.ts";
import { faultOfKeys, isSame, type KeyAttributes, serviceAttributes } from "./keys.ts";
import { hoursOf, page, servicesIn } from "./services.ts";

type ChangeEvent = NonNullable<
  NonNullable<Output<"application-signals", "ListServiceStates">["ServiceStates"]>[number]["LatestChangeEvents"]
>[number];

/** What of the timeline changes a function, and the operation that does it. */
const CHANGES: Readonly<Record<string, readonly [operation: string, type: "DEPLOYMENT" | "CONFIGURATION"]>> = {
  "Function Created": ["CreateFunction", "DEPLOYMENT"],
  "Function Updated": ["UpdateFunctionCode", "DEPLOYMENT"],
  "Version Published": ["PublishVersion", "DEPLOYMENT"],
  "Alias Created": ["CreateAlias", "DEPLOYMENT"],
  "Alias Updated": ["UpdateAlias", "DEPLOYMENT"],
  "Concurrency Changed": ["PutFunctionConcurrency", "CONFIGURATION"],
};
const AT_ONCE = 1_000;
const STATES_PAGE = 20;

function functionOf({ resources }: TimelineEvent): string | undefined {
  return parseArn(resources[0] ?? "")?.resource.split(":")[1];
}

function changeOf(event: TimelineEvent, service: string): ChangeEvent {
  const [standard = "", type = "CONFIGURATION"] = CHANGES[event.type] ?? [];
  const { operation = standard } = event.detail as { readonly operation?: string };
  return {
    Timestamp: new Date(event.time),
    AccountId: event.account,
    Region: event.region,
    Entity: serviceAttributes({ service, environment: "lambda:default" }),
    ChangeEventType: operation === "UpdateFunctionConfiguration" ? "CONFIGURATION" : type,
    EventId: event.id,
    UserName: event.actor.split("/").at(-1) ?? event.actor,
    EventName: operation,
  };
}

/** Changes of functions in a range, by function, the newest first. */
function changesIn(ctx: Context, { from, to }: { readonly from: number; readonly to: number }): Map<string, ChangeEvent[]> {
  const events = Object.keys(CHANGES).flatMap((type) => allOf(ctx, type));
  const found = new Map<string, ChangeEvent[]>();
  for (const event of events.toSorted((a, b) => b.position - a.position)) {
    const service = functionOf(event);
    if (service === undefined || event.account !== ctx.account || event.region !== ctx.region) continue;
    if (event.time < from || event.time > to) continue;
    found.set(service, [...(found.get(service) ?? []), changeOf(event, service)]);
  }
  return found;
}

function allOf(ctx: Context, type: string): TimelineEvent[] {
  const events: TimelineEvent[] = [];
  for (let after = 0; ; ) {
    const read = ctx.cloud.timeline.read({ source: "aws.lambda", type, after, limit: AT_ONCE });
    events.push(...read);
    const last = read.at(-1);
    if (last === undefined || read.length < AT_ONCE) return events;
    after = last.position;
  }
}

/** The newest change of each service that has one. https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_ListServiceStates.html */
export function listServiceStates(
  input: Input<"application-signals", "ListServiceStates">,
  ctx: Context,
): Output<"application-signals", "ListServiceStates"> {
  if (input.IncludeLinkedAccounts === true) throw notImplemented("application-signals", "ListServiceStates", "IncludeLinkedAccounts");
  if (input.AwsAccountId !== undefined && input.AwsAccountId !== ctx.account)
    throw notImplemented("application-signals", "ListServiceStates", "AwsAccountId");
  const hours = hoursOf(input);
  const filters = input.AttributeFilters ?? [];
  const services = servicesIn(ctx, hours).filter((row) =>
    filters.every(({ AttributeFilterName = "", AttributeFilterValues = [] }) =>
      AttributeFilterValues.includes(attributeOf(row, AttributeFilterName) ?? ""),
    ),
  );
  const changes = changesIn(ctx, { from: input.StartTime?.getTime() ?? 0, to: input.EndTime?.getTime() ?? 0 });
  const states = services.flatMap((row) => {
    const latest = row.platform === "AWS::Lambda" ? changes.get(row.service)?.[0] : undefined;
    if (latest === undefined) return [];
    return [
      { ...(filters.length === 0 ? {} : { AttributeFilters: filters }), Service: serviceAttributes(row), LatestChangeEvents: [latest] },
    ];
  });
  const { shown, token } = page(states, input, STATES_PAGE);
  return { StartTime: input.StartTime, EndTime: input.EndTime, ServiceStates: shown, ...token };
}

function attributeOf({ platform, environment, service }: SeenRow, name: string): string | undefined {
  return { Platform: platform, Environment: environment, Name: service }[name];
}

/** https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_ListEntityEvents.html */
export function listEntityEvents(
  input: Input<"application-signals", "ListEntityEvents">,
  ctx: Context,
): Output<"application-signals", "ListEntityEvents"> {
  const fault = faultOfKeys(input.Entity);
  if (fault !== undefined) throw invalid(fault);
  const range = { from: input.StartTime?.getTime() ?? 0, to: input.EndTime?.getTime() ?? 0 };
  if (range.from >= range.to) throw invalid("StartTime must be before EndTime.");
  const { Name: service = "" } = input.Entity ?? {};
  const isFunction = isSame(serviceAttributes({ service, environment: "lambda:default" }), (input.Entity ?? {}) as KeyAttributes);
  const { shown, token } = page(isFunction ? (changesIn(ctx, range).get(service) ?? []) : [], input);
  return { StartTime: input.StartTime, EndTime: input.EndTime, ChangeEvents: shown, ...token };
}
