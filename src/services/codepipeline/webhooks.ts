import type { ListWebhookItem, Tag, WebhookDefinition } from "@aws-sdk/client-codepipeline";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import type { Operations } from "../../aws/service.ts";
import { findDeclaration, findPipeline } from "./engine/live.ts";
import { isRange } from "./webhooks-ip.ts";
import { isPath } from "./webhooks-json-path.ts";
import { deleteWebhookRow, selectWebhook, selectWebhooks, upsertWebhook, type WebhookRow } from "./webhooks-store.ts";

const PAGE = 100;
const REDACTED = "****";

export const webhookArn = (ctx: Context, name: string): string => ctx.arn("codepipeline", `webhook:${name}`);

function urlOf(ctx: Context, row: Pick<WebhookRow, "path">): string {
  const { request } = ctx;
  const base = request === undefined ? ctx.cloud.endpoint : `${request.protocol}://${request.host}`;
  return `${base}/_webhook/${row.path}`;
}

function itemOf(ctx: Context, row: WebhookRow): ListWebhookItem {
  const definition = JSON.parse(row.definition) as WebhookDefinition;
  const configuration = definition.authenticationConfiguration ?? {};
  const hidden = configuration.SecretToken === undefined ? configuration : { ...configuration, SecretToken: REDACTED };
  const tags = JSON.parse(row.tags) as { key: string; value: string }[];
  return {
    definition: { ...definition, authenticationConfiguration: hidden },
    url: urlOf(ctx, row),
    arn: webhookArn(ctx, row.name),
    ...(row.triggered === null ? {} : { lastTriggered: new Date(row.triggered) }),
    ...(tags.length === 0 ? {} : { tags }),
  };
}

const badAuthentication = (message: string): AwsException => new AwsException("InvalidWebhookAuthenticationParametersException", message);

function checkAuthentication({ authentication, authenticationConfiguration: given = {} }: WebhookDefinition): void {
  const { SecretToken: secret, AllowedIPRange: range } = given;
  if (authentication === "GITHUB_HMAC" && (secret === undefined || range !== undefined)) {
    throw badAuthentication("For GITHUB_HMAC, only the SecretToken property must be set");
  }
  if (authentication === "IP" && (secret !== undefined || range === undefined || !isRange(range))) {
    throw badAuthentication("For IP, only the AllowedIPRange property must be set, to a valid CIDR range");
  }
  if (authentication === "UNAUTHENTICATED" && (secret !== undefined || range !== undefined)) {
    throw badAuthentication("For UNAUTHENTICATED, no properties can be set");
  }
}

/** @throws AwsException PipelineNotFoundException, ValidationException */
function checkTarget(ctx: Context, { targetPipeline = "", targetAction }: WebhookDefinition): void {
  const { name, version } = findPipeline(ctx, targetPipeline);
  const actions = findDeclaration(ctx, name, version)?.stages[0]?.actions ?? [];
  if (actions.some((action) => action.name === targetAction)) return;
  throw new AwsException("ValidationException", `The action ${targetAction} is no action of the source stage of the pipeline ${name}`);
}

function checkFilters({ filters = [] }: WebhookDefinition): void {
  for (const { jsonPath = "" } of filters) {
    if (!isPath(jsonPath)) throw new AwsException("InvalidWebhookFilterPatternException", `The JSON path ${jsonPath} cannot be read`);
  }
}

export const webhooks = {
  PutWebhook: ({ webhook, tags = [] }, ctx) => {
    const definition: WebhookDefinition = { ...webhook } as WebhookDefinition;
    const { name = "" } = definition;
    checkAuthentication(definition);
    checkFilters(definition);
    checkTarget(ctx, definition);
    return ctx.tx(() => {
      const found = ctx.get(selectWebhook, { name });
      const path = found?.path ?? ctx.cloud.ids.alphanumeric(40);
      const kept = tags.length === 0 && found !== undefined ? (JSON.parse(found.tags) as Tag[]) : tags;
      ctx.run(upsertWebhook, { name, path, definition: JSON.stringify(definition), tags: JSON.stringify(kept) });
      ctx.claim(name);
      emitChange(ctx, found === undefined ? "Webhook created" : "Webhook updated", name, definition);
      const row = ctx.get(selectWebhook, { name });
      return row === undefined ? {} : { webhook: itemOf(ctx, row) };
    });
  },

  DeleteWebhook: ({ name = "" }, ctx) => {
    const found = ctx.get(selectWebhook, { name });
    if (found === undefined) return {};
    ctx.tx(() => {
      ctx.run(deleteWebhookRow, { name });
      emitChange(ctx, "Webhook deleted", name, JSON.parse(found.definition) as WebhookDefinition);
    });
    return {};
  },

  ListWebhooks: ({ NextToken, MaxResults = PAGE }, ctx) => {
    const after = NextToken === undefined ? "" : decodeToken(NextToken)?.[0];
    if (typeof after !== "string") {
      throw new AwsException("InvalidNextTokenException", "The next token was specified in an invalid format.");
    }
    const { items, nextToken } = pageOf(ctx.all(selectWebhooks, { after, limit: MaxResults + 1 }), MaxResults, (row) => [row.name]);
    return { webhooks: items.map((row) => itemOf(ctx, row)), ...(nextToken === undefined ? {} : { NextToken: nextToken }) };
  },
} satisfies Operations<"codepipeline">;

function emitChange(ctx: Context, type: string, name: string, { targetPipeline = "" }: WebhookDefinition): void {
  const resources = [webhookArn(ctx, name), ctx.arn("codepipeline", targetPipeline)];
  ctx.emit({ source: "aws.codepipeline", type, resources, detail: { webhook: name, pipeline: targetPipeline } });
}
