import type { StartLiveTailResponseStream } from "@aws-sdk/client-cloudwatch-logs";
import { parseArn } from "../../../aws/arn.ts";
import type { Input, Output } from "../../../aws/clients.ts";
import type { Cloud, Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import { findGroup, invalidParameter } from "../groups.ts";
import { compilePattern } from "../pattern.ts";
import type { GroupRow, StreamRow } from "../store.ts";
import { findStream } from "../streams.ts";
import { LiveTailSession, type Wanted } from "./session.ts";

type Service = "cloudwatch-logs";

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html */
const MOST_SESSIONS = 15;

/** The sessions that are open: connections, which no restart survives. */
const open = new WeakMap<Cloud, Set<LiveTailSession>>();

/** Tells those who watch what came into a stream, once it is stored. `messages` are as they may be shown. */
export function tellSessions(
  ctx: Context,
  group: GroupRow,
  stream: StreamRow,
  arrived: readonly { timestamp: number; message: string }[],
): void {
  const watching = [...(open.get(ctx.cloud) ?? [])].filter(({ wanted }) => wanted.groups.has(group.id));
  if (watching.length === 0) return;
  const ingestionTime = ctx.now;
  ctx.cloud.store.afterCommit(() => {
    for (const session of watching) {
      for (const { timestamp, message } of arrived)
        session.offer(group.id, { timestamp, message, ingestionTime, logStreamName: stream.name });
    }
  });
}

/** Whether anybody watches the group: others need not prepare what would be told. */
export function isWatched(cloud: Cloud, group: number): boolean {
  for (const { wanted } of open.get(cloud) ?? []) if (wanted.groups.has(group)) return true;
  return false;
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html */
export function startLiveTail(input: Input<Service, "StartLiveTail">, ctx: Context): Output<Service, "StartLiveTail"> {
  const wanted = wantedOf(input, ctx);
  const { logGroupIdentifiers, logStreamNames, logStreamNamePrefixes, logEventFilterPattern } = input;
  const sessions = open.get(ctx.cloud) ?? new Set();
  open.set(ctx.cloud, sessions);
  const own = [...sessions].filter(({ wanted: other }) => other.account === ctx.account && other.region === ctx.region);
  if (own.length >= MOST_SESSIONS)
    throw new AwsException("LimitExceededException", "You have reached the maximum number of Live Tail sessions.");
  const start: StartLiveTailResponseStream = {
    sessionStart: {
      requestId: ctx.requestId,
      sessionId: ctx.cloud.ids.uuid(),
      logGroupIdentifiers,
      logStreamNames: logStreamNames ?? [],
      logStreamNamePrefixes: logStreamNamePrefixes ?? [],
      logEventFilterPattern: logEventFilterPattern ?? "",
    },
  };
  const session: LiveTailSession = new LiveTailSession(ctx.cloud, wanted, start, () => sessions.delete(session));
  sessions.add(session);
  ctx.request?.onClose(() => session.close());
  return { responseStream: session };
}

function wantedOf(input: Input<Service, "StartLiveTail">, ctx: Context): Wanted {
  const { logGroupIdentifiers: identifiers = [], logStreamNames: names, logStreamNamePrefixes: prefixes } = input;
  const groups = identifiers.map((identifier) => {
    if (parseArn(identifier) === undefined || identifier.endsWith("*"))
      throw invalidParameter(`${identifier} is not the ARN of a log group, which does not end with an asterisk.`);
    return { identifier, row: findGroup(ctx, identifier) };
  });
  const rare = groups.find(({ row }) => row.class !== "STANDARD");
  if (rare !== undefined)
    throw new AwsException("InvalidOperationException", `The log group ${rare.row.name} is not of the Standard class.`);
  if (names !== undefined && prefixes !== undefined)
    throw invalidParameter("The logStreamNames and logStreamNamePrefixes parameters are mutually exclusive.");
  const [only] = groups;
  if ((names ?? prefixes) !== undefined && (groups.length !== 1 || only === undefined))
    throw invalidParameter("Log streams can be given for one log group only.");
  if (only !== undefined) for (const name of names ?? []) findStream(ctx, only.row, name);
  const wantsStream = (name: string): boolean =>
    (names === undefined || names.includes(name)) && (prefixes === undefined || prefixes.some((prefix) => name.startsWith(prefix)));
  return {
    account: ctx.account,
    region: ctx.region,
    groups: new Map(groups.map(({ identifier, row }) => [row.id, identifier])),
    wantsStream,
    pattern: compilePattern(input.logEventFilterPattern ?? ""),
  };
}
