import type { Webhook } from "@aws-sdk/client-codebuild";
import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { AwsException, notImplemented } from "../../../aws/exception.ts";
import { invalid } from "../failures.ts";
import { projectArn } from "../names.ts";
import { projectNamed } from "../projects.ts";
import type { ProjectSettings } from "../records.ts";
import { checkFilters, hostOf, policyWithDefaults, type WebhookSettings } from "./settings.ts";
import { unapproved, type WebhookRow, webhooks } from "./store.ts";

export const WEBHOOK_PATH = "/_codebuild/webhooks";

/** The secret is shown only by the operation that makes it. */
function shown(ctx: Context, row: WebhookRow, isNew = false): Webhook {
  const { filterGroups = [], ...settings } = JSON.parse(row.settings) as WebhookSettings;
  return {
    payloadUrl: `${ctx.cloud.endpoint}${WEBHOOK_PATH}?t=${row.token}&v=1`,
    ...(isNew ? { secret: row.secret } : {}),
    filterGroups: filterGroups.map((group) => [...group]),
    ...settings,
    lastModifiedSecret: new Date(row.secret_modified),
    status: "ACTIVE",
  };
}

export function webhookOf(ctx: Context, project: string): Webhook | undefined {
  const row = ctx.get(webhooks.get, { project });
  return row === undefined ? undefined : shown(ctx, row);
}

const settingsOf = (row: { readonly settings: string }): ProjectSettings => JSON.parse(row.settings) as ProjectSettings;

/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateWebhook.html */
function createWebhook(input: Input<"codebuild", "CreateWebhook">, ctx: Context): Output<"codebuild", "CreateWebhook"> {
  const { projectName, branchFilter, filterGroups, manualCreation, scopeConfiguration, buildType = "BUILD" } = input;
  if (buildType === "RUNNER_BUILDKITE_BUILD") throw notImplemented("codebuild", "CreateWebhook", "buildType RUNNER_BUILDKITE_BUILD");
  return ctx.tx(() => {
    const project = projectNamed(ctx, projectName);
    const host = hostOf(settingsOf(project).source?.type);
    if (ctx.get(webhooks.get, { project: project.name }) !== undefined)
      throw new AwsException("ResourceAlreadyExistsException", `Webhook already exists for project ${project.name}`);
    if (manualCreation === true && host !== "GITHUB") throw invalid("manualCreation is only available for GitHub webhooks");
    const settings: WebhookSettings = {
      ...(branchFilter === undefined ? {} : { branchFilter }),
      ...(filterGroups === undefined ? {} : { filterGroups }),
      ...(manualCreation === undefined ? {} : { manualCreation }),
      ...(scopeConfiguration === undefined ? {} : { scopeConfiguration }),
      buildType,
      pullRequestBuildPolicy: policyWithDefaults(host, input.pullRequestBuildPolicy),
    };
    checkFilters(host, settings);
    const { ids } = ctx.cloud;
    ctx.run(webhooks.insert, {
      project: project.name,
      token: ids.alphanumeric(40),
      secret: ids.hex(40),
      now: ctx.now,
      settings: JSON.stringify(settings),
    });
    ctx.emit({ source: "aws.codebuild", type: "Webhook Created", resources: [project.arn], detail: { project: project.name, buildType } });
    return { webhook: shown(ctx, webhookNamed(ctx, project.name), true) };
  });
}

/** @throws AwsException ResourceNotFoundException */
function webhookNamed(ctx: Context, project: string): WebhookRow {
  const row = ctx.get(webhooks.get, { project });
  if (row === undefined) throw new AwsException("ResourceNotFoundException", `Webhook cannot be found for project ${project}`);
  return row;
}

/** Bitbucket has no secret to be rotated. https://docs.aws.amazon.com/codebuild/latest/APIReference/API_UpdateWebhook.html */
function updateWebhook(input: Input<"codebuild", "UpdateWebhook">, ctx: Context): Output<"codebuild", "UpdateWebhook"> {
  const { projectName, branchFilter, filterGroups, buildType, rotateSecret = false, pullRequestBuildPolicy } = input;
  if (buildType === "RUNNER_BUILDKITE_BUILD") throw notImplemented("codebuild", "UpdateWebhook", "buildType RUNNER_BUILDKITE_BUILD");
  return ctx.tx(() => {
    const row = projectNamed(ctx, projectName);
    const host = hostOf(settingsOf(row).source?.type);
    const before = JSON.parse(webhookNamed(ctx, row.name).settings) as WebhookSettings;
    checkFilters(host, { branchFilter: branchFilter ?? "", filterGroups: filterGroups ?? [] });
    const { branchFilter: oldBranches, filterGroups: oldGroups, ...rest } = before;
    // Either kind of filter takes the place of the other.
    const branches = branchFilter ?? (filterGroups === undefined ? oldBranches : undefined);
    const groups = filterGroups ?? (branchFilter === undefined ? oldGroups : undefined);
    const settings: WebhookSettings = {
      ...rest,
      ...(branches === undefined || branches === "" ? {} : { branchFilter: branches }),
      ...(groups === undefined ? {} : { filterGroups: groups }),
      ...(buildType === undefined ? {} : { buildType }),
      ...(pullRequestBuildPolicy === undefined ? {} : { pullRequestBuildPolicy: policyWithDefaults(host, pullRequestBuildPolicy) }),
    };
    checkFilters(host, settings);
    ctx.run(webhooks.setSettings, { project: row.name, settings: JSON.stringify(settings) });
    const rotates = rotateSecret && host !== "BITBUCKET";
    if (rotates) ctx.run(webhooks.setSecret, { project: row.name, secret: ctx.cloud.ids.hex(40), now: ctx.now });
    ctx.emit({ source: "aws.codebuild", type: "Webhook Updated", resources: [row.arn], detail: { project: row.name, rotates } });
    return { webhook: shown(ctx, webhookNamed(ctx, row.name), rotates) };
  });
}

function deleteWebhook(input: Input<"codebuild", "DeleteWebhook">, ctx: Context): Output<"codebuild", "DeleteWebhook"> {
  return ctx.tx(() => {
    const { name } = projectNamed(ctx, input.projectName);
    webhookNamed(ctx, name);
    forgetWebhook(ctx, name);
    return {};
  });
}

/** With its project too, in whose transaction it is called. */
export function forgetWebhook(ctx: Context, project: string): void {
  if (ctx.run(webhooks.remove, { project }) === 0) return;
  ctx.run(unapproved.removeOf, { project });
  ctx.emit({ source: "aws.codebuild", type: "Webhook Deleted", resources: [projectArn(ctx, project)], detail: { project } });
}

export const webhookOperations = { CreateWebhook: createWebhook, UpdateWebhook: updateWebhook, DeleteWebhook: deleteWebhook };
