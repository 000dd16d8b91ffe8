import type { AuthType, ServerType } from "@aws-sdk/client-codebuild";
import type { Context } from "../../../aws/context.ts";
import { deleted, type ResourceRequest, type ResourceState, type ResourceType } from "../../../aws/resource.ts";

async function put(ctx: Context, { properties }: ResourceRequest, shouldOverwrite: boolean): Promise<ResourceState> {
  const { arn = "" } = await ctx.call("codebuild", "ImportSourceCredentials", {
    serverType: String(properties["ServerType"]) as ServerType,
    authType: String(properties["AuthType"]) as AuthType,
    token: String(properties["Token"]),
    ...(properties["Username"] === undefined ? {} : { username: String(properties["Username"]) }),
    shouldOverwrite,
  });
  return stateOf(arn);
}

const stateOf = (arn: string): ResourceState => ({ physicalId: arn, attributes: { Arn: arn } });

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codebuild-sourcecredential.html */
export const sourceCredential: ResourceType = {
  async create(ctx, request) {
    const made = ctx.claimed();
    return made === undefined ? await put(ctx, request, false) : stateOf(made);
  },
  update: (ctx, request) => put(ctx, request, true),
  delete: (ctx, { physicalId }) =>
    deleted("ResourceNotFoundException", ctx.call("codebuild", "DeleteSourceCredentials", { arn: physicalId })),
};
