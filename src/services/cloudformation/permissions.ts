import type { Context } from "../../aws/context.ts";
import type { RequiredPermission, ServiceDefinition } from "../../aws/service.ts";
import { changeSetById } from "./store.ts";

type Permissions = NonNullable<ServiceDefinition<"cloudformation">["permissions"]>;
type Named = Readonly<Record<string, unknown>>;

const ON_STACK = [
  "CancelUpdateStack",
  "ContinueUpdateRollback",
  "CreateChangeSet",
  "CreateStack",
  "DeleteChangeSet",
  "DeleteStack",
  "DescribeChangeSet",
  "DescribeEvents",
  "DescribeStackEvents",
  "DescribeStackResource",
  "DescribeStackResourceDrifts",
  "DescribeStackResources",
  "DescribeStacks",
  "DetectStackDrift",
  "DetectStackResourceDrift",
  "ExecuteChangeSet",
  "GetStackPolicy",
  "GetTemplate",
  "GetTemplateSummary",
  "ListChangeSets",
  "ListStackResources",
  "RollbackStack",
  "SetStackPolicy",
  "SignalResource",
  "UpdateStack",
  "UpdateTerminationProtection",
] as const;
/** What is asked about a template or about all stacks needs the action on everything. */
const ON_ALL_WITHOUT_STACK = new Set<string>(["DescribeEvents", "DescribeStacks", "GetTemplateSummary"]);
const PASSED = { "iam:PassedToService": ["cloudformation.amazonaws.com"] };

/** A stack that is named is asked about with whatever id it may have. */
function resourceOf(ctx: Context, action: string, input: Named): string {
  const { StackName: stack, ChangeSetName: changeSet } = input;
  if (typeof stack === "string") return stack.startsWith("arn:") ? stack : ctx.arn("cloudformation", `stack/${stack}/*`);
  const known = typeof changeSet === "string" ? ctx.get(changeSetById, { id: changeSet }) : undefined;
  if (known !== undefined) return known.stack;
  return ON_ALL_WITHOUT_STACK.has(action) ? "*" : ctx.arn("cloudformation", "stack/*");
}

function conditionsOf(input: Named): Record<string, readonly string[]> {
  const { RoleARN: role, TemplateURL: url, ChangeSetName: changeSet } = input;
  return {
    ...(typeof role === "string" ? { "cloudformation:RoleArn": [role] } : {}),
    ...(typeof url === "string" ? { "cloudformation:TemplateUrl": [url] } : {}),
    ...(typeof changeSet === "string" ? { "cloudformation:ChangeSetName": [changeSet] } : {}),
  };
}

function asks(action: string): (input: Named, ctx: Context) => RequiredPermission[] {
  return (input, ctx) => {
    const resource = resourceOf(ctx, action, input);
    const own = { action: `cloudformation:${action}`, resource, conditions: conditionsOf(input) };
    const role = input["RoleARN"];
    return typeof role === "string" ? [own, { action: "iam:PassRole", resource: role, conditions: PASSED }] : [own];
  };
}

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html */
export const permissions = Object.fromEntries(ON_STACK.map((action) => [action, asks(action)])) as unknown as Permissions;
