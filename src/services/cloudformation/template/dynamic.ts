import type { Context } from "../../../aws/context.ts";
import { resourcesOf } from "./graph.ts";
import { isRecord, type Template, validationError } from "./parse.ts";

const REFERENCE = /\{\{resolve:(ssm|ssm-secure|secretsmanager):([^{}]+)\}\}/g;

/**
 * Dynamic references in every text of a value, read anew each time, as their values are never stored with the stack.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
 */
export async function resolveDynamic(ctx: Context, value: unknown): Promise<unknown> {
  if (typeof value === "string") return value.includes("{{resolve:") ? resolveText(ctx, value) : value;
  if (Array.isArray(value)) return Promise.all(value.map((item) => resolveDynamic(ctx, item)));
  if (!isRecord(value)) return value;
  const entries = await Promise.all(Object.entries(value).map(async ([key, inner]) => [key, await resolveDynamic(ctx, inner)] as const));
  return Object.fromEntries(entries);
}

/** The last name on the way to a property that takes a secure string, by type. */
const SECURE: Readonly<Record<string, string>> = {
  "AWS::DirectoryService::MicrosoftAD": "Password",
  "AWS::DirectoryService::SimpleAD": "Password",
  "AWS::ElastiCache::ReplicationGroup": "AuthToken",
  "AWS::IAM::User": "Password",
  "AWS::KinesisFirehose::DeliveryStream": "Password",
  "AWS::OpsWorks::App": "Password",
  "AWS::OpsWorks::Stack": "Password",
  "AWS::RDS::DBCluster": "MasterUserPassword",
  "AWS::RDS::DBInstance": "MasterUserPassword",
  "AWS::Redshift::Cluster": "MasterUserPassword",
};

/**
 * Secure strings go only where AWS lets them.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-ssm-secure-strings.html
 * @throws AwsException ValidationError naming all places that do not take one
 */
export function refuseSecureReferences(template: Template): void {
  const wrong: string[] = [];
  const look = (value: unknown, path: readonly string[], allowed: string | undefined): void => {
    if (typeof value === "string") {
      const property = path.findLast((name) => !name.startsWith("Fn::") && !/^\d+$/.test(name));
      if (value.includes("{{resolve:ssm-secure:") && property !== allowed) wrong.push(path.join("/"));
    } else if (typeof value === "object" && value !== null) {
      for (const [name, inner] of Object.entries(value)) look(inner, [...path, name], allowed);
    }
  };
  for (const { Type, Properties } of resourcesOf(template).values()) look(Properties, [Type, "Properties"], SECURE[Type]);
  if (wrong.length > 0) throw validationError(`SSM Secure reference is not supported in: [${wrong.join(", ")}]`);
}

async function resolveText(ctx: Context, text: string): Promise<string> {
  let result = "";
  let last = 0;
  for (const match of text.matchAll(REFERENCE)) {
    const [whole, service = "", rest = ""] = match;
    result += text.slice(last, match.index);
    result += service === "secretsmanager" ? await secret(ctx, rest) : await parameter(ctx, rest, service === "ssm-secure");
    last = match.index + whole.length;
  }
  return result + text.slice(last);
}

async function parameter(ctx: Context, reference: string, secure: boolean): Promise<string> {
  const { Parameter } = await ctx.call("ssm", "GetParameter", { Name: reference, WithDecryption: secure });
  if (!secure && Parameter?.Type === "SecureString") {
    throw validationError(`SSM Secure reference is not supported in: [${reference}]`);
  }
  return Parameter?.Value ?? "";
}

/** `secret-id:SecretString:json-key:version-stage:version-id`; the secret id may be an ARN. */
async function secret(ctx: Context, reference: string): Promise<string> {
  const arn = /^(arn:[^:]+:secretsmanager:[^:]+:\d+:secret:[^:]+)(?::(.*))?$/.exec(reference);
  const parts = arn === null ? reference.split(":") : [arn[1] ?? "", ...(arn[2]?.split(":") ?? [])];
  const [id = "", , key, stage, version] = parts;
  const answer = await ctx.call("secrets-manager", "GetSecretValue", {
    SecretId: id,
    ...(stage ? { VersionStage: stage } : {}),
    ...(version ? { VersionId: version } : {}),
  });
  const whole = answer.SecretString ?? "";
  if (!key) return whole;
  const parsed: unknown = JSON.parse(whole);
  const value = isRecord(parsed) ? parsed[key] : undefined;
  if (value === undefined) throw validationError(`Could not find a value associated with JSONKey in SecretString`);
  return typeof value === "string" ? value : JSON.stringify(value);
}
