import { parseArn } from "../../aws/arn.ts";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import type { MessageHandler } from "../../aws/service.ts";
import { listOfTags, type Tags, tagsOfList } from "../../aws/tags.ts";
import { makePassword } from "./password.ts";
import { shownRotation } from "./rotation-row.ts";
import {
  deleteSecretRow,
  insertSecret,
  type SecretRow,
  selectByArn,
  selectByName,
  selectSecrets,
  selectVersions,
  updateDeletion,
  updateSecret as updateSecretRow,
} from "./store.ts";
import { addVersion, encrypt, type Payload, replay, stagesOf } from "./versions.ts";

const DAY = 86_400_000;

export const invalidRequest = (message: string): AwsException => new AwsException("InvalidRequestException", message, { status: 400 });
export const invalidParameter = (message: string): AwsException => new AwsException("InvalidParameterException", message, { status: 400 });

function noSuchSecret(): AwsException {
  return new AwsException("ResourceNotFoundException", "Secrets Manager can't find the specified secret.", { status: 400 });
}

/** By name, ARN, or ARN without its six random characters. Secrets that are planned to be deleted are found too. */
export function findSecret(ctx: Context, id: string | undefined): SecretRow {
  const arn = parseArn(id ?? "");
  if (arn === undefined) {
    const row = ctx.get(selectByName, { name: id ?? "" });
    if (row === undefined) throw noSuchSecret();
    return row;
  }
  const scope = ctx.with({ account: arn.account, region: arn.region });
  const row = ctx.get(selectByArn, { arn: id ?? "" }) ?? scope.get(selectByName, { name: arn.resource.replace(/^secret:/, "") });
  if (row === undefined) throw noSuchSecret();
  return row;
}

/** For operations that a planned deletion forbids. */
export function findLive(ctx: Context, id: string | undefined): SecretRow {
  const row = findSecret(ctx, id);
  if (row.delete_at !== null) {
    throw invalidRequest("You can't perform this operation on the secret because it was marked for deletion.");
  }
  return row;
}

export function emit(ctx: Context, type: string, row: Pick<SecretRow, "arn" | "name">, detail: object = {}): void {
  ctx.emit({ source: "aws.secretsmanager", type, resources: [row.arn], detail: { name: row.name, ...detail } });
}

type CreateInput = Input<"secrets-manager", "CreateSecret">;

export async function createSecret(input: CreateInput, ctx: Context): Promise<Output<"secrets-manager", "CreateSecret">> {
  for (const member of ["AddReplicaRegions", "Type"] as const) {
    if (input[member] !== undefined) throw notImplemented("secrets-manager", "CreateSecret", member);
  }
  // Means nothing without replicas.
  const { ForceOverwriteReplicaSecret: _ } = input;
  const name = input.Name ?? "";
  if (!/^[A-Za-z0-9/_+=.@!-]{1,512}$/.test(name)) {
    throw new AwsException(
      "ValidationException",
      "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
      { status: 400 },
    );
  }
  const before = ctx.get(selectByName, { name });
  if (before !== undefined) return repeated(ctx, before, input);
  const arn = ctx.arn("secretsmanager", `secret:${name}-${randomSuffix(ctx)}`);
  const payload = await encrypt(ctx, arn, input.KmsKeyId, input);
  return ctx.tx(() => {
    if (ctx.get(selectByName, { name }) !== undefined) throw exists(name);
    const tags = JSON.stringify(tagsOfList(input.Tags));
    ctx.run(insertSecret, { name, arn, description: input.Description ?? null, kms_key: input.KmsKeyId ?? null, tags, now: ctx.now });
    ctx.claim(arn);
    emit(ctx, "Secret Created", { arn, name });
    if (payload === undefined) return { ARN: arn, Name: name };
    const VersionId = addVersion(ctx, arn, { payload, token: input.ClientRequestToken, stages: ["AWSCURRENT"] });
    return { ARN: arn, Name: name, VersionId };
  });
}

const exists = (name: string): AwsException =>
  new AwsException("ResourceExistsException", `The operation failed because the secret ${name} already exists.`, { status: 400 });

/** The same request again, by its token, gives the same answer. */
async function repeated(ctx: Context, before: SecretRow, input: CreateInput): Promise<Output<"secrets-manager", "CreateSecret">> {
  if (before.delete_at !== null) {
    throw invalidRequest("You can't create this secret because a secret with this name is already scheduled for deletion.");
  }
  if (input.ClientRequestToken === undefined || !(await replay(ctx, before, input.ClientRequestToken, input))) throw exists(before.name);
  return { ARN: before.arn, Name: before.name, VersionId: input.ClientRequestToken };
}

function randomSuffix(ctx: Context): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  return Array.from({ length: 6 }, () => letters[Math.floor(ctx.cloud.ids.random() * letters.length)]).join("");
}

export async function updateSecret(
  input: Input<"secrets-manager", "UpdateSecret">,
  ctx: Context,
): Promise<Output<"secrets-manager", "UpdateSecret">> {
  if (input.Type !== undefined) throw notImplemented("secrets-manager", "UpdateSecret", "Type");
  const row = findLive(ctx, input.SecretId);
  const payload: Payload | undefined = await encrypt(ctx, row.arn, input.KmsKeyId ?? row.kms_key ?? undefined, input);
  const known =
    payload !== undefined && input.ClientRequestToken !== undefined && (await replay(ctx, row, input.ClientRequestToken, input));
  return ctx.tx(() => {
    const current = findLive(ctx, row.arn);
    const description = input.Description ?? current.description;
    ctx.run(updateSecretRow, { arn: row.arn, description, kms_key: input.KmsKeyId ?? current.kms_key, now: ctx.now });
    emit(ctx, "Secret Updated", row);
    const answer = { ARN: row.arn, Name: row.name };
    if (payload === undefined) return answer;
    if (known) return { ...answer, VersionId: input.ClientRequestToken };
    return { ...answer, VersionId: addVersion(ctx, row.arn, { payload, token: input.ClientRequestToken, stages: ["AWSCURRENT"] }) };
  });
}

export function deleteSecret(input: Input<"secrets-manager", "DeleteSecret">, ctx: Context): Output<"secrets-manager", "DeleteSecret"> {
  const force = input.ForceDeleteWithoutRecovery === true;
  if (force && input.RecoveryWindowInDays !== undefined) {
    throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
  }
  const days = input.RecoveryWindowInDays ?? 30;
  if (days < 7 || days > 30) throw invalidParameter("RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
  return ctx.tx(() => {
    const row = findSecret(ctx, input.SecretId);
    if (!force && row.delete_at !== null) {
      throw invalidRequest("You tried to perform the operation on a secret that's currently marked deleted.");
    }
    const at = force ? ctx.now : ctx.now + days * DAY;
    if (force) ctx.run(deleteSecretRow, { arn: row.arn });
    else {
      ctx.run(updateDeletion, { arn: row.arn, delete_at: at, deleted: ctx.now });
      ctx.send("secrets-manager.delete", { secret: row.arn }, { at, quiet: true });
    }
    emit(ctx, force ? "Secret Deleted" : "Secret Deletion Planned", row, { at });
    return { ARN: row.arn, Name: row.name, DeletionDate: new Date(at) };
  });
}

/** The recovery window is over, unless the secret was restored meanwhile. */
export const onDelete: MessageHandler = (ctx, message) => {
  ctx.tx(() => {
    const row = ctx.get(selectByArn, { arn: String(message.payload["secret"]) });
    if (row === undefined || row.delete_at === null || row.delete_at > ctx.now) return;
    ctx.run(deleteSecretRow, { arn: row.arn });
    emit(ctx, "Secret Deleted", row);
  });
};

export function restoreSecret(input: Input<"secrets-manager", "RestoreSecret">, ctx: Context): Output<"secrets-manager", "RestoreSecret"> {
  return ctx.tx(() => {
    const row = findSecret(ctx, input.SecretId);
    ctx.run(updateDeletion, { arn: row.arn, delete_at: null, deleted: null });
    emit(ctx, "Secret Restored", row);
    return { ARN: row.arn, Name: row.name };
  });
}

export function tagListOf(row: SecretRow): { Key: string; Value: string }[] {
  return listOfTags(JSON.parse(row.tags) as Tags);
}

function describe(ctx: Context, row: SecretRow) {
  const staged = ctx.all(selectVersions, { secret: row.arn }).filter((version) => stagesOf(version).length > 0);
  const tags = tagListOf(row);
  return {
    shared: {
      ARN: row.arn,
      Name: row.name,
      ...(row.description === null ? {} : { Description: row.description }),
      ...(row.kms_key === null ? {} : { KmsKeyId: row.kms_key }),
      LastChangedDate: new Date(row.changed),
      ...(row.accessed === null ? {} : { LastAccessedDate: new Date(row.accessed) }),
      ...(row.deleted === null ? {} : { DeletedDate: new Date(row.deleted) }),
      ...(tags.length === 0 ? {} : { Tags: tags }),
      CreatedDate: new Date(row.created),
      ...shownRotation(row),
    },
    stages: Object.fromEntries(staged.map((version) => [version.id, stagesOf(version)])),
  };
}

export function describeSecret(
  input: Input<"secrets-manager", "DescribeSecret">,
  ctx: Context,
): Output<"secrets-manager", "DescribeSecret"> {
  const { shared, stages } = describe(ctx, findSecret(ctx, input.SecretId));
  return { ...shared, ...(Object.keys(stages).length === 0 ? {} : { VersionIdsToStages: stages }) };
}

type Filters = NonNullable<Input<"secrets-manager", "ListSecrets">["Filters"]>;

/** Prefixes, as the service compares; a leading `!` turns a value round. */
function passes(row: SecretRow, filters: Filters): boolean {
  const tags = tagListOf(row);
  return filters.every(({ Key, Values = [] }) => {
    const texts = {
      name: [row.name],
      description: [row.description ?? ""],
      "tag-key": tags.map((tag) => tag.Key),
      "tag-value": tags.map((tag) => tag.Value),
      all: [row.name, row.description ?? "", ...tags.flatMap((tag) => [tag.Key, tag.Value])],
    }[String(Key)];
    if (texts === undefined) throw notImplemented("secrets-manager", "ListSecrets", `the filter ${Key}`);
    const sensitive = Key !== "description" && Key !== "all";
    const same = (text: string): string => (sensitive ? text : text.toLowerCase());
    const has = (value: string): boolean => texts.some((text) => same(text).startsWith(same(value)));
    return Values.some((value) => (value.startsWith("!") ? !has(value.slice(1)) : has(value)));
  });
}

export function selectMatching(ctx: Context, filters: Filters): SecretRow[] {
  return ctx.all(selectSecrets, {}).filter((row) => passes(row, filters));
}

export function listSecrets(input: Input<"secrets-manager", "ListSecrets">, ctx: Context): Output<"secrets-manager", "ListSecrets"> {
  const rows = selectMatching(ctx, input.Filters ?? []).filter((row) => row.delete_at === null || input.IncludePlannedDeletion === true);
  const sortBy = input.SortBy ?? "created-date";
  const keys = { "created-date": "created", name: "name", "last-changed-date": "changed", "last-accessed-date": "accessed" } as const;
  const key = (row: SecretRow): string | number => row[keys[sortBy]] ?? 0;
  rows.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
  if (input.SortOrder !== "asc") rows.reverse();
  const from = input.NextToken === undefined ? 0 : rows.findIndex(({ arn }) => arn === decodeToken(input.NextToken ?? "")?.[0]) + 1;
  if (input.NextToken !== undefined && from === 0) throw new AwsException("InvalidNextTokenException", "Invalid NextToken");
  const page = pageOf(rows.slice(from), input.MaxResults ?? 100, ({ arn }) => [arn]);
  const SecretList = page.items.map((row) => {
    const { shared, stages } = describe(ctx, row);
    return { ...shared, SecretVersionsToStages: stages };
  });
  return { SecretList, NextToken: page.nextToken };
}

export function getRandomPassword(
  input: Input<"secrets-manager", "GetRandomPassword">,
  ctx: Context,
): Output<"secrets-manager", "GetRandomPassword"> {
  return { RandomPassword: makePassword(input, () => ctx.cloud.ids.random()) };
}
