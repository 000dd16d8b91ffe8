import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { find } from "./repositories.ts";

const NOT_FOUND = { failureCode: "ImageNotFound", failureReason: "Requested image not found" } as const;

/** Nothing can be pushed yet, so every repository is empty, and these answers are the true ones for an empty repository. */
export const imageOperations = {
  DescribeImages: (input, ctx) => {
    const { name, account } = find(ctx, input);
    const [first] = input.imageIds ?? [];
    if (first === undefined) return { imageDetails: [] };
    const { imageDigest = "null", imageTag = "null" } = first;
    throw new AwsException(
      "ImageNotFoundException",
      `The image with imageId {imageDigest:'${imageDigest}', imageTag:'${imageTag}'} does not exist within the repository with name '${name}' in the registry with id '${account}'`,
    );
  },

  ListImages: (input, ctx) => {
    find(ctx, input);
    return { imageIds: [] };
  },

  BatchGetImage: (input, ctx) => {
    find(ctx, input);
    return { images: [], failures: (input.imageIds ?? []).map((imageId) => ({ imageId, ...NOT_FOUND })) };
  },

  BatchDeleteImage: (input, ctx) => {
    find(ctx, input);
    return { imageIds: [], failures: (input.imageIds ?? []).map((imageId) => ({ imageId, ...NOT_FOUND })) };
  },
} satisfies Operations<"ecr">;
