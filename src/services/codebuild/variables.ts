import type { EnvironmentVariable } from "@aws-sdk/client-codebuild";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Credentials } from "../../aws/identity.ts";
import type { Buildspec } from "./buildspec.ts";
import { projectArn } from "./names.ts";
import { PhaseFailure } from "./phase-failure.ts";
import type { BuildPlan, BuildRecord } from "./records.ts";

/** Variables of a build, and those values that its log must not show. */
export interface Variables {
  readonly values: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  /** Names that `exported-variables` may not name: what came from a store. */
  readonly secretNames: readonly string[];
}

const MOST_PARAMETERS = 10;

/**
 * The owner's variables: those of the buildspec, over them the project's, over them those of StartBuild, which the record
 * has merged already. https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.env.variables
 * @throws PhaseFailure when a parameter or a secret cannot be read
 */
export async function resolveVariables(ctx: Context, build: BuildRecord, env: Buildspec["env"]): Promise<Variables> {
  const list: EnvironmentVariable[] = [
    ...entries(env.variables, "PLAINTEXT"),
    ...entries(env.parameterStore, "PARAMETER_STORE"),
    ...entries(env.secretsManager, "SECRETS_MANAGER"),
    ...(build.environment?.environmentVariables ?? []),
  ];
  const byName = new Map(list.map((variable) => [variable.name ?? "", variable]));
  const values: Record<string, string> = {};
  const secrets: string[] = [];
  const parameters = new Map<string, string>();
  for (const [name, { value = "", type = "PLAINTEXT" }] of byName) {
    if (type === "PLAINTEXT") values[name] = value;
    else if (type === "PARAMETER_STORE") parameters.set(name, value);
    else {
      values[name] = await secretOf(ctx, value);
      secrets.push(values[name]);
    }
  }
  const found = await parametersOf(ctx, [...new Set(parameters.values())]);
  for (const [name, parameter] of parameters) {
    values[name] = found.get(parameter) ?? "";
    secrets.push(values[name]);
  }
  const secretNames = [...byName].filter(([, { type }]) => type !== undefined && type !== "PLAINTEXT").map(([name]) => name);
  return { values, secrets, secretNames };
}

function entries(
  values: Readonly<Record<string, string>>,
  type: "PLAINTEXT" | "PARAMETER_STORE" | "SECRETS_MANAGER",
): EnvironmentVariable[] {
  return Object.entries(values).map(([name, value]) => ({ name, value, type }));
}

const refused = (what: string): PhaseFailure => new PhaseFailure("Decrypted Variables Error", what);

async function parametersOf(ctx: Context, names: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (let from = 0; from < names.length; from += MOST_PARAMETERS) {
    const Names = names.slice(from, from + MOST_PARAMETERS);
    try {
      const { Parameters = [], InvalidParameters = [] } = await ctx.call("ssm", "GetParameters", { Names, WithDecryption: true });
      if (InvalidParameters[0] !== undefined) throw refused(`parameter does not exist: ${InvalidParameters[0]}`);
      for (const { Name, ARN, Value = "" } of Parameters) for (const key of [Name, ARN]) if (key !== undefined) found.set(key, Value);
    } catch (error) {
      throw error instanceof AwsException ? refused(`${error.code}: ${error.message}`) : error;
    }
  }
  return found;
}

/** `secret-id:json-key:version-stage:version-id`; the id may be an ARN, which has colons of its own. */
export function secretReference(reference: string) {
  const parts = reference.split(":");
  const idParts = reference.startsWith("arn:") ? 7 : 1;
  const [key = "", stage = "", version = ""] = parts.slice(idParts);
  return { id: parts.slice(0, idParts).join(":"), key, stage, version };
}

async function secretOf(ctx: Context, reference: string): Promise<string> {
  const { id, key, stage, version } = secretReference(reference);
  let text: string;
  try {
    const { SecretString, SecretBinary } = await ctx.call("secrets-manager", "GetSecretValue", {
      SecretId: id,
      ...(stage === "" ? {} : { VersionStage: stage }),
      ...(version === "" ? {} : { VersionId: version }),
    });
    text = SecretString ?? Buffer.from(SecretBinary ?? []).toString("utf8");
  } catch (error) {
    if (error instanceof AwsException) throw new PhaseFailure("Secrets Manager Error Message", `${error.code}: ${error.message}`);
    throw error;
  }
  if (key === "") return text;
  const value = memberOf(text, key);
  if (value === undefined) throw new PhaseFailure("Secrets Manager Error Message", `Unknown json key ${key} in secret ${id}`);
  return value;
}

function memberOf(text: string, key: string): string | undefined {
  try {
    const parsed = JSON.parse(text) as Record<string, unknown>;
    const value = parsed[key];
    return value === undefined ? undefined : typeof value === "string" ? value : JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** What CodeBuild itself sets. https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html */
export function ownVariables(ctx: Context, build: BuildRecord, plan: BuildPlan, credentials: Credentials): Record<string, string> {
  const repository = build.source?.type === "S3" ? `s3://${build.source.location ?? ""}` : build.source?.location;
  const secondaryUrls = (build.secondarySources ?? []).map(({ sourceIdentifier, location = "" }) => [
    `CODEBUILD_SOURCE_REPO_URL_${sourceIdentifier ?? ""}`,
    location,
  ]);
  const secondaryVersions = (build.secondarySourceVersions ?? []).map(({ sourceIdentifier, sourceVersion = "" }) => [
    `CODEBUILD_SOURCE_VERSION_${sourceIdentifier ?? ""}`,
    sourceVersion,
  ]);
  return {
    AWS_DEFAULT_REGION: ctx.region,
    AWS_REGION: ctx.region,
    AWS_ACCOUNT_ID: ctx.account,
    AWS_ENDPOINT_URL: ctx.cloud.endpoint,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(credentials.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: credentials.sessionToken }),
    AWS_EXECUTION_ENV: "AWS_ECS_EC2",
    CODEBUILD_AUTH_TOKEN: "",
    CODEBUILD_BUILD_ARN: build.arn,
    CODEBUILD_BUILD_ID: build.id,
    CODEBUILD_BUILD_IMAGE: build.environment?.image ?? "",
    CODEBUILD_BUILD_NUMBER: String(build.buildNumber ?? 0),
    CODEBUILD_BUILD_SUCCEEDING: "1",
    CODEBUILD_BUILD_URL: `https://${ctx.region}.console.aws.amazon.com/codebuild/home?region=${ctx.region}#/builds/${build.id}/view/new`,
    CODEBUILD_CI: "true",
    CODEBUILD_INITIATOR: build.initiator ?? "",
    CODEBUILD_KMS_KEY_ID: build.encryptionKey ?? "",
    CODEBUILD_LOG_PATH: build.logs?.streamName ?? "",
    CODEBUILD_PROJECT_ARN: projectArn(ctx, build.projectName),
    CODEBUILD_PROJECT_NAME: build.projectName,
    CODEBUILD_START_TIME: String(build.startTime),
    ...(repository === undefined ? {} : { CODEBUILD_SOURCE_REPO_URL: repository }),
    ...(build.sourceVersion === undefined ? {} : { CODEBUILD_SOURCE_VERSION: build.sourceVersion }),
    ...Object.fromEntries(secondaryUrls),
    ...Object.fromEntries(secondaryVersions),
    ...plan.variables,
  };
}
