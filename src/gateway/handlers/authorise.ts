import type { Context } from "../../aws/context.ts";
import type { AnyService, RequiredPermission } from "../../aws/service.ts";
import type { Values } from "../../models/schema.ts";
import type { Routed } from "./route.ts";

/** Where the prefix of IAM's actions is not the name under which requests are signed. */
const IAM_PREFIXES: Readonly<Record<string, string>> = { cloudwatch: "cloudwatch" };
/** Its actions are HTTP methods: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagementv2.html */
const ACTIONS_ARE_METHODS = "apigatewayv2";

/**
 * Asks IAM about every permission that the operation needs. A denial goes to the timeline and the call proceeds: this is
 * `audit`. The account's root is never asked about.
 */
export function audit(ctx: Context, service: AnyService | undefined, target: Routed, input: Values): void {
  const { principal } = ctx;
  if (principal.type === "root" || principal.type === "service") return;
  for (const { action, resource } of permissionsOf(ctx, service, target, input)) {
    const decision = ctx.cloud.identity.decide({ principal, action, resource, conditions: conditionsOf(ctx) });
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
  const action = meta.id === ACTIONS_ARE_METHODS ? (target.operation.http?.method ?? name) : name;
  return [{ action: `${IAM_PREFIXES[meta.id] ?? meta.signingNames[0] ?? meta.id}:${action}`, resource: "*" }];
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html */
function conditionsOf(ctx: Context): Record<string, readonly string[]> {
  const { request, principal, region } = ctx;
  return {
    "aws:PrincipalArn": [principal.arn],
    "aws:PrincipalAccount": [principal.account],
    "aws:userid": [principal.userId],
    "aws:RequestedRegion": [region],
    "aws:CurrentTime": [new Date(ctx.now).toISOString()],
    "aws:EpochTime": [String(Math.floor(ctx.now / 1000))],
    "aws:SecureTransport": [String(request?.protocol === "https")],
    ...(request === undefined ? {} : { "aws:SourceIp": [request.sourceIp], ...userAgent(request.headers["user-agent"]) }),
  };
}

function userAgent(header: string | string[] | undefined): Record<string, readonly string[]> {
  return typeof header === "string" ? { "aws:UserAgent": [header] } : {};
}
