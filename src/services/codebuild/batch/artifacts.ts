import { posix } from "node:path";
import type { ProjectArtifacts, StartBuildInput } from "@aws-sdk/client-codebuild";
import { uuidOf } from "../names.ts";
import type { Batch } from "./batch.ts";

/**
 * Where the builds of one group put their artifacts: each in a place of its own below the batch's, so that none writes over
 * another's. Artifacts of a pipeline that are not combined are the pipeline's by their names: `<group>` is the group's primary
 * artifact, `<group>_<identifier>` a secondary one.
 */
export function artifactsOfGroup(
  batch: Batch,
  identifier: string,
): Pick<StartBuildInput, "artifactsOverride" | "secondaryArtifactsOverride"> {
  const { artifacts, secondaryArtifacts, config } = batch.plan;
  const all = [artifacts, ...secondaryArtifacts];
  if (config.combineArtifacts !== true && all.some(({ type }) => type === "CODEPIPELINE")) return ofPipeline(all, identifier);
  const own = (artifact: ProjectArtifacts): ProjectArtifacts => placed(artifact, uuidOf(batch.id), identifier);
  return { artifactsOverride: own(artifacts), secondaryArtifactsOverride: secondaryArtifacts.map(own) };
}

function placed(artifact: ProjectArtifacts, batch: string, identifier: string): ProjectArtifacts {
  if (artifact.type === "S3") return { ...artifact, path: posix.join(artifact.path ?? "", batch, identifier) };
  if (artifact.type === "CODEPIPELINE") return { ...artifact, name: posix.join(artifact.name ?? "", batch, identifier) };
  return artifact;
}

/** https://docs.aws.amazon.com/codebuild/latest/userguide/sample-pipeline-batch.html */
function ofPipeline(
  all: readonly ProjectArtifacts[],
  group: string,
): Pick<StartBuildInput, "artifactsOverride" | "secondaryArtifactsOverride"> {
  const primary = all.find(({ artifactIdentifier }) => artifactIdentifier === group);
  const secondary = all.flatMap((artifact) => {
    const { artifactIdentifier: name = "" } = artifact;
    return name.startsWith(`${group}_`) ? [{ ...artifact, artifactIdentifier: name.slice(group.length + 1) }] : [];
  });
  if (primary === undefined) return { artifactsOverride: { type: "NO_ARTIFACTS" }, secondaryArtifactsOverride: secondary };
  const { artifactIdentifier: _, ...artifact } = primary;
  return { artifactsOverride: artifact, secondaryArtifactsOverride: secondary };
}
