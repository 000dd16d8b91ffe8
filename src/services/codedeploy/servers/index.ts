import type { MessageHandler } from "../../../aws/service.ts";
import { terminate } from "./blue-green.ts";
import { boot } from "./boot.ts";
import { command } from "./commands.ts";
import { localAnswers } from "./local.ts";
import { startInstances } from "./machines.ts";
import {
  addTagsToOnPremisesInstances,
  batchGetOnPremisesInstances,
  deregisterOnPremisesInstance,
  getOnPremisesInstance,
  listOnPremisesInstances,
  registerOnPremisesInstance,
  removeTagsFromOnPremisesInstances,
} from "./on-premises.ts";
import { server } from "./platform.ts";
import { rollOf } from "./rollout.ts";
import { batchGetDeploymentInstances, getDeploymentInstance, listDeploymentInstances } from "./views.ts";

export { localAnswers, startInstances };

/** The operations that are about instances. */
export const serverOperations = {
  AddTagsToOnPremisesInstances: addTagsToOnPremisesInstances,
  BatchGetDeploymentInstances: batchGetDeploymentInstances,
  BatchGetOnPremisesInstances: batchGetOnPremisesInstances,
  DeregisterOnPremisesInstance: deregisterOnPremisesInstance,
  GetDeploymentInstance: getDeploymentInstance,
  GetOnPremisesInstance: getOnPremisesInstance,
  ListDeploymentInstances: listDeploymentInstances,
  ListOnPremisesInstances: listOnPremisesInstances,
  RegisterOnPremisesInstance: registerOnPremisesInstance,
  RemoveTagsFromOnPremisesInstances: removeTagsFromOnPremisesInstances,
};

export const serverMessages: Readonly<Record<string, MessageHandler>> = {
  "codedeploy.boot": boot,
  "codedeploy.command": command,
  "codedeploy.roll": rollOf(server),
  "codedeploy.terminate": terminate,
};
