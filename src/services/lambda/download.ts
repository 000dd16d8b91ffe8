import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Cloud, Context } from "../../aws/context.ts";
import type { HttpEndpoint } from "../../aws/service.ts";
import type { CodeRecord } from "./records.ts";

const PREFIX = "/_lambda-code/";
const SECRET = "lambda.download-secret";
/** "a presigned URL, valid for 10 minutes": https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html */
const VALID_MS = 10 * 60_000;

/** Where a package can be fetched for ten minutes, without credentials. */
export function codeLocation(ctx: Context, code: Pick<CodeRecord, "blob">): string {
  const expires = ctx.cloud.clock.wall() + VALID_MS;
  return `${ctx.cloud.endpoint}${PREFIX}${code.blob}?expires=${expires}&signature=${sign(ctx.cloud, code.blob, String(expires))}`;
}

export const codeDownload: HttpEndpoint = {
  name: "lambda code",
  matches: (_host, path) => path.startsWith(PREFIX),
  handle: async (cloud: Cloud, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const blob = url.pathname.slice(PREFIX.length);
    const expires = url.searchParams.get("expires") ?? "";
    const expected = Buffer.from(sign(cloud, blob, expires));
    const given = Buffer.from(url.searchParams.get("signature") ?? "");
    const isGood = given.length === expected.length && timingSafeEqual(given, expected) && Number(expires) > cloud.clock.wall();
    if (!isGood || !cloud.blobs.has(blob)) {
      response.writeHead(isGood ? 404 : 403).end();
      return;
    }
    response.writeHead(200, { "content-type": "application/zip", "content-length": cloud.blobs.size(blob) });
    await pipeline(cloud.blobs.read(blob), response);
  },
};

function sign(cloud: Cloud, blob: string, expires: string): string {
  let secret = cloud.store.setting(SECRET);
  if (secret === undefined) {
    secret = Buffer.from(cloud.ids.bytes(32)).toString("base64");
    cloud.store.setSetting(SECRET, secret);
  }
  return createHmac("sha256", secret).update(`${blob}\n${expires}`).digest("hex");
}
