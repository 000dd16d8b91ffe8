import type { Context } from "../../aws/context.ts";
import type { RequiredPermission, ServiceDefinition } from "../../aws/service.ts";

type Permissions = NonNullable<ServiceDefinition<"cloudwatch-logs">["permissions"]>;
type Named = Readonly<Record<string, unknown>>;

const ON_GROUP = [
  "AssociateKmsKey",
  "CreateLogGroup",
  "DeleteDataProtectionPolicy",
  "DeleteIndexPolicy",
  "DeleteLogGroup",
  "DeleteMetricFilter",
  "DeleteRetentionPolicy",
  "DeleteSubscriptionFilter",
  "DeleteTransformer",
  "DescribeLogGroups",
  "DescribeLogStreams",
  "DescribeMetricFilters",
  "DescribeSubscriptionFilters",
  "DisassociateKmsKey",
  "FilterLogEvents",
  "GetDataProtectionPolicy",
  "GetLogGroupFields",
  "GetTransformer",
  "ListTagsLogGroup",
  "PutLogGroupDeletionProtection",
  "PutDataProtectionPolicy",
  "PutIndexPolicy",
  "PutMetricFilter",
  "PutRetentionPolicy",
  "PutSubscriptionFilter",
  "PutTransformer",
  "TagLogGroup",
  "UntagLogGroup",
] as const;
const ON_STREAM = ["CreateLogStream", "DeleteLogStream", "GetLogEvents", "PutLogEvents"] as const;
const ON_TAGGED = ["ListTagsForResource", "TagResource", "UntagResource"] as const;

const GROUP_ARN = /^arn:[^:]+:logs:[^:]*:[^:]*:log-group:[^:]*/;
const MEMBERS = ["logGroupName", "logGroupIdentifier", "resourceIdentifier"] as const;

/** Without the `:*` that ARNs of groups come with. */
function groupArn(ctx: Context, input: Named): string {
  const named = MEMBERS.map((member) => input[member]).find((value) => typeof value === "string") ?? "";
  return GROUP_ARN.exec(named)?.[0] ?? ctx.arn("logs", `log-group:${named}`);
}

/** AWS asks about a stream whose name is empty, which is why policies on a group end in `:*`. */
function onStream(action: string): (input: Named, ctx: Context) => RequiredPermission[] {
  return (input, ctx) => {
    const stream = input["logStreamName"];
    const own = { action: `logs:${action}`, resource: `${groupArn(ctx, input)}:log-stream:${typeof stream === "string" ? stream : ""}` };
    const role = input["roleArn"];
    return typeof role === "string" ? [own, { action: "iam:PassRole", resource: role, conditions: PASSED }] : [own];
  };
}

const PASSED = { "iam:PassedToService": ["logs.amazonaws.com"] };

/** Tags alone are kept on the group itself: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html */
function onTagged(action: string): (input: Named, ctx: Context) => RequiredPermission[] {
  return (input, ctx) => {
    const arn = input["resourceArn"];
    return [{ action: `logs:${action}`, resource: typeof arn === "string" ? arn.replace(/:\*$/, "") : groupArn(ctx, input) }];
  };
}

/**
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
 * The empty stream: https://github.com/hashicorp/terraform-provider-aws/issues/8804
 */
export const permissions: Permissions = Object.fromEntries([
  ...ON_GROUP.map((action) => [action, onStream(action)] as const),
  ...ON_STREAM.map((action) => [action, onStream(action)] as const),
  ...ON_TAGGED.map((action) => [action, onTagged(action)] as const),
  [
    "CreateLogGroup",
    (input: Named, ctx: Context): RequiredPermission[] => {
      const own = onStream("CreateLogGroup")(input, ctx);
      const tags = Object.keys((input["tags"] ?? {}) as object).length > 0;
      return tags ? [...own, ...onTagged("TagResource")(input, ctx)] : own;
    },
  ] as const,
]);
