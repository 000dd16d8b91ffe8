import { writeZip } from "../../../runtime/processes/zip.ts";
import { writeArtifact } from "./artifacts.ts";
import { ActionFailure } from "./failures.ts";
import type { ActionProvider, ActionRun } from "./provider.ts";

async function imageOf(run: ActionRun, repositoryName: string, imageTag: string) {
  const digest = run.sourceRevision?.type === "IMAGE_DIGEST" ? run.sourceRevision.value : undefined;
  const imageIds = [digest === undefined ? { imageTag } : { imageDigest: digest }];
  const image = (await run.ctx.call("ecr", "DescribeImages", { repositoryName, imageIds })).imageDetails?.[0];
  if (image?.imageDigest === undefined) {
    throw new ActionFailure("RevisionUnavailable", `There is no image ${digest ?? imageTag} in the repository ${repositoryName}.`);
  }
  const uri =
    (await run.ctx.call("ecr", "DescribeRepositories", { repositoryNames: [repositoryName] })).repositories?.[0]?.repositoryUri ?? "";
  return { image, digest: image.imageDigest, uri };
}

/**
 * Works on the images that the registry knows; nothing is pulled.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-ECR.html
 */
export const ecrSource: ActionProvider = {
  category: "Source",
  owner: "AWS",
  provider: "ECR",
  version: "1",
  inputs: { minimum: 0, maximum: 0 },
  outputs: { minimum: 1, maximum: 1 },
  configuration: [{ name: "RepositoryName", required: true }, { name: "ImageTag" }],
  advance: async (run) => {
    const repository = run.configuration["RepositoryName"] ?? "";
    const tag = run.configuration["ImageTag"] ?? "latest";
    const { image, digest, uri } = await imageOf(run, repository, tag);
    const ImageURI = `${uri}@${digest}`;
    const detail = {
      ImageSizeInBytes: String(image.imageSizeInBytes ?? 0),
      ImageDigest: digest,
      Version: "1.0",
      ImagePushedAt: image.imagePushedAt?.toUTCString() ?? "",
      RegistryId: image.registryId ?? run.ctx.account,
      RepositoryName: repository,
      ImageURI,
      ImageTags: image.imageTags ?? [],
    };
    const [output] = run.outputs;
    if (output !== undefined) await writeArtifact(run, output, writeZip({ "imageDetail.json": JSON.stringify(detail) }));
    return {
      status: "Succeeded",
      externalExecutionId: digest,
      variables: { ImageDigest: digest, ImageTag: tag, ImageURI, RegistryId: detail.RegistryId, RepositoryName: repository },
      revision: {
        id: digest,
        summary: `${repository}:${tag}`,
        ...(image.imagePushedAt === undefined ? {} : { created: image.imagePushedAt.getTime() }),
      },
    };
  },
};
