import { AwsException } from "../../../aws/exception.ts";
import { functionOf, referencesOf } from "./functions.ts";
import { dependenciesOf, listOf, refuseCycles, resourcesOf } from "./graph.ts";
import { parametersOf } from "./parameters.ts";
import { isRecord, type Json, type Template, validationError } from "./parse.ts";

const SECTIONS = new Set([
  "AWSTemplateFormatVersion",
  "Description",
  "Metadata",
  "Parameters",
  "Mappings",
  "Conditions",
  "Rules",
  "Transform",
  "Resources",
  "Outputs",
  "Hooks",
]);
const ATTRIBUTES = new Set([
  "Type",
  "Properties",
  "Metadata",
  "DependsOn",
  "Condition",
  "DeletionPolicy",
  "UpdateReplacePolicy",
  "CreationPolicy",
  "UpdatePolicy",
  "Transform",
  "Version",
]);
export const PSEUDO = new Set(
  ["AccountId", "NotificationARNs", "NoValue", "Partition", "Region", "StackId", "StackName", "URLSuffix"].map((name) => `AWS::${name}`),
);
const POLICIES = new Set(["Delete", "Retain", "Snapshot", "RetainExceptOnCreate"]);

/**
 * What CloudFormation refuses before it does anything, with its texts.
 * @throws AwsException ValidationError
 */
export function validateTemplate(template: Template): void {
  const unknown = Object.keys(template).filter((name) => !SECTIONS.has(name));
  if (unknown.length > 0) throw validationError(`Invalid template property or properties [${unknown.join(", ")}]`);
  const version = template.AWSTemplateFormatVersion;
  if (version !== undefined && version !== "2010-09-09") {
    throw validationError("Template format error: unsupported value for AWSTemplateFormatVersion.");
  }
  if (template.Description !== undefined && typeof template.Description !== "string") {
    throw validationError("Template format error: every Description member must be a string.");
  }
  for (const section of ["Parameters", "Mappings", "Conditions", "Resources", "Outputs"] as const) {
    if (template[section] !== undefined && !isRecord(template[section])) {
      throw validationError(
        `Template format error: ${section} section must be a map.`.replace("section must be a map", "member must be an object"),
      );
    }
  }
  if (template.Resources === undefined || Object.keys(template.Resources).length === 0) {
    throw validationError("Template format error: At least one Resources member must be defined.");
  }
  validateParameters(template);
  validateResources(template);
  validateOutputs(template);
  validateReferences(template);
}

function validateParameters(template: Template): void {
  for (const [name, parameter] of Object.entries(template.Parameters ?? {})) {
    if (!/^[A-Za-z0-9]+$/.test(name)) throw validationError(`Template format error: Parameter name ${name} is non alphanumeric.`);
    if (!isRecord(parameter) || typeof parameter["Type"] !== "string") {
      throw validationError("Template format error: Every Parameters object must contain a Type member.");
    }
    if (!/^(String|Number|CommaDelimitedList|List<[A-Za-z0-9:]+>|AWS::[A-Za-z0-9:]+(<.+>)?)$/.test(parameter["Type"])) {
      throw validationError(`Template format error: Unrecognized parameter type: ${parameter["Type"]}`);
    }
  }
}

function validateResources(template: Template): void {
  for (const [name, resource] of Object.entries(template.Resources ?? {})) {
    if (!/^[A-Za-z0-9]+$/.test(name)) {
      throw validationError(`Template format error: Resource name ${name} is non alphanumeric.`);
    }
    if (!isRecord(resource))
      throw validationError(
        "Template format error: Resources must be objects.".replace(
          "Resources must be objects",
          `[/Resources/${name}] resource definition is malformed`,
        ),
      );
    if (typeof resource["Type"] !== "string") {
      throw validationError(`Template format error: [/Resources/${name}] Every Resources object must contain a Type member.`);
    }
    const extra = Object.keys(resource).find((key) => !ATTRIBUTES.has(key));
    if (extra !== undefined) throw validationError(`Invalid template resource property '${extra}'`);
    for (const key of ["DeletionPolicy", "UpdateReplacePolicy"]) {
      const policy = resource[key];
      if (typeof policy === "string" && !POLICIES.has(policy)) {
        throw validationError(`Template error: Unrecognized ${key} ${policy} for resource ${name}`);
      }
    }
    const parts = resource["Type"].split("::");
    if (parts.length < 2 || parts.some((part) => part === "")) {
      throw validationError(`Template format error: Unrecognized resource types: [${resource["Type"]}]`);
    }
  }
}

function validateOutputs(template: Template): void {
  for (const [name, output] of Object.entries(template.Outputs ?? {})) {
    if (!/^[A-Za-z0-9]+$/.test(name)) throw validationError(`Template format error: Output name ${name} is non alphanumeric.`);
    if (!isRecord(output) || output["Value"] === undefined) {
      throw validationError("Template format error: Every Outputs member must contain a Value object");
    }
  }
}

function validateReferences(template: Template): void {
  const resources = resourcesOf(template);
  const parameters = parametersOf(template);
  const conditions = template.Conditions ?? {};
  const check = (block: Json | undefined, name: string): void => {
    const found = referencesOf(block);
    const missing = [...found.refs].filter((ref) => !PSEUDO.has(ref) && !resources.has(ref) && !parameters.has(ref));
    if (missing.length > 0) {
      throw validationError(
        `Template format error: Unresolved resource dependencies [${missing.join(", ")}] in the ${name} block of the template`,
      );
    }
    const attribute = found.attributes.find(({ logicalId }) => !resources.has(logicalId));
    if (attribute !== undefined) {
      throw validationError(`Template error: instance of Fn::GetAtt references undefined resource ${attribute.logicalId}`);
    }
    const condition = [...found.conditions].find((one) => !Object.hasOwn(conditions, one));
    if (condition !== undefined) {
      throw validationError(`Template format error: Unresolved condition dependency ${condition} in the ${name} block of the template`);
    }
  };
  const bodies: Record<string, unknown> = {};
  for (const [name, definition] of resources) {
    bodies[name] = [definition.Properties, definition.CreationPolicy, definition.UpdatePolicy, definition.Metadata];
    const missing = listOf(definition.DependsOn).filter((need) => !resources.has(need));
    if (missing.length > 0) {
      throw validationError(
        `Template format error: Unresolved resource dependencies [${missing.join(", ")}] in the Resources block of the template`,
      );
    }
    for (const item of [definition.Condition]) {
      if (item !== undefined && !Object.hasOwn(conditions, item)) {
        throw validationError(`Template format error: Unresolved condition dependency ${item} in the Resources block of the template`);
      }
    }
  }
  check(bodies, "Resources");
  check(template.Outputs, "Outputs");
  validateConditions(template, conditions);
  refuseCycles(new Map([...resources].map(([id, definition]) => [id, dependenciesOf(definition, (name) => resources.has(name))])));
}

function validateConditions(template: Template, conditions: Json): void {
  const parameters = parametersOf(template);
  for (const value of Object.values(conditions)) {
    const [name] = functionOf(value) ?? [];
    if (name === undefined || !/^(Condition|Fn::(And|Or|Not|Equals|If))$/.test(name)) {
      throw validationError(
        "Template format error: Every Conditions member must be a condition function.".replace(
          "Every Conditions member must be a condition function",
          "Conditions can only be boolean operations on parameters and other conditions",
        ),
      );
    }
    const found = referencesOf(value);
    const missing = [...found.refs].filter((ref) => !PSEUDO.has(ref) && !parameters.has(ref));
    if (missing.length > 0 || found.attributes.length > 0) {
      throw validationError(
        `Template error: Unresolved dependencies [${[...missing, ...found.attributes.map((one) => one.logicalId)].join(", ")}]. Cannot reference resources in the Conditions block of the template`,
      );
    }
  }
}

const IAM_NAMED = /^AWS::IAM::(Role|User|Group|ManagedPolicy|InstanceProfile)$/;
const IAM_ANY =
  /^AWS::IAM::(AccessKey|Group|InstanceProfile|Policy|Role|User|UserToGroupAddition|ManagedPolicy|GroupPolicy|RolePolicy|UserPolicy)$/;
const IAM_NAMES = ["RoleName", "UserName", "GroupName", "ManagedPolicyName", "InstanceProfileName"];

export interface RequiredCapabilities {
  readonly capabilities: string[];
  readonly reason?: string;
}

/** Which acknowledgements a template needs: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html */
export function requiredCapabilities(template: Template): RequiredCapabilities {
  const resources = [...resourcesOf(template)];
  const iam = resources.filter(([, one]) => IAM_ANY.test(one.Type));
  const named = iam.filter(([, one]) => IAM_NAMED.test(one.Type) && IAM_NAMES.some((name) => one.Properties?.[name] !== undefined));
  const needed = named.length > 0 ? ["CAPABILITY_NAMED_IAM"] : iam.length > 0 ? ["CAPABILITY_IAM"] : [];
  const macros = template.Transform !== undefined && listOf(template.Transform).some((name) => name !== "AWS::LanguageExtensions");
  if (macros) needed.push("CAPABILITY_AUTO_EXPAND");
  if (iam.length === 0) return { capabilities: needed };
  return {
    capabilities: needed,
    reason: `The following resource(s) require capabilities: [${[...new Set(iam.map(([, one]) => one.Type))].join(", ")}]`,
  };
}

export function insufficientCapabilities(missing: string): AwsException {
  return new AwsException("InsufficientCapabilitiesException", `Requires capabilities : [${missing}]`, { status: 400 });
}
