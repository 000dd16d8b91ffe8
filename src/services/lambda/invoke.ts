import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { acceptEvent } from "./async.ts";
import { execute } from "./execution.ts";
import { type Resolved, refOf, resolve, typed } from "./names.ts";
import type { FunctionRecord } from "./records.ts";
import { checkReady } from "./states.ts";
import { getPart, getVersion } from "./store.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 6 MB synchronous, 1 MB asynchronous. */
export const LARGEST_SYNC = 6 * 1024 * 1024;
const LARGEST_ASYNC = 1024 * 1024;

export async function invoke(input: Input<"lambda", "Invoke">, ctx: Context): Promise<Output<"lambda", "Invoke">> {
  const resolved = resolve(ctx, refOf(ctx, input.FunctionName, input.Qualifier));
  if (resolved.record.state === "Pending") checkReady(ctx, resolved.record);
  const type = input.InvocationType ?? "RequestResponse";
  const payload = checkPayload(input.Payload, type === "Event" ? LARGEST_ASYNC : LARGEST_SYNC);
  if (type === "DryRun") return { StatusCode: 204 };
  if (type === "Event") {
    acceptEvent(ctx, { ...resolved, payload, clientContext: input.ClientContext });
    return { StatusCode: 202 };
  }
  const record = route(ctx, resolved);
  const { qualifier } = resolved;
  const run = { record, qualifier, payload, requestId: ctx.requestId, clientContext: input.ClientContext };
  const { outcome, logTail } = await execute(ctx, run);
  return {
    StatusCode: 200,
    ExecutedVersion: record.version,
    Payload: outcome.payload,
    ...(outcome.status === "success" ? {} : { FunctionError: "Unhandled" }),
    ...(input.LogType === "Tail" ? { LogResult: logTail } : {}),
  };
}

/** Which version runs this time: an alias sends a share of its invocations to a second one. */
export function route(ctx: Context, resolved: Resolved): FunctionRecord {
  const { record, alias, name } = resolved;
  const weights = alias === undefined ? {} : (getPart(ctx, "alias", name, alias)?.weights ?? {});
  let dice = Object.keys(weights).length === 0 ? 1 : ctx.cloud.ids.random();
  for (const [version, weight] of Object.entries(weights)) {
    if (dice < weight) return getVersion(ctx, name, version) ?? record;
    dice -= weight;
  }
  return record;
}

export function checkPayload(given: Uint8Array | undefined, largest: number): Buffer {
  const payload = given === undefined || given.byteLength === 0 ? Buffer.from("{}") : Buffer.from(given);
  if (payload.byteLength > largest) {
    const message = `Request must be smaller than ${largest} bytes for the InvokeFunction operation`;
    throw new AwsException("RequestTooLargeException", message, typed("User"));
  }
  try {
    JSON.parse(payload.toString("utf8"));
  } catch (error) {
    const message = `Could not parse request body into json: ${error instanceof Error ? error.message : ""}`;
    throw new AwsException("InvalidRequestContentException", message, { members: { Type: "User" }, cause: error });
  }
  return payload;
}
