import type { ActionTypeId } from "@aws-sdk/client-codepipeline";
import type { Context } from "../../aws/context.ts";
import type { RequiredPermission, ServiceDefinition } from "../../aws/service.ts";

type Permissions = NonNullable<ServiceDefinition<"codepipeline">["permissions"]>;

const onType =
  (action: string) =>
  (input: Partial<ActionTypeId>, ctx: Context): RequiredPermission[] => [
    {
      action: `codepipeline:${action}`,
      resource: ctx.arn("codepipeline", `actiontype:Custom/${input.category}/${input.provider}/${input.version}`),
    },
  ];

const onWebhook = (action: string, ctx: Context, name = ""): RequiredPermission => ({
  action: `codepipeline:${action}`,
  resource: ctx.arn("codepipeline", `webhook:${name}`),
});

/** Jobs are no resources. https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodepipeline.html */
export const providerPermissions: Permissions = {
  CreateCustomActionType: onType("CreateCustomActionType"),
  DeleteCustomActionType: onType("DeleteCustomActionType"),
  DeleteWebhook: ({ name }, ctx) => [onWebhook("DeleteWebhook", ctx, name)],
  PollForJobs: ({ actionTypeId }, ctx) => onType("PollForJobs")(actionTypeId ?? {}, ctx),
  PutWebhook: ({ webhook }, ctx) => [
    onWebhook("PutWebhook", ctx, webhook?.name),
    { action: "codepipeline:PutWebhook", resource: ctx.arn("codepipeline", webhook?.targetPipeline ?? "") },
  ],
};
