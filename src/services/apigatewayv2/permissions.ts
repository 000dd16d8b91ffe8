import type { Context } from "../../aws/context.ts";
import type { RequiredPermission, ServiceDefinition } from "../../aws/service.ts";

type Permissions = NonNullable<ServiceDefinition<"apigatewayv2">["permissions"]>;
type Named = Readonly<Record<string, unknown>>;

/** Where each operation's HTTP path leads; `{Member}` is the input's member. */
const PATHS: readonly (readonly [pattern: RegExp, path: string])[] = [
  [/^(?:CreateApi|GetApis)$/, "/apis"],
  [/^(?:Get|Update|Delete)Api$/, "/apis/{ApiId}"],
  [/^DeleteCorsConfiguration$/, "/apis/{ApiId}/cors"],
  [/^(?:CreateRoute|GetRoutes)$/, "/apis/{ApiId}/routes"],
  [/^(?:Get|Update|Delete)Route$/, "/apis/{ApiId}/routes/{RouteId}"],
  [/^(?:CreateIntegration|GetIntegrations)$/, "/apis/{ApiId}/integrations"],
  [/^(?:Get|Update|Delete)Integration$/, "/apis/{ApiId}/integrations/{IntegrationId}"],
  [/^(?:CreateAuthorizer|GetAuthorizers)$/, "/apis/{ApiId}/authorizers"],
  [/^(?:Get|Update|Delete)Authorizer$/, "/apis/{ApiId}/authorizers/{AuthorizerId}"],
  [/^ResetAuthorizersCache$/, "/apis/{ApiId}/stages/{StageName}/cache/authorizers"],
  [/^(?:CreateDeployment|GetDeployments)$/, "/apis/{ApiId}/deployments"],
  [/^(?:Get|Update|Delete)Deployment$/, "/apis/{ApiId}/deployments/{DeploymentId}"],
  [/^(?:CreateStage|GetStages)$/, "/apis/{ApiId}/stages"],
  [/^(?:Get|Update|Delete)Stage$/, "/apis/{ApiId}/stages/{StageName}"],
  [/^DeleteAccessLogSettings$/, "/apis/{ApiId}/stages/{StageName}/accesslogsettings"],
  [/^DeleteRouteSettings$/, "/apis/{ApiId}/stages/{StageName}/routesettings/{RouteKey}"],
  [/^(?:Tag|Untag)Resource$|^GetTags$/, "/tags/{ResourceArn}"],
];
const METHODS: Readonly<Record<string, string>> = {
  Create: "POST",
  Delete: "DELETE",
  Get: "GET",
  Reset: "DELETE",
  Tag: "POST",
  Untag: "DELETE",
  Update: "PATCH",
};

/** An ARN in a path is percent-encoded: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-iam-policy.html */
function filled(path: string, input: Named): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, member: string) => {
    const value = String(input[member] ?? "");
    return member === "ResourceArn" ? (value.includes("%") ? value : encodeURIComponent(value)) : value;
  });
}

/**
 * Actions are HTTP methods, resources are paths of the management API in a region, of no account.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagementv2.html
 */
export function permissionsOf(operations: Readonly<Record<string, unknown>>): Permissions {
  const entries = Object.keys(operations).map((operation) => {
    const path = PATHS.find(([pattern]) => pattern.test(operation))?.[1] ?? "/*";
    const method = METHODS[/^[A-Z][a-z]+/.exec(operation)?.[0] ?? ""] ?? "GET";
    const asks = (input: Named, ctx: Context): RequiredPermission[] => [
      { action: `apigateway:${method}`, resource: `arn:aws:apigateway:${ctx.region}::${filled(path, input)}` },
    ];
    return [operation, asks] as const;
  });
  return Object.fromEntries(entries) as unknown as Permissions;
}
