import { randomUUID } from "node:crypto";
import { parseArn } from "../../aws/arn.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { RoutedCall } from "./call.ts";

export interface FunctionReference {
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly qualifier: string | undefined;
}

/** A function's ARN, alone or within `arn:aws:apigateway:…:lambda:path/2015-03-31/functions/<ARN>/invocations`. */
export function functionReference(
  uri: string | undefined,
  stageVariables: Readonly<Record<string, string>> | undefined,
): FunctionReference | undefined {
  const filled = (uri ?? "").replace(/\$\{stageVariables\.([^}]+)\}/g, (_, name: string) => stageVariables?.[name] ?? "");
  const text = /functions\/(arn:[^/]+)\/invocations$/.exec(filled)?.[1] ?? filled;
  const arn = parseArn(text);
  const [kind, name, qualifier] = arn?.resource.split(":") ?? [];
  if (arn?.service !== "lambda" || kind !== "function" || !name) return undefined;
  return { arn: text, account: arn.account, region: arn.region, name, qualifier };
}

/** What came of an invocation; `payload` is the function's own answer. */
export interface Invocation {
  readonly payload: string;
  readonly functionError: string | undefined;
}

/**
 * Invokes as API Gateway does. `sources` are the ARNs under which the function's policy may let it in; none are asked for
 * when an integration brings a role (`credentials`).
 * @throws AwsException AccessDeniedException, or what Lambda answers
 */
export async function invokeFunction(ctx: Context, target: FunctionReference, event: object, permission: Permission): Promise<Invocation> {
  // An invocation has a request id of its own: one request may invoke an authorizer and a function.
  const scope = ctx.with({ account: target.account, region: target.region, requestId: randomUUID() });
  const reference = { FunctionName: target.name, ...(target.qualifier === undefined ? {} : { Qualifier: target.qualifier }) };
  if (permission.credentials === undefined) await requirePermission(scope, target, reference, permission.sources);
  const { Payload, FunctionError } = await scope.call("lambda", "Invoke", {
    ...reference,
    InvocationType: "RequestResponse",
    Payload: Buffer.from(JSON.stringify(event)),
  });
  const payload = Payload === undefined ? "null" : typeof Payload === "string" ? Payload : Buffer.from(Payload).toString();
  return { payload, functionError: FunctionError };
}

export interface Permission {
  readonly credentials: string | undefined;
  readonly sources: readonly string[];
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html */
async function requirePermission(
  ctx: Context,
  target: FunctionReference,
  reference: { FunctionName: string; Qualifier?: string },
  sources: readonly string[],
): Promise<void> {
  const { Policy = "" } = await ctx.call("lambda", "GetPolicy", reference);
  const allowed = sources.some((source) => {
    const conditions = { "aws:SourceArn": [source], "aws:SourceAccount": [ctx.principal.account] };
    const request = { principal: ctx.principal, action: "lambda:InvokeFunction", resource: target.arn, conditions };
    return ctx.cloud.identity.judge(Policy, request) === "allow";
  });
  if (!allowed) throw new AwsException("AccessDeniedException", `the policy of ${target.arn} does not let apigateway.amazonaws.com in`);
}

/** `arn:aws:execute-api:<region>:<account>:<api>/<stage>/<method>/<path>` for the path as it came and as the route has it. */
export function routeArns(call: RoutedCall): string[] {
  const { live, route } = call;
  const base = `arn:aws:execute-api:${live.region}:${live.account}:${live.apiId}/${live.name}`;
  const { RouteKey = "" } = route.body;
  if (RouteKey === "$default") return [`${base}/$default`];
  const [, resource = ""] = RouteKey.split(" ");
  return [`${base}/${call.method}${resource}`, `${base}/${call.method}${call.path}`];
}
