import type { Context } from "../../aws/context.ts";
import type { RequiredPermission, ServiceDefinition } from "../../aws/service.ts";
import { selectTopic } from "./store.ts";
import { attributesOf } from "./topics.ts";

type Permissions = NonNullable<ServiceDefinition<"sns">["permissions"]>;
type Named = Readonly<Record<string, unknown>>;

const ON_TOPIC = [
  "AddPermission",
  "ConfirmSubscription",
  "DeleteTopic",
  "GetTopicAttributes",
  "ListSubscriptionsByTopic",
  "ListTagsForResource",
  "Publish",
  "RemovePermission",
  "SetTopicAttributes",
  "Subscribe",
  "TagResource",
  "UntagResource",
] as const;
/** These know no kind of resource; AWS asks about everything of the account in the region. */
const ON_ALL = ["GetSubscriptionAttributes", "ListSubscriptions", "ListTopics", "SetSubscriptionAttributes", "Unsubscribe"] as const;

function onTopic(ctx: Context, action: string, resource: string): RequiredPermission {
  const topic = ctx.get(selectTopic, { arn: resource });
  const policy = topic === undefined || topic.account !== ctx.account ? undefined : attributesOf(topic)["Policy"];
  return { action: `sns:${action}`, resource, policy: policy === "" ? undefined : policy };
}

const ofTopic = ON_TOPIC.map((action) => {
  const asks = (input: Named, ctx: Context): RequiredPermission[] => {
    const arn = input["TopicArn"] ?? input["TargetArn"] ?? input["ResourceArn"];
    return [typeof arn === "string" ? onTopic(ctx, action, arn) : { action: `sns:${action}`, resource: ctx.arn("sns", "*") }];
  };
  return [action, asks] as const;
});
const ofAll = ON_ALL.map((action) => {
  return [action, (_: Named, ctx: Context): RequiredPermission[] => [{ action: `sns:${action}`, resource: ctx.arn("sns", "*") }]] as const;
});

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html */
export const permissions: Permissions = {
  ...(Object.fromEntries([...ofTopic, ...ofAll]) as Permissions),
  CreateTopic: (input, ctx) => {
    const arn = ctx.arn("sns", input.Name ?? "");
    const tagged = (input.Tags?.length ?? 0) > 0;
    return tagged ? [onTopic(ctx, "CreateTopic", arn), onTopic(ctx, "TagResource", arn)] : [onTopic(ctx, "CreateTopic", arn)];
  },
  PublishBatch: (input, ctx) => [onTopic(ctx, "Publish", input.TopicArn ?? "*")],
};
