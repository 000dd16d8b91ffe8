import { notImplemented } from "../../aws/exception.ts";
import { lambda } from "./lambda/platform.ts";
import type { Platform } from "./platform.ts";

const refuse = (): never => {
  throw notImplemented("codedeploy", "CreateDeploymentGroup", "the compute platform Server");
};

/** Stands in until deployments to servers are there. */
const server: Platform = {
  name: "Server",
  checkGroup: refuse,
  checkDeployment: refuse,
  start: refuse,
  stop: refuse,
  rollback: refuse,
  describe: refuse,
};

export function platformOf(name: "Server" | "Lambda"): Platform {
  return name === "Lambda" ? lambda : server;
}
