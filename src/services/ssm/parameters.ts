import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { checkName, readReference, resourceOf } from "./names.ts";
import {
  deleteParameterRow,
  deleteVersion,
  deleteVersions,
  insertVersion,
  selectLatest,
  selectVersions,
  updateLabels,
  upsertParameter,
  type VersionRow,
} from "./store.ts";
import { mergeTags } from "./tags.ts";

const STANDARD_BYTES = 4_096;
const ADVANCED_BYTES = 8_192;
const MAX_VERSIONS = 100;
const TIERS_URL = "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html";

const invalid = (message: string): AwsException => new AwsException("ValidationException", message, { status: 400 });

export function parameterNotFound(name: string): AwsException {
  return new AwsException("ParameterNotFound", `Parameter ${name} not found.`);
}

/** What EventBridge hears of Parameter Store: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-cwe.html */
export function emitChange(
  ctx: Context,
  operation: string,
  row: Pick<VersionRow, "name" | "type" | "description">,
  more: object = {},
): void {
  ctx.emit({
    source: "aws.ssm",
    type: "Parameter Store Change",
    resources: [ctx.arn("ssm", resourceOf(row.name))],
    detail: { operation, name: row.name, type: row.type, ...(row.description === null ? {} : { description: row.description }), ...more },
    bus: true,
  });
}

function tierFor(asked: string | undefined, before: string | undefined, size: number): string {
  if (asked === "Standard" && before === "Advanced") {
    throw invalid(
      "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier.",
    );
  }
  const tier = asked === "Intelligent-Tiering" ? (size > STANDARD_BYTES ? "Advanced" : "Standard") : (asked ?? "Standard");
  const resolved = before === "Advanced" ? "Advanced" : tier;
  if (resolved === "Standard" && size > STANDARD_BYTES) {
    throw invalid(
      `Standard tier parameters support a maximum parameter value of ${STANDARD_BYTES} characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see ${TIERS_URL}`,
    );
  }
  if (size > ADVANCED_BYTES) throw invalid(`Advanced tier parameters support a maximum parameter value of ${ADVANCED_BYTES} characters.`);
  return resolved;
}

function checkPattern(pattern: string | undefined, value: string): void {
  if (pattern === undefined || pattern === "") return;
  let expression: RegExp;
  try {
    expression = new RegExp(`^(?:${pattern})$`, "s");
  } catch {
    throw new AwsException("InvalidAllowedPatternException", `The request doesn't meet the regular expression requirement: ${pattern}`);
  }
  if (expression.test(value)) return;
  throw new AwsException("ParameterPatternMismatchException", `Parameter value, cannot be validated against allowedPattern: ${pattern}`);
}

function checkValue(type: string, value: string): void {
  if (value === "")
    throw invalid(
      "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1.",
    );
  if (type === "StringList" && value.split(",").some((item) => item === "")) {
    throw invalid("Invalid value for StringList: its items are divided by commas and must not be empty.");
  }
}

/** Base64 of the ciphertext. The encryption context is AWS's: https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html */
async function encrypt(ctx: Context, name: string, value: string, keyId: string): Promise<string> {
  const { CiphertextBlob } = await ctx.call("kms", "Encrypt", {
    KeyId: keyId,
    Plaintext: Buffer.from(value),
    EncryptionContext: { PARAMETER_ARN: ctx.arn("ssm", resourceOf(name)) },
  });
  return Buffer.from(CiphertextBlob ?? []).toString("base64");
}

/** The clear text of a stored SecureString. */
export async function decrypt(ctx: Context, row: VersionRow): Promise<string> {
  const { Plaintext } = await ctx.call("kms", "Decrypt", {
    CiphertextBlob: Buffer.from(row.value, "base64"),
    EncryptionContext: { PARAMETER_ARN: ctx.arn("ssm", resourceOf(row.name)) },
  });
  return Buffer.from(Plaintext ?? []).toString("utf8");
}

type PutInput = Input<"ssm", "PutParameter">;

function checkPut(input: PutInput, before: VersionRow | undefined): { readonly type: string; readonly tier: string } {
  if (input.Policies !== undefined && input.Policies !== "" && input.Policies !== "[]")
    throw notImplemented("ssm", "PutParameter", "Policies");
  if (input.DataType !== undefined && input.DataType !== "text") throw notImplemented("ssm", "PutParameter", `DataType ${input.DataType}`);
  if (before !== undefined && input.Overwrite !== true) {
    throw new AwsException(
      "ParameterAlreadyExists",
      "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
    );
  }
  if (input.Overwrite === true && (input.Tags?.length ?? 0) > 0) {
    throw invalid(
      "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
    );
  }
  const type = input.Type ?? before?.type;
  if (type === undefined) throw invalid("A parameter type is required when you create a parameter.");
  if (before !== undefined && before.type !== type) {
    throw new AwsException(
      "HierarchyTypeMismatchException",
      `Parameter Store doesn't support changing a parameter type in a hierarchy. For example, you can't change a parameter from a String type to a SecureString type. You must create a new, unique parameter.`,
    );
  }
  if (input.KeyId !== undefined && type !== "SecureString") throw invalid("KeyId is required for SecureString type parameter only.");
  const value = input.Value ?? "";
  checkValue(type, value);
  checkPattern(input.AllowedPattern, value);
  return { type, tier: tierFor(input.Tier, before?.tier, Buffer.byteLength(value)) };
}

export async function putParameter(input: PutInput, ctx: Context): Promise<Output<"ssm", "PutParameter">> {
  const name = (input.Name ?? "").trim();
  checkName(name);
  const earlier = ctx.get(selectLatest, { name });
  const { type } = checkPut(input, earlier);
  const secure = type === "SecureString";
  const keyId = secure ? (input.KeyId ?? earlier?.key_id ?? "alias/aws/ssm") : null;
  const value = keyId === null ? (input.Value ?? "") : await encrypt(ctx, name, input.Value ?? "", keyId);
  return ctx.tx(() => {
    // Again, since another request may have been faster while KMS was asked.
    const before = ctx.get(selectLatest, { name });
    const { tier } = checkPut(input, before);
    const row: VersionRow = {
      name,
      version: (before?.version ?? 0) + 1,
      type,
      value,
      key_id: keyId,
      description: input.Description ?? before?.description ?? null,
      pattern: input.AllowedPattern ?? null,
      tier,
      data_type: "text",
      modified: ctx.now,
      actor: ctx.principal.arn,
      labels: "[]",
    };
    if (before !== undefined) makeRoom(ctx, row);
    ctx.run(upsertParameter, { name, version: row.version, tags: JSON.stringify(mergeTags({}, input.Tags ?? [])) });
    ctx.run(insertVersion, { ...row });
    if (before === undefined) ctx.claim(name);
    emitChange(ctx, before === undefined ? "Create" : "Update", row);
    return { Version: row.version, Tier: tier as "Standard" | "Advanced" };
  });
}

/** The oldest of 100 versions goes, unless it has a label. */
function makeRoom(ctx: Context, row: VersionRow): void {
  const kept = ctx.all(selectVersions, { name: row.name, after: 0, limit: MAX_VERSIONS + 1 });
  const oldest = kept[0];
  if (kept.length < MAX_VERSIONS || oldest === undefined) return;
  if (oldest.labels !== "[]") {
    throw new AwsException(
      "ParameterMaxVersionLimitExceeded",
      `You attempted to create a new version of ${row.name} by calling the PutParameter API with the overwrite flag. Version ${oldest.version}, the oldest version, can't be deleted because it has a label associated with it. Move the label to another version of the parameter, and try again.`,
    );
  }
  ctx.run(deleteVersion, { name: row.name, version: oldest.version });
}

function remove(ctx: Context, name: string): boolean {
  const row = ctx.get(selectLatest, { name });
  if (row === undefined) return false;
  ctx.run(deleteVersions, { name });
  ctx.run(deleteParameterRow, { name });
  emitChange(ctx, "Delete", row);
  return true;
}

export function deleteParameter(input: Input<"ssm", "DeleteParameter">, ctx: Context): Output<"ssm", "DeleteParameter"> {
  return ctx.tx(() => {
    const { name } = readReference(input.Name ?? "");
    if (!remove(ctx, name)) throw parameterNotFound(name);
    return {};
  });
}

export function deleteParameters(input: Input<"ssm", "DeleteParameters">, ctx: Context): Output<"ssm", "DeleteParameters"> {
  return ctx.tx(() => {
    const DeletedParameters: string[] = [];
    const InvalidParameters: string[] = [];
    for (const name of input.Names ?? []) (remove(ctx, name) ? DeletedParameters : InvalidParameters).push(name);
    return { DeletedParameters, InvalidParameters };
  });
}

export function setLabels(ctx: Context, row: VersionRow, labels: readonly string[]): void {
  ctx.run(updateLabels, { name: row.name, version: row.version, labels: JSON.stringify(labels) });
}
