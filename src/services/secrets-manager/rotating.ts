import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { servicePrincipal } from "../../aws/identity.ts";
import type { MessageHandler } from "../../aws/service.ts";
import { dropPending, pendingVersion, plan, saveRotation, startRotation } from "./rotation.ts";
import { type Rotation, rotationOf } from "./rotation-row.ts";
import { type SecretRow, selectByArn, selectVersion, updateRotation } from "./store.ts";
import { stagesOf } from "./versions.ts";

const STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;

/** What came of calling the function for one step; undefined when all is well. */
async function call(
  ctx: Context,
  secret: SecretRow,
  rotation: Rotation,
  step: { Step: string; token: string },
): Promise<string | undefined> {
  const Payload = Buffer.from(JSON.stringify({ ClientRequestToken: step.token, SecretId: secret.arn, Step: step.Step }));
  const scope = ctx.with({ principal: servicePrincipal(ctx.account, "secretsmanager.amazonaws.com") });
  try {
    const answer = await scope.call("lambda", "Invoke", { FunctionName: rotation.lambda, Payload });
    if (answer.FunctionError === undefined) return undefined;
    return `${answer.FunctionError}: ${Buffer.from(answer.Payload ?? [])
      .toString("utf8")
      .slice(0, 1_000)}`;
  } catch (error) {
    if (error instanceof AwsException) return `${error.code}: ${error.message}`;
    throw error;
  }
}

/** The rotation that a message was sent for; undefined when it was cancelled, replaced, or the secret is gone. */
function current(ctx: Context, arn: string, generation: unknown): { row: SecretRow; rotation: Rotation } | undefined {
  const row = ctx.get(selectByArn, { arn });
  const rotation = row && rotationOf(row);
  if (row === undefined || row.delete_at !== null || !rotation?.enabled || rotation.generation !== generation) return undefined;
  return { row, rotation };
}

function tell(ctx: Context, row: SecretRow, type: string, told: { detail: object; rule: string }): void {
  ctx.emit({ source: "aws.secretsmanager", type, resources: [row.arn], detail: { name: row.name, ...told.detail }, rule: told.rule });
}

/**
 * `secrets-manager.rotate`: calls the function for each step. It is done when the new version has become the current one; a
 * failure leaves it pending, and the next window tries again.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
 */
export const onRotate: MessageHandler = async (ctx, message) => {
  const { secret, token: id, generation, testOnly } = message.payload;
  const arn = String(secret);
  const token = String(id);
  const steps = testOnly === true ? (["testSecret"] as const) : STEPS;
  for (const Step of steps) {
    const found = current(ctx, arn, generation);
    if (found === undefined) return;
    const failure = await call(ctx, found.row, found.rotation, { Step, token });
    if (!ctx.isCurrent) return;
    if (failure !== undefined) {
      ctx.tx(() => {
        if (testOnly === true) endTest(ctx, arn, token);
        const type = testOnly === true ? "TestRotationFailed" : "RotationFailed";
        tell(ctx, found.row, type, {
          detail: { step: Step, versionId: token, error: failure },
          rule: `the step ${Step} failed: ${failure}`,
        });
      });
      return;
    }
  }
  ctx.tx(() => {
    const found = current(ctx, arn, generation);
    if (found === undefined) return;
    if (testOnly === true) endTest(ctx, arn, token);
    else finish(ctx, found.row, found.rotation, token);
  });
};

/** A test leaves no version behind. */
function endTest(ctx: Context, arn: string, token: string): void {
  dropPending(ctx, arn, token);
  const row = ctx.get(selectByArn, { arn });
  const rotation = row && rotationOf(row);
  if (row !== undefined && rotation !== undefined) saveRotation(ctx, row, { ...rotation, pending: undefined });
}

function finish(ctx: Context, row: SecretRow, rotation: Rotation, token: string): void {
  const version = ctx.get(selectVersion, { secret: row.arn, id: token });
  if (version === undefined || !stagesOf(version).includes("AWSCURRENT")) {
    const rule = "the function ended without making the new version AWSCURRENT";
    tell(ctx, row, "RotationFailed", { detail: { step: "finishSecret", versionId: token }, rule });
    return;
  }
  const { pending: _, ...done } = rotation;
  ctx.run(updateRotation, { arn: row.arn, rotation: JSON.stringify(done), rotated: ctx.now });
  const rotated = { ...row, rotated: ctx.now };
  tell(ctx, row, "RotationSucceeded", { detail: { versionId: token }, rule: "all four steps succeeded and the new version is AWSCURRENT" });
  // A rotation by hand moves the next one.
  plan(ctx, rotated, { ...done, generation: ctx.cloud.ids.hex(8) });
}

/** `secrets-manager.rotation-due`: a window has opened. */
export const onRotationDue: MessageHandler = (ctx, message) => {
  ctx.tx(() => {
    const found = current(ctx, String(message.payload["secret"]), message.payload["generation"]);
    if (found === undefined) return;
    const { row, rotation } = found;
    const token = pendingVersion(ctx, row) ?? ctx.cloud.ids.uuid();
    const next = plan(ctx, row, { ...rotation, generation: ctx.cloud.ids.hex(8) });
    startRotation(ctx, row, next, { token });
  });
};
