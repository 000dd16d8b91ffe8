import type { IncomingMessage, ServerResponse } from "node:http";
import type { Input } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import { messageOf } from "../../../kernel/errors.ts";

const MOST_BYTES = 64 * 1024;

/** What SDKs ask a daemon for, unsigned. https://docs.aws.amazon.com/xray/latest/devguide/xray-daemon.html */
export async function answerProxy(ctx: Context, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of request) {
      size += (chunk as Buffer).length;
      if (size > MOST_BYTES) return write(response, 413, { message: "The request is too large" });
      chunks.push(chunk as Buffer);
    }
    const text = Buffer.concat(chunks).toString("utf8");
    const input = text === "" ? {} : (JSON.parse(text) as unknown);
    if (typeof input !== "object" || input === null) return write(response, 400, { message: "The body is not an object" });
    write(response, 200, wire(await answer(ctx, `${request.method} ${request.url}`, input)));
  } catch (error) {
    const status = error instanceof AwsException ? (error.status ?? 400) : error instanceof SyntaxError ? 400 : 500;
    if (!response.headersSent) write(response, status, { message: messageOf(error) });
  }
}

async function answer(ctx: Context, target: string, input: object): Promise<object> {
  if (target === "POST /GetSamplingRules") return await ctx.call("xray", "GetSamplingRules", {});
  if (target === "POST /SamplingTargets") return await ctx.call("xray", "GetSamplingTargets", targetsInput(input));
  throw new AwsException("NotImplemented", `The daemon answers POST /GetSamplingRules and POST /SamplingTargets, not ${target}`, {
    status: 501,
  });
}

/** From JSON: times are seconds. */
function targetsInput(input: object): Input<"xray", "GetSamplingTargets"> {
  const { SamplingStatisticsDocuments: documents } = input as { SamplingStatisticsDocuments?: unknown };
  if (!Array.isArray(documents))
    throw new AwsException("InvalidRequestException", "SamplingStatisticsDocuments is required", { status: 400 });
  return {
    SamplingStatisticsDocuments: documents.map((document: Record<string, unknown>) => ({
      ...(document as { RuleName: string; ClientID: string; RequestCount: number; SampledCount: number }),
      Timestamp: new Date(typeof document["Timestamp"] === "number" ? document["Timestamp"] * 1_000 : String(document["Timestamp"])),
    })),
  };
}

/** To JSON: times are seconds. */
function wire(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1_000;
  if (Array.isArray(value)) return value.map(wire);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, wire(entry)]));
}

function write(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
