import { once } from "node:events";
import { PassThrough } from "node:stream";
import type { InvokeWithResponseStreamResponseEvent } from "@aws-sdk/client-lambda";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { type ExecutionResult, execute } from "./execution.ts";
import { checkPayload, LARGEST_SYNC, route } from "./invoke.ts";
import { refOf, resolve } from "./names.ts";
import { checkReady } from "./states.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html */
export async function invokeWithResponseStream(
  input: Input<"lambda", "InvokeWithResponseStream">,
  ctx: Context,
): Promise<Output<"lambda", "InvokeWithResponseStream">> {
  const resolved = resolve(ctx, refOf(ctx, input.FunctionName, input.Qualifier));
  if (resolved.record.state === "Pending") checkReady(ctx, resolved.record);
  const payload = checkPayload(input.Payload, LARGEST_SYNC);
  if (input.InvocationType === "DryRun") return { StatusCode: 204, EventStream: undefined };
  const record = route(ctx, resolved);
  const chunks = new PassThrough({ highWaterMark: 16 * 1024 * 1024 });
  let contentType = "application/octet-stream";
  const done = execute(ctx, {
    record,
    qualifier: resolved.qualifier,
    payload,
    requestId: ctx.requestId,
    clientContext: input.ClientContext,
    chunk: (data, type) => {
      contentType = type;
      chunks.write(data);
    },
  });
  // What is refused before the function runs is an error of the call, not of the stream.
  await Promise.race([once(chunks, "readable"), done]);
  return {
    StatusCode: 200,
    ExecutedVersion: record.version,
    ResponseStreamContentType: contentType,
    EventStream: eventsOf(chunks, done, input.LogType === "Tail"),
  };
}

async function* eventsOf(
  chunks: PassThrough,
  done: Promise<ExecutionResult>,
  withLog: boolean,
): AsyncGenerator<InvokeWithResponseStreamResponseEvent> {
  done.then(
    () => chunks.end(),
    () => chunks.end(),
  );
  let hasSent = false;
  for await (const Payload of chunks as AsyncIterable<Buffer>) {
    hasSent = true;
    yield { PayloadChunk: { Payload } };
  }
  const { outcome, logTail } = await done;
  const isError = outcome.status !== "success";
  if (!hasSent && !isError) yield { PayloadChunk: { Payload: outcome.payload } };
  const failure = isError ? { ErrorCode: outcome.errorType, ErrorDetails: outcome.payload.toString("utf8") } : {};
  yield { InvokeComplete: { ...failure, ...(withLog ? { LogResult: logTail } : {}) } };
}
