import type { Context } from "../../aws/context.ts";
import type { Operations } from "../../aws/service.ts";
import { withoutTags } from "../../aws/tags.ts";
import { badRequest, findApi, findPart, saveApi, savePart } from "./parts.ts";

interface Tagged {
  readonly tags: Record<string, string>;
  write(tags: Record<string, string>): void;
}

/** `arn:aws:apigateway:<region>::/apis/<id>[/stages/<name>]` @throws NotFoundException, BadRequestException */
function tagged(ctx: Context, arn: string | undefined): Tagged {
  const [, apiId, stageName] =
    /^arn:aws:apigateway:[^:]*::\/apis\/([^/]+)(?:\/stages\/([^/]+))?$/.exec(decodeURIComponent(arn ?? "")) ?? [];
  if (apiId === undefined) throw badRequest(`Invalid ARN ${arn}: tags are kept on APIs and stages`);
  if (stageName === undefined) {
    const api = findApi(ctx, apiId);
    return { tags: api.Tags ?? {}, write: (Tags) => saveApi(ctx, { ...api, Tags }) };
  }
  const stage = findPart(ctx, "stage", apiId, stageName);
  return { tags: stage.Tags ?? {}, write: (Tags) => savePart(ctx, "stage", apiId, { ...stage, Tags }) };
}

export const tags = {
  TagResource: (input, ctx) => {
    const resource = tagged(ctx, input.ResourceArn);
    resource.write({ ...resource.tags, ...input.Tags });
    return {};
  },
  UntagResource: (input, ctx) => {
    const resource = tagged(ctx, input.ResourceArn);
    resource.write(withoutTags(resource.tags, input.TagKeys));
    return {};
  },
  GetTags: (input, ctx) => ({ Tags: tagged(ctx, input.ResourceArn).tags }),
} satisfies Operations<"apigatewayv2">;
