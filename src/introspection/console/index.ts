import { randomBytes, timingSafeEqual } from "node:crypto";
import type { ServerResponse } from "node:http";
import { AwsException } from "../../aws/exception.ts";
import { DEFAULT_REGION } from "../../aws/identity.ts";
import type { Orrery } from "../../compose.ts";
import type { ExtraEndpoint } from "../../gateway/app.ts";
import { OrreryError } from "../../kernel/errors.ts";
import type { Values } from "../../models/schema.ts";
import { isForeign, readJson, send } from "../http.ts";
import { call } from "./call.ts";
import { ConsoleFiles } from "./files.ts";
import { live } from "./live.ts";
import { tail } from "./tail.ts";

const PREFIX = "/_orrery/console";

/**
 * The web console: its files, one stream of what happens, tails of logs, and calls of AWS's own operations. Its page gets a token that no other
 * page can read; without it nothing is called and nothing told.
 */
export function consoleEndpoint(orrery: Orrery): ExtraEndpoint {
  const token = randomBytes(24).toString("base64url");
  let files: ConsoleFiles | undefined;
  return {
    name: "console",
    matches: (_host, path) => path === PREFIX || path.startsWith(`${PREFIX}/`),
    handle: async (_cloud, request, response) => {
      if (isForeign(request)) return send(response, 403, { code: "ForeignOrigin", message: "only pages of this server may use it" });
      const url = new URL(request.url ?? "/", "http://localhost");
      const path = url.pathname.slice(PREFIX.length).replace(/^\//, "");
      const [first = "", ...rest] = path.split("/");
      if (first === "call" || first === "events" || first === "tail") {
        const given = request.headers["x-orrery-token"] ?? url.searchParams.get("token") ?? "";
        if (!isSame(String(given), token))
          return send(response, 403, { code: "TokenMissing", message: "the page's token is missing; load the page again" });
        if (first === "call") {
          const region = String(request.headers["x-orrery-region"] ?? DEFAULT_REGION);
          return await answer(response, async () =>
            send(response, 200, await call(orrery.cloud, region, rest, (await readJson(request)) as Values)),
          );
        }
        if (first === "tail") {
          const text = (name: string): string => url.searchParams.get(name) ?? "";
          const tailed = { region: text("region") || DEFAULT_REGION, group: text("group"), filter: text("filter") };
          return await answer(response, () => tail(orrery.cloud, tailed, request, response));
        }
        const after = Number(request.headers["last-event-id"] ?? url.searchParams.get("after") ?? 0) || 0;
        return await live(orrery, after, request, response);
      }
      files ??= ConsoleFiles.open();
      if (files === undefined) return send(response, 404, { code: "NotBuilt", message: "the console was not built: run 'npm run build'" });
      if (request.method !== "GET" && request.method !== "HEAD")
        return send(response, 405, { code: "MethodNotAllowed", message: "use GET" });
      if (first === "assets") {
        if (!files.file(path, request, response)) send(response, 404, { code: "NotFound", message: `there is no ${path}` });
        return;
      }
      files.index(response, { token, endpoint: orrery.endpoint, region: DEFAULT_REGION });
    },
  };
}

function isSame(given: string, token: string): boolean {
  return given.length === token.length && timingSafeEqual(Buffer.from(given), Buffer.from(token));
}

/** What an operation refuses is told as such. */
async function answer(response: ServerResponse, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof AwsException) send(response, error.status ?? 400, { code: error.code, message: error.message });
    else if (error instanceof OrreryError) send(response, 400, { code: error.code, message: error.message });
    else throw error;
  }
}
