import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import { findLive, findSecret, invalidParameter, invalidRequest, selectMatching } from "./secrets.ts";
import { type SecretRow, selectVersion, selectVersions, touchSecret, updateAccessed, type VersionRow } from "./store.ts";
import { addVersion, decrypt, encrypt, moveStage, replay, stagesOf } from "./versions.ts";

const DAY = 86_400_000;

function findVersion(ctx: Context, row: SecretRow, id: string | undefined, stage: string | undefined): VersionRow {
  const wanted = stage ?? (id === undefined ? "AWSCURRENT" : undefined);
  const versions = ctx.all(selectVersions, { secret: row.arn });
  const found = versions.find(
    (version) => (id === undefined || version.id === id) && (wanted === undefined || stagesOf(version).includes(wanted)),
  );
  if (found !== undefined) return found;
  if (id !== undefined && wanted !== undefined && versions.some((version) => version.id === id)) {
    throw invalidRequest("You provided a VersionStage that is not associated to the provided VersionId.");
  }
  const what = id === undefined ? `staging label: ${wanted}` : `VersionId: ${id}`;
  throw noValue(what);
}

function noValue(what: string): AwsException {
  return new AwsException("ResourceNotFoundException", `Secrets Manager can't find the specified secret value for ${what}`, {
    status: 400,
  });
}

async function secretValueOf(ctx: Context, secret: SecretRow, version: VersionRow) {
  const bytes = await decrypt(ctx, version);
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: version.id,
    ...(version.kind === "string" ? { SecretString: bytes.toString("utf8") } : { SecretBinary: new Uint8Array(bytes) }),
    VersionStages: stagesOf(version),
    CreatedDate: new Date(version.created),
  };
}

export async function getSecretValue(
  input: Input<"secrets-manager", "GetSecretValue">,
  ctx: Context,
): Promise<Output<"secrets-manager", "GetSecretValue">> {
  const secret = findLive(ctx, input.SecretId);
  const version = findVersion(ctx, secret, input.VersionId, input.VersionStage);
  if (version.value === "")
    throw noValue(input.VersionId === undefined ? `staging label: ${input.VersionStage}` : `VersionId: ${input.VersionId}`);
  // AWS keeps the day alone.
  const day = Math.floor(ctx.now / DAY) * DAY;
  if (secret.accessed !== day) ctx.run(updateAccessed, { arn: secret.arn, day });
  return secretValueOf(ctx, secret, version);
}

export async function batchGetSecretValue(
  input: Input<"secrets-manager", "BatchGetSecretValue">,
  ctx: Context,
): Promise<Output<"secrets-manager", "BatchGetSecretValue">> {
  const { SecretIdList: ids, Filters: filters } = input;
  if ((ids === undefined) === (filters === undefined)) {
    throw invalidParameter("Either 'SecretIdList' or 'Filters' must be provided, but not both.");
  }
  const SecretValues: Awaited<ReturnType<typeof secretValueOf>>[] = [];
  const Errors: { SecretId: string; ErrorCode: string; Message: string }[] = [];
  const after = input.NextToken === undefined ? "" : String(decodeToken(input.NextToken)?.[0] ?? "");
  const found =
    filters === undefined
      ? []
      : selectMatching(ctx, filters)
          .map(({ arn }) => arn)
          .sort();
  const page = pageOf(
    found.filter((arn) => arn > after),
    input.MaxResults ?? 20,
    (arn) => [arn],
  );
  for (const id of ids ?? page.items) {
    try {
      const secret = findLive(ctx, id);
      SecretValues.push(await secretValueOf(ctx, secret, findVersion(ctx, secret, undefined, undefined)));
    } catch (error) {
      if (!(error instanceof AwsException)) throw error;
      Errors.push({ SecretId: id, ErrorCode: error.code, Message: error.message });
    }
  }
  return { SecretValues, Errors, NextToken: page.nextToken };
}

export async function putSecretValue(
  input: Input<"secrets-manager", "PutSecretValue">,
  ctx: Context,
): Promise<Output<"secrets-manager", "PutSecretValue">> {
  if (input.RotationToken !== undefined) throw notImplemented("secrets-manager", "PutSecretValue", "RotationToken");
  const secret = findLive(ctx, input.SecretId);
  const payload = await encrypt(ctx, secret.arn, secret.kms_key ?? undefined, input);
  if (payload === undefined) throw invalidRequest("You must provide either SecretString or SecretBinary.");
  const token = input.ClientRequestToken;
  const known = token !== undefined && (await replay(ctx, secret, token, input));
  return ctx.tx(() => {
    const stages = input.VersionStages ?? ["AWSCURRENT"];
    const VersionId = known ? token : addVersion(ctx, findLive(ctx, secret.arn).arn, { payload, token, stages });
    const row = ctx.get(selectVersion, { secret: secret.arn, id: VersionId });
    ctx.emit({ source: "aws.secretsmanager", type: "Secret Value Put", resources: [secret.arn], detail: { versionId: VersionId } });
    return { ARN: secret.arn, Name: secret.name, VersionId, VersionStages: row === undefined ? [] : stagesOf(row) };
  });
}

export function updateSecretVersionStage(
  input: Input<"secrets-manager", "UpdateSecretVersionStage">,
  ctx: Context,
): Output<"secrets-manager", "UpdateSecretVersionStage"> {
  return ctx.tx(() => {
    const secret = findLive(ctx, input.SecretId);
    const { VersionStage: stage = "", RemoveFromVersionId: from, MoveToVersionId: to } = input;
    const holder = ctx.all(selectVersions, { secret: secret.arn }).find((row) => stagesOf(row).includes(stage))?.id;
    if (to !== undefined) findVersion(ctx, secret, to, undefined);
    if (from !== undefined && from !== holder) {
      throw invalidParameter(`The staging label ${stage} is not attached to version ${from}.`);
    }
    if (to !== undefined && from === undefined && holder !== undefined && holder !== to) {
      throw invalidParameter(
        `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder}, so you must explicitly reference that version in RemoveFromVersionId.`,
      );
    }
    if (to === undefined && stage === "AWSCURRENT")
      throw invalidParameter("You can't remove the staging label AWSCURRENT, move it to another version.");
    moveStage(ctx, secret.arn, stage, to);
    ctx.run(touchSecret, { arn: secret.arn, now: ctx.now });
    return { ARN: secret.arn, Name: secret.name };
  });
}

export function listSecretVersionIds(
  input: Input<"secrets-manager", "ListSecretVersionIds">,
  ctx: Context,
): Output<"secrets-manager", "ListSecretVersionIds"> {
  const secret = findSecret(ctx, input.SecretId);
  const after = input.NextToken === undefined ? undefined : decodeToken(input.NextToken)?.[0];
  const rows = ctx
    .all(selectVersions, { secret: secret.arn })
    .filter((row) => input.IncludeDeprecated === true || stagesOf(row).length > 0);
  const from = after === undefined ? 0 : rows.findIndex(({ id }) => id === after) + 1;
  const page = pageOf(rows.slice(from), input.MaxResults ?? 100, ({ id }) => [id]);
  const Versions = page.items.map((row) => ({
    VersionId: row.id,
    ...(stagesOf(row).length === 0 ? {} : { VersionStages: stagesOf(row) }),
    CreatedDate: new Date(row.created),
    KmsKeyIds: [secret.kms_key ?? "DefaultEncryptionKey"],
  }));
  return { ARN: secret.arn, Name: secret.name, Versions, NextToken: page.nextToken };
}
