import type { Capability } from "@aws-sdk/client-cloudformation";
import { AwsException, unless } from "../../../aws/exception.ts";
import { listOfTags } from "../../../aws/tags.ts";
import { ActionFailure } from "./failures.ts";
import type { ActionProgress, ActionProvider, ActionRun } from "./provider.ts";
import { overrideSource, parseConfiguration, parseOverrides, readPath } from "./stack-inputs.ts";
import { alreadyBegun, endOf, findStack, stackFailure, stackSuccess, toldOf, type Watched, watching } from "./stacks.ts";

const NO_UPDATES = /No updates are to be performed/;
const NO_CHANGES = /didn't contain changes|No updates are to be performed/;
/** https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CloudFormation.html */
const FAILED_STATES = ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED"];

function required(run: ActionRun, name: string): string {
  const value = run.configuration[name];
  if (value === undefined || value === "") {
    throw new ActionFailure("ConfigurationError", `${name} is required for the action mode ${run.configuration["ActionMode"]}.`);
  }
  return value;
}

/** What Create, Update and CreateChangeSet are given alike. */
async function desired(run: ActionRun) {
  const { configuration } = run;
  const TemplateBody = await readPath(run, "TemplatePath", required(run, "TemplatePath"));
  const path = configuration["TemplateConfiguration"];
  const given = path === undefined || path === "" ? undefined : parseConfiguration(await readPath(run, "TemplateConfiguration", path));
  const overrides = await parseOverrides(configuration["ParameterOverrides"], overrideSource(run));
  const parameters = { ...given?.parameters, ...overrides };
  const capabilities = (configuration["Capabilities"] ?? "").split(",").map((one) => one.trim());
  return {
    stackPolicy: given?.stackPolicy,
    common: {
      StackName: required(run, "StackName"),
      TemplateBody,
      Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue })),
      Capabilities: capabilities.filter((one) => one !== "") as Capability[],
      ...(given?.tags === undefined ? {} : { Tags: listOfTags(given.tags) }),
      RoleARN: required(run, "RoleArn"),
    },
  };
}

/** The next step of CREATE_UPDATE, and of REPLACE_ON_FAILURE once nothing that failed is in the way. */
async function createOrUpdate(run: ActionRun): Promise<ActionProgress> {
  const { common, stackPolicy } = await desired(run);
  const token = run.actionExecutionId;
  const policy = stackPolicy === undefined ? {} : { StackPolicyBody: stackPolicy };
  const found = await findStack(run, common.StackName);
  const isNew = found === undefined || found.StackStatus === "REVIEW_IN_PROGRESS";
  if (found !== undefined && (await alreadyBegun(run, found.StackId ?? "", token))) {
    return watching(run, { stack: found.StackId ?? "", token, phase: isNew || found.LastUpdatedTime === undefined ? "create" : "update" });
  }
  const input = { ...common, ...policy, ClientRequestToken: token };
  try {
    const { StackId = "" } = isNew
      ? await run.ctx.call("cloudformation", "CreateStack", input)
      : await run.ctx.call("cloudformation", "UpdateStack", input);
    return watching(run, { stack: StackId, token, phase: isNew ? "create" : "update" });
  } catch (error) {
    if (!(error instanceof AwsException) || !NO_UPDATES.test(error.message)) throw error;
    return await stackSuccess(run, found?.StackId ?? common.StackName, "No updates are to be performed.");
  }
}

async function replaceOnFailure(run: ActionRun): Promise<ActionProgress> {
  const found = await findStack(run, required(run, "StackName"));
  return found !== undefined && FAILED_STATES.includes(found.StackStatus ?? "") ? await remove(run, "replace") : await createOrUpdate(run);
}

async function remove(run: ActionRun, phase: "delete" | "replace"): Promise<ActionProgress> {
  const StackName = required(run, "StackName");
  const found = await findStack(run, StackName);
  if (found === undefined) return { status: "Succeeded", externalExecutionSummary: `Stack ${StackName} does not exist.` };
  const token = `${run.actionExecutionId}-delete`;
  if (found.StackStatus !== "DELETE_IN_PROGRESS") {
    const RoleARN = run.configuration["RoleArn"];
    const role = RoleARN === undefined || RoleARN === "" ? {} : { RoleARN };
    await run.ctx.call("cloudformation", "DeleteStack", { StackName: found.StackId, ClientRequestToken: token, ...role });
  }
  return watching(run, { stack: found.StackId ?? StackName, token, phase });
}

async function replaceChangeSet(run: ActionRun): Promise<ActionProgress> {
  const ChangeSetName = required(run, "ChangeSetName");
  const { common, stackPolicy } = await desired(run);
  if (stackPolicy !== undefined) {
    throw new ActionFailure("ConfigurationError", "The StackPolicy of a template configuration needs the mode CREATE_UPDATE.");
  }
  const found = await findStack(run, common.StackName);
  const isNew = found === undefined || found.StackStatus === "REVIEW_IN_PROGRESS";
  if (found !== undefined) {
    const old = run.ctx.call("cloudformation", "DeleteChangeSet", { StackName: found.StackId, ChangeSetName });
    await unless(["ChangeSetNotFound", "ChangeSetNotFoundException"], old);
  }
  const made = await run.ctx.call("cloudformation", "CreateChangeSet", {
    ...common,
    ChangeSetName,
    ChangeSetType: isNew ? "CREATE" : "UPDATE",
    ClientToken: run.actionExecutionId,
  });
  const set = await run.ctx.call("cloudformation", "DescribeChangeSet", { StackName: made.StackId, ChangeSetName });
  const reason = set.StatusReason ?? "";
  if (set.Status === "FAILED" && !NO_CHANGES.test(reason)) {
    throw new ActionFailure("JobFailed", `The change set ${ChangeSetName} could not be created: ${reason}`);
  }
  const told = set.Status === "FAILED" ? `Change set ${ChangeSetName} has no changes.` : `Change set ${ChangeSetName} was created.`;
  return await stackSuccess(run, made.StackId ?? common.StackName, told);
}

async function executeChangeSet(run: ActionRun): Promise<ActionProgress> {
  const StackName = required(run, "StackName");
  const ChangeSetName = required(run, "ChangeSetName");
  const token = run.actionExecutionId;
  const found = await findStack(run, StackName);
  const stack = found?.StackId ?? StackName;
  const phase = found === undefined || found.StackStatus === "REVIEW_IN_PROGRESS" ? "create" : "update";
  if (found !== undefined && (await alreadyBegun(run, stack, token))) return watching(run, { stack, token, phase });
  const set = await run.ctx.call("cloudformation", "DescribeChangeSet", { StackName: stack, ChangeSetName });
  if (set.Status === "FAILED" && NO_CHANGES.test(set.StatusReason ?? "")) {
    return await stackSuccess(run, stack, `Change set ${ChangeSetName} has no changes: nothing to execute.`);
  }
  await run.ctx.call("cloudformation", "ExecuteChangeSet", { StackName: stack, ChangeSetName, ClientRequestToken: token });
  return watching(run, { stack, token, phase });
}

const MODES: Readonly<Record<string, (run: ActionRun) => Promise<ActionProgress>>> = {
  CREATE_UPDATE: createOrUpdate,
  REPLACE_ON_FAILURE: replaceOnFailure,
  DELETE_ONLY: (run) => remove(run, "delete"),
  CHANGE_SET_REPLACE: replaceChangeSet,
  CHANGE_SET_EXECUTE: executeChangeSet,
};

async function follow(run: ActionRun, watched: Watched): Promise<ActionProgress> {
  const end = await endOf(run, watched);
  if (end === undefined) return watching(run, watched);
  if (!end.ok) return await stackFailure(run, watched, end.stack);
  if (watched.phase === "replace") return await createOrUpdate(run);
  if (watched.phase !== "delete") return await stackSuccess(run, watched.stack, watched.phase);
  return {
    status: "Succeeded",
    ...toldOf(run, watched.stack),
    externalExecutionSummary: `Stack ${run.configuration["StackName"]} was deleted.`,
  };
}

/** Deploy / AWS / CloudFormation, in all its modes. */
export const cloudformation: ActionProvider = {
  category: "Deploy",
  owner: "AWS",
  provider: "CloudFormation",
  version: "1",
  inputs: { minimum: 0, maximum: 10 },
  outputs: { minimum: 0, maximum: 1 },
  configuration: [
    { name: "ActionMode", required: true },
    { name: "StackName", required: true },
    ...["Capabilities", "ChangeSetName", "RoleArn", "TemplatePath", "OutputFileName", "ParameterOverrides", "TemplateConfiguration"].map(
      (name) => ({ name }),
    ),
  ],
  // https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html: 3 days
  timeoutMinutes: 3 * 24 * 60,
  advance: async (run) => {
    if (run.memory !== undefined) return await follow(run, run.memory as unknown as Watched);
    const mode = MODES[run.configuration["ActionMode"] ?? ""];
    if (mode === undefined) throw new ActionFailure("ConfigurationError", `Unknown ActionMode ${run.configuration["ActionMode"]}.`);
    return await mode(run);
  },
};
