import { parseArn } from "../../aws/arn.ts";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented, unless } from "../../aws/exception.ts";
import { servicePrincipal } from "../../aws/identity.ts";
import { type Rotation, rotationOf } from "./rotation-row.ts";
import { nextWindow, problemOf } from "./rotation-rules.ts";
import { findLive, invalidParameter, invalidRequest } from "./secrets.ts";
import { deleteVersion, insertVersion, type SecretRow, selectVersion, selectVersions, updateRotation } from "./store.ts";
import { moveStage, stagesOf } from "./versions.ts";

export function saveRotation(ctx: Context, row: SecretRow, rotation: Rotation): void {
  ctx.run(updateRotation, { arn: row.arn, rotation: JSON.stringify(rotation), rotated: row.rotated });
}

/** Plans the next window; its start is a message. */
export function plan(ctx: Context, row: SecretRow, rotation: Rotation): Rotation {
  const window = rotation.enabled ? nextWindow(rotation.rules, row.rotated ?? row.created, ctx.now) : undefined;
  const planned = { ...rotation, nextEnd: window?.end };
  saveRotation(ctx, row, planned);
  if (window !== undefined) {
    ctx.send("secrets-manager.rotation-due", { secret: row.arn, generation: rotation.generation }, { at: window.start, quiet: true });
  }
  return planned;
}

/** The label of a rotation that has not come to its end. */
export function pendingVersion(ctx: Context, row: SecretRow): string | undefined {
  const pending = ctx.all(selectVersions, { secret: row.arn }).find((version) => stagesOf(version).includes("AWSPENDING"));
  return pending === undefined || stagesOf(pending).includes("AWSCURRENT") ? undefined : pending.id;
}

/** Makes the version that the function is to fill, and sends what calls it. */
export function startRotation(
  ctx: Context,
  row: SecretRow,
  rotation: Rotation,
  { token, testOnly = false }: { readonly token: string; readonly testOnly?: boolean },
): void {
  if (ctx.get(selectVersion, { secret: row.arn, id: token }) === undefined) {
    ctx.run(insertVersion, { secret: row.arn, id: token, kind: "string", value: "", stages: "[]", now: ctx.now });
  }
  moveStage(ctx, row.arn, "AWSPENDING", token);
  saveRotation(ctx, row, { ...rotation, pending: token });
  const cause = ctx.emit({
    source: "aws.secretsmanager",
    type: testOnly ? "TestRotationStarted" : "RotationStarted",
    resources: [row.arn, rotation.lambda],
    detail: { name: row.name, versionId: token },
    rule: testOnly ? "the rotation was configured without rotating at once" : "the secret is to be rotated",
  });
  ctx.with({ cause }).send("secrets-manager.rotate", { secret: row.arn, token, testOnly, generation: rotation.generation });
}

/** Drops a version that was never filled, or takes its label. */
export function dropPending(ctx: Context, secret: string, token: string): void {
  const version = ctx.get(selectVersion, { secret, id: token });
  if (version === undefined) return;
  if (version.value === "") ctx.run(deleteVersion, { secret, id: token });
  else moveStage(ctx, secret, "AWSPENDING", undefined);
}

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html */
async function requireFunction(ctx: Context, secret: SecretRow, lambda: string): Promise<void> {
  const place = parseArn(lambda);
  if (place?.service !== "lambda") throw invalidParameter("The Lambda function ARN is invalid.");
  const scope = ctx.with({
    account: place.account,
    region: place.region,
    principal: servicePrincipal(ctx.account, "secretsmanager.amazonaws.com"),
  });
  const answer = await unless("ResourceNotFoundException", scope.call("lambda", "GetPolicy", { FunctionName: lambda }));
  const request = {
    principal: scope.principal,
    action: "lambda:InvokeFunction",
    resource: lambda,
    conditions: { "aws:SourceAccount": [ctx.account], "aws:SourceArn": [secret.arn] },
  };
  if (answer?.Policy !== undefined && ctx.cloud.identity.judge(answer.Policy, request) === "allow") return;
  throw new AwsException(
    "AccessDeniedException",
    "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.",
    { status: 400 },
  );
}

type RotateInput = Input<"secrets-manager", "RotateSecret">;

export async function rotateSecret(input: RotateInput, ctx: Context): Promise<Output<"secrets-manager", "RotateSecret">> {
  for (const member of ["ExternalSecretRotationMetadata", "ExternalSecretRotationRoleArn"] as const) {
    if (input[member] !== undefined) throw notImplemented("secrets-manager", "RotateSecret", member);
  }
  const found = findLive(ctx, input.SecretId);
  const lambda = input.RotationLambdaARN ?? rotationOf(found)?.lambda;
  if (lambda === undefined) throw invalidRequest("No Lambda rotation function ARN is associated with this secret.");
  const problem = problemOf(input.RotationRules ?? {});
  if (problem !== undefined) throw invalidParameter(problem);
  await requireFunction(ctx, found, lambda);
  return ctx.tx(() => {
    const row = findLive(ctx, found.arn);
    const before = rotationOf(row);
    const pending = pendingVersion(ctx, row);
    const token = input.ClientRequestToken ?? pending ?? ctx.cloud.ids.uuid();
    if (pending !== undefined && before?.pending === pending && token !== pending) {
      throw invalidRequest("A previous rotation isn't complete. That rotation will be reattempted.");
    }
    const rules = input.RotationRules ?? before?.rules ?? {};
    const generation = ctx.cloud.ids.hex(8);
    const rotation = plan(ctx, row, { enabled: true, lambda, rules, generation, pending: before?.pending });
    startRotation(ctx, row, rotation, { token, testOnly: input.RotateImmediately === false });
    return { ARN: row.arn, Name: row.name, ...(input.RotateImmediately === false ? {} : { VersionId: token }) };
  });
}

export function cancelRotateSecret(
  input: Input<"secrets-manager", "CancelRotateSecret">,
  ctx: Context,
): Output<"secrets-manager", "CancelRotateSecret"> {
  return ctx.tx(() => {
    const row = findLive(ctx, input.SecretId);
    const rotation = rotationOf(row);
    if (rotation === undefined) return { ARN: row.arn, Name: row.name };
    const { pending, nextEnd: _, ...kept } = rotation;
    // Steps that are under way find another generation, and end.
    saveRotation(ctx, row, { ...kept, enabled: false, generation: ctx.cloud.ids.hex(8) });
    ctx.emit({
      source: "aws.secretsmanager",
      type: "Rotation Cancelled",
      resources: [row.arn],
      detail: { name: row.name, ...(pending === undefined ? {} : { versionId: pending }) },
    });
    return { ARN: row.arn, Name: row.name, ...(pending === undefined ? {} : { VersionId: pending }) };
  });
}
