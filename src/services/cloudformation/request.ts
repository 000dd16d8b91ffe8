import { createHash } from "node:crypto";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { servicePrincipal } from "../../aws/identity.ts";
import { type Desired, type Stack, toStack } from "./engine/model.ts";
import { rollbackSettings } from "./engine/monitoring.ts";
import { scopeOf } from "./engine/scope.ts";
import { isKnownType } from "./engine/types.ts";
import * as store from "./store.ts";
import { refuseSecureReferences } from "./template/dynamic.ts";
import { evaluate } from "./template/evaluate.ts";
import { resourcesOf } from "./template/graph.ts";
import { checkRules, chooseParameters, type GivenParameter, isSsmValue, type ParameterValue, parametersOf } from "./template/parameters.ts";
import { parseTemplate, type Template, validationError } from "./template/parse.ts";
import { readTemplate } from "./template/source.ts";
import { processTemplate } from "./template/transforms.ts";
import { insufficientCapabilities, requiredCapabilities, validateTemplate } from "./template/validate.ts";

/** The stack of a name or id. @throws AwsException ValidationError with AWS's text when there is none */
export function requireStack(ctx: Context, name: string | undefined): Stack {
  const stack = findStack(ctx, name ?? "");
  if (stack === undefined) throw validationError(`Stack with id ${name} does not exist`);
  return stack;
}

export function findStack(ctx: Context, name: string): Stack | undefined {
  const row = name.startsWith("arn:") ? ctx.get(store.stackById, { id: name }) : ctx.get(store.stackByName, { name });
  return row === undefined ? undefined : toStack(row);
}

/** What CreateStack, UpdateStack and CreateChangeSet have in common. */
export interface StackInput {
  readonly StackName?: string | undefined;
  readonly TemplateBody?: string | undefined;
  readonly TemplateURL?: string | undefined;
  readonly UsePreviousTemplate?: boolean | undefined;
  readonly Parameters?: readonly GivenParameter[] | undefined;
  readonly Capabilities?: readonly string[] | undefined;
  readonly RoleARN?: string | undefined;
  readonly NotificationARNs?: readonly string[] | undefined;
  readonly RollbackConfiguration?: Parameters<typeof rollbackSettings>[0];
  readonly Tags?: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined;
}

/** Reads, checks and processes what a stack is asked to become; nothing is changed yet but the template kept. */
export async function desiredOf(
  ctx: Context,
  input: StackInput,
  stack: { readonly id: string; readonly name: string },
  current: Desired | undefined,
): Promise<Desired> {
  const text = await templateText(ctx, input, current);
  const raw = parseTemplate(text);
  const parameters = await resolveParameters(ctx, chooseParameters(raw, input.Parameters ?? [], current?.parameters ?? {}), raw);
  const notificationArns = input.NotificationARNs ?? current?.notificationArns ?? [];
  const capabilities = input.Capabilities ?? [];
  if (raw.Transform !== undefined) checkCapabilities(raw, capabilities, ["CAPABILITY_AUTO_EXPAND"]);
  const source = (template: Template) =>
    scopeOf(ctx, {
      template,
      desired: { parameters, notificationArns },
      stack,
      resources: { ref: () => undefined, attribute: () => undefined },
    });
  const template = await processTemplate(ctx, raw, { template: raw, scope: source(raw), parameters });
  validateTemplate(template);
  refuseSecureReferences(template);
  checkTypes(ctx, template);
  checkCapabilities(template, capabilities, ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]);
  const scope = source(template);
  checkRules(template, (value) => evaluate(value, scope));
  for (const name of Object.keys(template.Conditions ?? {})) scope.condition(name);
  const processed = JSON.stringify(template);
  const templateId = createHash("sha256").update(text).update("\0").update(processed).digest("hex");
  ctx.run(store.insertTemplate, { id: templateId, text, processed });
  const role = await assumable(ctx, input.RoleARN ?? current?.roleArn);
  const tags = input.Tags === undefined ? (current?.tags ?? {}) : tagsOf(input.Tags);
  const rollback = rollbackSettings(input.RollbackConfiguration, current?.rollback);
  return { templateId, parameters, tags, capabilities, notificationArns, ...(rollback === undefined ? {} : { rollback }), ...role };
}

/**
 * The role that CloudFormation is to act as: it must exist and trust CloudFormation.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
 * @throws AwsException ValidationError
 */
export async function assumable(ctx: Context, roleArn: string | undefined): Promise<Pick<Desired, "roleArn" | "roleId">> {
  if (roleArn === undefined) return {};
  const refused = validationError(`Role ${roleArn} is invalid or cannot be assumed`);
  const role = await ctx.call("iam", "GetRole", { RoleName: roleArn.split("/").pop() ?? "" }).then(
    ({ Role }) => Role,
    (error: unknown) => {
      if (error instanceof AwsException && /^NoSuchEntity/.test(error.code)) return undefined;
      throw error;
    },
  );
  if (role?.Arn !== roleArn) throw refused;
  const trusted = ctx.cloud.identity.judge(decodeURIComponent(role.AssumeRolePolicyDocument ?? ""), {
    principal: servicePrincipal(ctx.account, "cloudformation.amazonaws.com"),
    action: "sts:AssumeRole",
    resource: roleArn,
    conditions: {},
  });
  if (trusted !== "allow") throw refused;
  return { roleArn, ...(role.RoleId === undefined ? {} : { roleId: role.RoleId }) };
}

export function tagsOf(tags: NonNullable<StackInput["Tags"]>): Record<string, string> {
  return Object.fromEntries(tags.map((tag) => [tag.Key ?? "", tag.Value ?? ""]));
}

async function templateText(ctx: Context, input: StackInput, current: Desired | undefined): Promise<string> {
  const given = [input.TemplateBody, input.TemplateURL, input.UsePreviousTemplate || undefined].filter((one) => one !== undefined);
  if (given.length !== 1) {
    throw validationError("Either Template URL or Template Body must be specified.");
  }
  if (input.TemplateBody !== undefined) return input.TemplateBody;
  if (input.TemplateURL !== undefined) return readTemplate(ctx, input.TemplateURL);
  const before = current === undefined ? undefined : ctx.get(store.templateById, { id: current.templateId });
  if (before === undefined) throw validationError("There is no previous template to use");
  return before.text;
}

/** Values of SSM types are names; what they name is read now, once for the operation. */
async function resolveParameters(
  ctx: Context,
  values: Record<string, string>,
  template: Template,
): Promise<Record<string, ParameterValue>> {
  const definitions = parametersOf(template);
  const result: Record<string, ParameterValue> = {};
  for (const [name, value] of Object.entries(values)) {
    const type = definitions.get(name)?.Type ?? "String";
    result[name] = isSsmValue(type) ? { value, resolved: await ssmValue(ctx, value) } : { value };
  }
  return result;
}

async function ssmValue(ctx: Context, name: string): Promise<string> {
  const { Parameters } = await ctx.call("ssm", "GetParameters", { Names: [name] });
  const value = Parameters?.[0]?.Value;
  if (value === undefined) {
    throw validationError(`Unable to fetch parameters [${name}] from parameter store for this account.`);
  }
  return value;
}

function checkTypes(ctx: Context, template: Template): void {
  const unknown = [...resourcesOf(template).values()].map((one) => one.Type).filter((type) => !isKnownType(ctx, type));
  if (unknown.length > 0)
    throw validationError(`Template format error: Unrecognized resource types: [${[...new Set(unknown)].join(", ")}]`);
}

function checkCapabilities(template: Template, given: readonly string[], among: readonly string[]): void {
  for (const needed of requiredCapabilities(template).capabilities) {
    if (!among.includes(needed) || given.includes(needed)) continue;
    if (needed === "CAPABILITY_IAM" && given.includes("CAPABILITY_NAMED_IAM")) continue;
    throw insufficientCapabilities(needed);
  }
}
