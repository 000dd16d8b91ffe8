import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join, posix } from "node:path";
import type { BuildArtifacts, ProjectArtifacts } from "@aws-sdk/client-codebuild";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { ArchiveError, writeArchive } from "../../runtime/builds/archive.ts";
import { type FoundFile, findFiles } from "../../runtime/builds/globs.ts";
import type { ArtifactSection, Buildspec } from "./buildspec.ts";
import { uuidOf } from "./names.ts";
import { clientError } from "./phase-failure.ts";
import type { BuildPlan, BuildRecord } from "./records.ts";
import { uploadFile } from "./s3.ts";

/** What the upload of artifacts works with. */
export interface ArtifactWork {
  /** Acts as the service role. */
  readonly ctx: Context;
  readonly build: BuildRecord;
  readonly plan: Pick<BuildPlan, "artifacts" | "secondaryArtifacts">;
  readonly buildspec: Pick<Buildspec, "artifacts">;
  /** The build's own folder, and CODEBUILD_SRC_DIR in it. */
  readonly folder: string;
  readonly sourceFolder: string;
  /** Source folders of secondary sources, by identifier. */
  log(line: string): void;
  /** Expands `$(…)` and variables in the state that the commands left. */
  expand(text: string): Promise<string>;
}

interface Uploaded {
  readonly artifacts: BuildArtifacts;
  readonly secondaryArtifacts: BuildArtifacts[];
}

/** https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.artifacts @throws PhaseFailure */
export async function uploadArtifacts(work: ArtifactWork): Promise<Uploaded> {
  const { plan, build, buildspec } = work;
  let artifacts = build.artifacts ?? { location: "" };
  const section = buildspec.artifacts;
  if (plan.artifacts.type !== "NO_ARTIFACTS") {
    if (section === undefined || section.files.length === 0) throw clientError("no matching artifact paths found");
    artifacts = await upload(work, plan.artifacts, section);
  }
  const secondaryArtifacts: BuildArtifacts[] = [];
  const own = plan.secondaryArtifacts;
  for (const artifact of own) {
    const identifier = artifact.artifactIdentifier ?? "";
    const found = section?.secondary[identifier];
    if (found === undefined) throw clientError(`no definition for artifact: ${identifier}`);
    secondaryArtifacts.push({ ...(await upload(work, artifact, found)), artifactIdentifier: identifier });
  }
  const unknown = Object.keys(section?.secondary ?? {}).find((name) => !own.some(({ artifactIdentifier }) => artifactIdentifier === name));
  if (unknown !== undefined) throw clientError(`artifact ${unknown} of the buildspec is not among the secondary artifacts of the project`);
  return { artifacts, secondaryArtifacts };
}

async function upload(work: ArtifactWork, artifact: ProjectArtifacts, section: ArtifactSection): Promise<BuildArtifacts> {
  const files = assemble(work, section, artifact);
  try {
    const zipped = artifact.type === "CODEPIPELINE" || artifact.packaging === "ZIP";
    return zipped ? await uploadZip(work, artifact, section, files) : await uploadFiles(work, artifact, section, files);
  } catch (error) {
    if (error instanceof AwsException) throw clientError(`Failed to upload artifacts: ${error.code}: ${error.message}`);
    if (error instanceof ArchiveError) throw clientError(`Failed to upload artifacts: ${error.message}`);
    throw error;
  }
}

function assemble({ log, sourceFolder }: ArtifactWork, section: ArtifactSection, artifact: ProjectArtifacts): FoundFile[] {
  const base = section.baseDirectory ?? ".";
  log(`Expanding base directory path: ${base}`);
  log("Assembling file list");
  log(`Expanding ${base}`);
  log(`Expanding file paths for base directory ${base}`);
  log("Assembling file list");
  const files = findFiles(sourceFolder, { ...section, keepLinks: section.enableSymlinks && artifact.packaging !== "NONE" });
  for (const pattern of section.files) log(`Expanding ${pattern}`);
  if (files === undefined) throw clientError(`no matching base directory path found for ${base}`);
  if (files.length === 0) throw clientError("no matching artifact paths found");
  log(`Found ${files.length} file(s)`);
  return files;
}

/** `<path>/<build id>/<name>`, each where it is asked for; the buildspec's own name counts under `overrideArtifactName`. */
async function nameOf(work: ArtifactWork, artifact: ProjectArtifacts, section: ArtifactSection): Promise<{ prefix: string; name: string }> {
  const override = artifact.overrideArtifactName === true && section.name !== undefined;
  const name = override ? await work.expand(section.name ?? "") : (artifact.name ?? work.build.projectName);
  const byBuild = artifact.namespaceType === "BUILD_ID";
  const parts = [artifact.path ?? "", ...(byBuild ? [section.s3Prefix ?? "", uuidOf(work.build.id)] : [])];
  return {
    prefix: parts
      .map((part) => part.replace(/^\/+|\/+$/g, ""))
      .filter((part) => part !== "")
      .join("/"),
    name,
  };
}

async function uploadZip(
  work: ArtifactWork,
  artifact: ProjectArtifacts,
  section: ArtifactSection,
  files: FoundFile[],
): Promise<BuildArtifacts> {
  const { ctx, build } = work;
  const target = join(work.folder, `artifact-${artifact.artifactIdentifier ?? "primary"}.zip`);
  await writeArchive(target, files);
  const bucket = bucketOf(artifact);
  const key = artifact.type === "CODEPIPELINE" ? pipelineKey(artifact) : await zipKey(work, artifact, section);
  await uploadFile(ctx, {
    bucket,
    key,
    file: target,
    metadata: metadataOf(build),
    kmsKey: kmsKeyOf(build, artifact),
    contentType: "application/zip",
  });
  const [sha256sum, md5sum] = await digests(target);
  return { ...described(artifact), location: `arn:aws:s3:::${bucket}/${key}`, sha256sum, md5sum };
}

async function zipKey(work: ArtifactWork, artifact: ProjectArtifacts, section: ArtifactSection): Promise<string> {
  const { prefix, name } = await nameOf(work, artifact, section);
  // A name of `/` stands for the project's.
  const file = name === "/" || name === "" ? work.build.projectName : name.replace(/^\/+/, "");
  return posix.join(prefix, file);
}

async function uploadFiles(
  work: ArtifactWork,
  artifact: ProjectArtifacts,
  section: ArtifactSection,
  files: FoundFile[],
): Promise<BuildArtifacts> {
  const { ctx, build } = work;
  const { prefix, name } = await nameOf(work, artifact, section);
  const bucket = bucketOf(artifact);
  const folder = posix.join(prefix, name === "/" ? "" : name).replace(/^\/+|^\.$/g, "");
  for (const { path, name: file } of files) {
    const key = folder === "" ? file : posix.join(folder, file);
    await uploadFile(ctx, { bucket, key, file: path, metadata: metadataOf(build), kmsKey: kmsKeyOf(build, artifact) });
  }
  return { ...described(artifact), location: `arn:aws:s3:::${bucket}${folder === "" ? "" : `/${folder}`}` };
}

const bucketOf = (artifact: ProjectArtifacts): string => (artifact.location ?? "").replace(/^arn:[^:]+:s3:::/, "");

const pipelineKey = (artifact: ProjectArtifacts): string => posix.join(artifact.path ?? "", artifact.name ?? "");

/** "Amazon S3 metadata has a CodeBuild header named x-amz-meta-codebuild-buildarn." */
const metadataOf = (build: BuildRecord) => ({ "codebuild-buildarn": build.arn });

/** The account's own key for S3 is what S3 takes without being told. */
function kmsKeyOf(build: BuildRecord, artifact: ProjectArtifacts): string | undefined {
  const key = build.encryptionKey;
  return artifact.encryptionDisabled === true || key === undefined || key.endsWith("alias/aws/s3") ? undefined : key;
}

function described(artifact: ProjectArtifacts): BuildArtifacts {
  return {
    ...(artifact.artifactIdentifier === undefined ? {} : { artifactIdentifier: artifact.artifactIdentifier }),
    ...(artifact.overrideArtifactName === undefined ? {} : { overrideArtifactName: artifact.overrideArtifactName }),
    encryptionDisabled: artifact.encryptionDisabled ?? false,
  };
}

async function digests(file: string): Promise<[string, string]> {
  const sha256 = createHash("sha256");
  const md5 = createHash("md5");
  for await (const chunk of createReadStream(file)) {
    sha256.update(chunk as Buffer);
    md5.update(chunk as Buffer);
  }
  return [sha256.digest("hex"), md5.digest("hex")];
}
