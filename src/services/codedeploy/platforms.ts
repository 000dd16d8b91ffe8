import { lambda } from "./lambda/platform.ts";
import type { Platform } from "./platform.ts";
import { server } from "./servers/platform.ts";

export function platformOf(name: "Server" | "Lambda"): Platform {
  return name === "Lambda" ? lambda : server;
}
