import type { Context } from "../../../aws/context.ts";
import { isRecord, validationError } from "./parse.ts";

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
