import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { notImplemented } from "../../aws/exception.ts";
import { loadCode } from "./code.ts";
import { configurationOf } from "./configuration.ts";
import { checkRevision, functionArn, latest } from "./names.ts";
import type { FunctionRecord } from "./records.ts";
import { checkRole } from "./role.ts";
import { architectureOf, type SettingsInput, settingsOf } from "./settings.ts";
import { checkReady } from "./states.ts";
import { getVersion, LATEST, putVersion } from "./store.ts";
import { publish } from "./versions.ts";

export async function updateFunctionCode(
  input: Input<"lambda", "UpdateFunctionCode">,
  ctx: Context,
): Promise<Output<"lambda", "UpdateFunctionCode">> {
  if (input.PublishTo !== undefined) throw notImplemented("lambda", "UpdateFunctionCode", "PublishTo");
  const before = latest(ctx, input.FunctionName);
  checkReady(ctx, before);
  checkRevision(input.RevisionId, before.revisionId);
  const code = await loadCode(ctx, "UpdateFunctionCode", input);
  const architecture = architectureOf(input.Architectures, before.architecture);
  if (input.DryRun === true) return configurationOf(ctx, { ...before, code, architecture });
  return change(ctx, before, (now) => ({ ...now, code, architecture }), {
    operation: "UpdateFunctionCode",
    publish: input.Publish === true,
  });
}

export async function updateFunctionConfiguration(
  input: Input<"lambda", "UpdateFunctionConfiguration">,
  ctx: Context,
): Promise<Output<"lambda", "UpdateFunctionConfiguration">> {
  const before = latest(ctx, input.FunctionName);
  checkReady(ctx, before);
  checkRevision(input.RevisionId, before.revisionId);
  const settings = settingsOf(ctx, "UpdateFunctionConfiguration", input as SettingsInput, before);
  if (settings.role !== before.role) await checkRole(ctx, settings.role);
  return change(
    ctx,
    before,
    (now) => ({
      ...settings,
      name: now.name,
      version: now.version,
      architecture: now.architecture,
      code: now.code,
      lastModified: now.lastModified,
      revisionId: now.revisionId,
      state: now.state,
      updating: true,
    }),
    { operation: "UpdateFunctionConfiguration", publish: false },
  );
}

function change(
  ctx: Context,
  seen: FunctionRecord,
  make: (now: FunctionRecord) => FunctionRecord,
  { operation, publish: isPublished }: { readonly operation: string; readonly publish: boolean },
): Output<"lambda", "UpdateFunctionCode"> {
  return ctx.tx(() => {
    const now = getVersion(ctx, seen.name, LATEST) ?? seen;
    checkReady(ctx, now);
    const record: FunctionRecord = { ...make(now), updating: true, lastModified: ctx.now, revisionId: ctx.cloud.ids.uuid() };
    putVersion(ctx, record);
    ctx.emit({
      source: "aws.lambda",
      type: "Function Updated",
      resources: [functionArn(ctx, record.name)],
      detail: { codeSha256: record.code.sha256, operation },
    });
    ctx.send("lambda.settle", { name: record.name });
    return configurationOf(ctx, isPublished ? publish(ctx, record, {}) : record);
  });
}
