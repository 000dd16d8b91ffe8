import { parse } from "yaml";
import { DeploymentFault } from "../platform.ts";

export type HookName = "BeforeAllowTraffic" | "AfterAllowTraffic";

/** What the AppSpec of a deployment to Lambda asks for. */
export interface LambdaSpec {
  readonly functionName: string;
  readonly alias: string;
  readonly currentVersion: string;
  readonly targetVersion: string;
  /** Functions by lifecycle event: names or ARNs. */
  readonly hooks: { readonly [K in HookName]?: string };
}

type Json = Readonly<Record<string, unknown>>;

const invalid = (message: string): DeploymentFault => new DeploymentFault("INVALID_REVISION", message);

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Names of members count in any case: AWS's own examples write them in both. */
function lower(value: Json): Json {
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.toLowerCase(), inner]));
}

function textOf(properties: Json, name: string): string {
  const value = properties[name];
  if ((typeof value !== "string" && typeof value !== "number") || value === "")
    throw invalid(`The AppSpec file is invalid: the property ${name} of the Lambda function is missing.`);
  return String(value);
}

function versionOf(properties: Json, name: string): string {
  const version = textOf(properties, name);
  if (!/^[1-9]\d*$/.test(version)) throw invalid(`The AppSpec file is invalid: ${name} must be a positive integer, not ${version}.`);
  return version;
}

function hooksOf(value: unknown): LambdaSpec["hooks"] {
  if (value === undefined || value === null) return {};
  if (!Array.isArray(value)) throw invalid("The AppSpec file is invalid: hooks must be a list.");
  const hooks: Record<string, string> = {};
  for (const entry of value as unknown[]) {
    for (const [name, target] of Object.entries(isObject(entry) ? entry : {})) {
      if (name !== "BeforeAllowTraffic" && name !== "AfterAllowTraffic")
        throw invalid(`The AppSpec file is invalid: ${name} is no lifecycle event of a Lambda deployment that has hooks.`);
      if (typeof target !== "string" || target === "")
        throw invalid(`The AppSpec file is invalid: the hook ${name} names no Lambda function.`);
      hooks[name] = target;
    }
  }
  return hooks;
}

/**
 * Reads an AppSpec file, in YAML or JSON.
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html
 * @throws DeploymentFault INVALID_REVISION
 */
export function parseAppSpec(text: string): LambdaSpec {
  let document: unknown;
  try {
    document = parse(text, { schema: "yaml-1.1" });
  } catch (error) {
    throw invalid(`The AppSpec file cannot be read: ${error instanceof Error ? error.message : ""}`);
  }
  if (!isObject(document)) throw invalid("The AppSpec file is invalid: it is no mapping.");
  const { version, resources, hooks } = lower(document);
  if (Number(version) !== 0) throw invalid("The AppSpec file is invalid: its version must be 0.0.");
  const list = Array.isArray(resources) ? (resources as unknown[]) : [];
  const entries = list.flatMap((entry) => (isObject(entry) ? Object.values(entry) : []));
  const [resource] = entries;
  if (entries.length !== 1 || !isObject(resource)) throw invalid("The AppSpec file is invalid: it must have exactly one resource.");
  const { type, properties } = lower(resource);
  if (type !== "AWS::Lambda::Function")
    throw invalid(`The AppSpec file is invalid: the type of its resource must be AWS::Lambda::Function.`);
  const given = lower(isObject(properties) ? properties : {});
  return {
    functionName: textOf(given, "name"),
    alias: textOf(given, "alias"),
    currentVersion: versionOf(given, "currentversion"),
    targetVersion: versionOf(given, "targetversion"),
    hooks: hooksOf(hooks),
  };
}

/** The AppSpec that brings the traffic back: the two versions change places, and no hook has a say in it. */
export function reversed(spec: LambdaSpec): string {
  const { functionName: name, alias, currentVersion, targetVersion } = spec;
  const properties = { name, alias, currentversion: targetVersion, targetversion: currentVersion };
  return JSON.stringify({ version: 0.0, resources: [{ [name]: { type: "AWS::Lambda::Function", properties } }] });
}
