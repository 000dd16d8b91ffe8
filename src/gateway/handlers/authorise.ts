import type { Context } from "../../aws/context.ts";
import type { AnyService, RequiredPermission } from "../../aws/service.ts";
import type { Values } from "../../models/schema.ts";
import type { Routed } from "./route.ts";

/** Where the prefix of IAM's actions is not the name under which requests are signed. */
const IAM_PREFIXES: Readonly<Record<string, string>> = { cloudwatch: "cloudwatch" };

/**
 * Asks IAM about every permission that the operation needs. A denial goes to the timeline and the call proceeds: this is
 * `audit`. The account's root is never asked about, nor is who signed nothing: there, the service decides for itself.
 */
export function audit(ctx: Context, service: AnyService | undefined, target: Routed, input: Values): void {
  const { principal } = ctx;
  if (principal.type === "service" || principal.type === "anonymous") return;
  if (principal.type === "root" && principal.session === undefined) return;
  const required = permissionsOf(ctx, service, target, input);
  if (required.length === 0) return;
  const common = conditionsOf(ctx, input);
  for (const { action, resource, policy, conditions } of required) {
    const known = conditions === undefined ? common : { ...common, ...conditions };
    const decision = ctx.cloud.identity.decide({ principal, action, resource, conditions: known, policy });
    if (decision.allowed) continue;
    ctx.emit({
      source: "orrery.iam",
      type: "Access Would Be Denied",
      resources: [principal.arn, resource],
      detail: { principal: principal.arn, action, resource, reason: decision.reason },
      rule: decision.reason,
    });
  }
}

function permissionsOf(ctx: Context, service: AnyService | undefined, target: Routed, input: Values): RequiredPermission[] {
  const { meta } = target.service;
  const { name } = target.operation;
  const declared = service?.permissions?.[name] as ((input: Values, ctx: Context) => RequiredPermission[]) | undefined;
  if (declared !== undefined) return declared(input, ctx);
  return [{ action: `${IAM_PREFIXES[meta.id] ?? meta.signingNames[0] ?? meta.id}:${name}`, resource: "*" }];
}

/**
 * The global keys that the request tells; those about principal, time and resource are IAM's to add.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
function conditionsOf({ request, region }: Context, input: Values): Record<string, readonly string[]> {
  return {
    "aws:RequestedRegion": [region],
    // What is asked is whether AWS would allow it, and there the same client would come over TLS.
    "aws:SecureTransport": ["true"],
    "aws:ViaAWSService": ["false"],
    ...(request === undefined
      ? {}
      : {
          "aws:SourceIp": [request.sourceIp],
          ...header("aws:UserAgent", request.headers["user-agent"]),
          ...header("aws:Referer", request.headers["referer"]),
        }),
    ...requestTags(input["Tags"] ?? input["tags"]),
  };
}

function header(key: string, value: string | string[] | undefined): Record<string, readonly string[]> {
  return typeof value === "string" ? { [key]: [value] } : {};
}

/** `aws:TagKeys` and `aws:RequestTag/<key>` of tags as services take them: a list of pairs or a map. */
function requestTags(tags: unknown): Record<string, readonly string[]> {
  if (typeof tags !== "object" || tags === null) return {};
  const pairs: (readonly [unknown, unknown])[] = Array.isArray(tags) ? tags.map(pairOf) : Object.entries(tags);
  const texts = pairs.filter((pair): pair is readonly [string, string] => typeof pair[0] === "string" && typeof pair[1] === "string");
  if (texts.length === 0) return {};
  const values = texts.map(([key, value]) => [`aws:RequestTag/${key}`, [value]] as const);
  return { "aws:TagKeys": texts.map(([key]) => key), ...Object.fromEntries(values) };
}

function pairOf(tag: unknown): readonly [unknown, unknown] {
  const { Key, Value, key, value } = (tag ?? {}) as Readonly<Record<string, unknown>>;
  return [Key ?? key, Value ?? value];
}
