import type { Diagnostics } from "@aws-sdk/client-codedeploy";
import type { Clock } from "../../../../kernel/clock.ts";
import { messageOf } from "../../../../kernel/errors.ts";
import type { Machine } from "../../../../runtime/agents/driver.ts";
import { type AppSpec, type FileExistsBehavior, parseAppSpec } from "../appspec.ts";
import { AppSpecError } from "../appspec-error.ts";
import { type BundleType, readSpec, touchFolder, unpackBundle } from "./bundle.ts";
import { runScripts, ScriptFault, ScriptLog } from "./hooks.ts";
import { install } from "./install.ts";
import { deploymentFolder, lastSuccessful, readText } from "./layout.ts";

/** One lifecycle event of one deployment, as the agent is told of it. */
export interface Command {
  readonly event: string;
  readonly deployment: string;
  readonly group: string;
  readonly groupName: string;
  readonly application: string;
  readonly behavior: FileExistsBehavior;
  /** For scripts, beside those that tell of the event: `BUNDLE_*`, and where the cloud is. */
  readonly variables: Readonly<Record<string, string>>;
  /** Fetches the revision, for DownloadBundle. */
  readonly download: () => Promise<{ readonly bytes: Buffer; readonly type: BundleType }>;
}

/** Run from the revision that was installed last, not from the one that is deployed. */
const OF_FORMER = new Set(["ApplicationStop", "BeforeBlockTraffic", "AfterBlockTraffic"]);
const KNOWN_EVENTS = new Set([
  ...["BeforeBlockTraffic", "BlockTraffic", "AfterBlockTraffic", "ApplicationStop", "DownloadBundle", "BeforeInstall", "Install"],
  ...["AfterInstall", "ApplicationStart", "ValidateService", "BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"],
]);

/**
 * Does on the instance what the lifecycle event is about; never throws for what the revision is to blame for.
 * https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_Diagnostics.html
 */
export async function execute(machine: Machine, clock: Clock, command: Command): Promise<Diagnostics> {
  const log = new ScriptLog();
  const root = await machine.root();
  const own = deploymentFolder(command.group, command.deployment);
  const folder = OF_FORMER.has(command.event) ? await lastSuccessful(root, command.group) : own;
  try {
    await perform(machine, { clock, command, log, folder, own });
    return { errorCode: "Success", scriptName: "", message: "Succeeded", logTail: log.tail };
  } catch (error) {
    if (error instanceof ScriptFault) return { errorCode: error.code, scriptName: error.script, message: error.message, logTail: log.tail };
    return { errorCode: "UnknownError", scriptName: "", message: messageOf(error), logTail: log.tail };
  } finally {
    if (folder !== undefined) await log.write(root, { folder, deployment: command.deployment }, clock.now());
  }
}

interface Work {
  readonly clock: Clock;
  readonly command: Command;
  readonly log: ScriptLog;
  readonly folder: string | undefined;
  readonly own: string;
}

async function perform(machine: Machine, { clock, command, log, folder, own }: Work): Promise<void> {
  const root = await machine.root();
  if (command.event === "DownloadBundle") {
    await unpackBundle(root, { group: command.group, folder: own }, await command.download());
    await touchFolder(root, own, clock.now());
    return;
  }
  // The first deployment to an instance has no former one to stop.
  if (folder === undefined) return;
  const spec = await specOf(root, folder);
  if (command.event === "Install") {
    checkEvents(spec);
    await install(machine, { group: command.group, folder, spec, behavior: command.behavior });
    return;
  }
  const scripts = spec.hooks.get(command.event) ?? [];
  await runScripts(
    machine,
    { scripts, folder, event: command.event, variables: variablesOf(command), measure: () => clock.measure() },
    log,
  );
}

async function specOf(root: string, folder: string): Promise<AppSpec> {
  return parseAppSpec(await readSpec(folder, (path) => readText(root, path)));
}

function checkEvents({ hooks }: AppSpec): void {
  const unknown = [...hooks.keys()].filter((event) => !KNOWN_EVENTS.has(event));
  if (unknown.length > 0) throw new AppSpecError(`appspec.yml file contains unknown lifecycle events: ${JSON.stringify(unknown)}`);
}

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html#reference-appspec-file-structure-environment-variable-availability */
function variablesOf(command: Command): Record<string, string> {
  return {
    LIFECYCLE_EVENT: command.event,
    DEPLOYMENT_ID: command.deployment,
    APPLICATION_NAME: command.application,
    DEPLOYMENT_GROUP_NAME: command.groupName,
    DEPLOYMENT_GROUP_ID: command.group,
    ...command.variables,
  };
}
