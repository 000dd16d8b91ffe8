import { appendFile, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder, placeOf } from "../../../../runtime/agents/rooted.ts";

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html: where the agent keeps things on Linux. */
export const AGENT_FOLDER = "/opt/codedeploy-agent";
export const DEPLOYMENT_ROOT = `${AGENT_FOLDER}/deployment-root`;
const INSTRUCTIONS = `${DEPLOYMENT_ROOT}/deployment-instructions`;
/** https://docs.aws.amazon.com/codedeploy/latest/userguide/deployments-view-logs.html */
export const DEPLOYMENTS_LOG = `${DEPLOYMENT_ROOT}/deployment-logs/codedeploy-agent-deployments.log`;

export const groupFolder = (group: string): string => `${DEPLOYMENT_ROOT}/${group}`;
export const deploymentFolder = (group: string, deployment: string): string => `${groupFolder(group)}/${deployment}`;
export const archiveFolder = (deploymentPath: string): string => `${deploymentPath}/deployment-archive`;
export const scriptsLog = (deploymentPath: string): string => `${deploymentPath}/logs/scripts.log`;
export const cleanupFile = (group: string): string => `${INSTRUCTIONS}/${group}-cleanup`;
export const installFile = (group: string): string => `${INSTRUCTIONS}/${group}-install.json`;
export const lastSuccessfulFile = (group: string): string => `${INSTRUCTIONS}/${group}_last_successful_install`;
export const mostRecentFile = (group: string): string => `${INSTRUCTIONS}/${group}_most_recent_install`;

/** An instance's file, by its path there; undefined when there is none. */
export async function readText(root: string, path: string): Promise<string | undefined> {
  try {
    return await readFile(await placeOf(root, path), "utf8");
  } catch {
    return undefined;
  }
}

/** Adds to an instance's file, which it makes with its folders. */
export async function addText(root: string, path: string, text: string): Promise<void> {
  const place = await placeOf(root, path);
  await makeFolder(dirname(place));
  await appendFile(place, text);
}

export async function putText(root: string, path: string, text: string): Promise<void> {
  await rm(await placeOf(root, path), { force: true });
  await addText(root, path, text);
}

/** The deployment folder whose installation succeeded last, where there was one and it is still there. */
export async function lastSuccessful(root: string, group: string): Promise<string | undefined> {
  const path = (await readText(root, lastSuccessfulFile(group)))?.trim();
  return path === undefined || path === "" ? undefined : path;
}
