import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Cloud, Context } from "../../aws/context.ts";
import { DEFAULT_ACCOUNT, rootPrincipal } from "../../aws/identity.ts";

export interface Tailed {
  readonly region: string;
  readonly group: string;
  /** A filter pattern; empty for all. */
  readonly filter: string;
}

/**
 * What comes into a log group, as Server-Sent Events: an array of log events each second in which there were some, by CloudWatch
 * Logs' own live tail. It ends with the client or the server.
 * @throws AwsException what StartLiveTail answers
 */
export async function tail(
  cloud: Cloud,
  { region, group, filter }: Tailed,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const ctx = new Context(cloud, { account: DEFAULT_ACCOUNT, region, principal: rootPrincipal(DEFAULT_ACCOUNT) });
  const logGroupIdentifiers = [ctx.arn("logs", `log-group:${group}`)];
  const { responseStream } = await ctx.call("cloudwatch-logs", "StartLiveTail", { logGroupIdentifiers, logEventFilterPattern: filter });
  if (typeof responseStream !== "object" || !(Symbol.asyncIterator in responseStream)) return;
  const updates = responseStream[Symbol.asyncIterator]();
  const end = (): void => void updates.return?.();
  request.on("close", end);
  const forget = cloud.lifecycle.onStop("a console's tail", end);
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" });
  response.write(": here\n\n");
  try {
    for (let { done, value } = await updates.next(); done !== true; { done, value } = await updates.next()) {
      const events = value?.sessionUpdate?.sessionResults ?? [];
      if (events.length === 0 || response.writableEnded) continue;
      const isRoomy = response.write(`data: ${JSON.stringify(events)}\n\n`);
      if (!isRoomy && !response.destroyed) await Promise.race([once(response, "drain"), once(response, "close")]);
    }
  } finally {
    forget();
    response.end();
  }
}
