import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ProjectSource } from "@aws-sdk/client-codebuild";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { messageOf } from "../../kernel/errors.ts";
import { unpackArchive } from "../../runtime/builds/archive.ts";
import { runGit } from "../../runtime/git/command.ts";
import { cloneTo, connectionRepository, GitError, repositoryPath, resolveRef } from "../../runtime/git/index.ts";
import { connectionOf } from "./credentials/use.ts";
import { hooks } from "./hooks.ts";
import { clientError } from "./phase-failure.ts";
import type { BuildRecord } from "./records.ts";
import { fetchFolder, fetchObject, splitLocation } from "./s3.ts";

/** Where a source was put and what it was resolved to. */
export interface FetchedSource {
  readonly folder: string;
  readonly resolvedVersion: string | undefined;
}

interface Wanted {
  readonly source: ProjectSource;
  readonly version: string | undefined;
  readonly folder: string;
  /** `primary source`, or `secondary source <identifier>`. */
  readonly label: string;
}

/** Puts the primary source into `src` and each secondary one beside it. @throws PhaseFailure */
export async function fetchSources(ctx: Context, build: BuildRecord, folder: string): Promise<ReadonlyMap<string, FetchedSource>> {
  const versions = new Map(
    (build.secondarySourceVersions ?? []).map(({ sourceIdentifier, sourceVersion }) => [sourceIdentifier, sourceVersion]),
  );
  const primary: ProjectSource = build.source ?? { type: "NO_SOURCE" };
  const wanted: Wanted[] = [
    { source: primary, version: build.sourceVersion, folder: join(folder, "src"), label: "primary source" },
    ...(build.secondarySources ?? []).map((source, i) => ({
      source,
      version: versions.get(source.sourceIdentifier),
      folder: join(folder, `src${String(i + 1).padStart(2, "0")}`),
      label: `secondary source ${source.sourceIdentifier ?? ""}`,
    })),
  ];
  const fetched = new Map<string, FetchedSource>();
  for (const one of wanted) {
    mkdirSync(one.folder, { recursive: true });
    const key = one.label === "primary source" ? "" : (one.source.sourceIdentifier ?? "");
    fetched.set(key, { folder: one.folder, resolvedVersion: await fetchOne(ctx, build, one) });
  }
  return fetched;
}

async function fetchOne(ctx: Context, build: BuildRecord, wanted: Wanted): Promise<string | undefined> {
  try {
    const { type } = wanted.source;
    if (type === "NO_SOURCE" || type === undefined) return undefined;
    if (type === "S3") return await fromS3(ctx, wanted.source.location ?? "", wanted.version, wanted);
    if (type === "CODEPIPELINE") return await fromPipeline(ctx, build, wanted);
    if (type === "CODECOMMIT") return await fromCodeCommit(ctx, wanted);
    return await fromGit(ctx, build, wanted);
  } catch (error) {
    if (error instanceof GitError) throw clientError(`${messageOf(error)} for ${wanted.label} and source version ${wanted.version ?? ""}`);
    if (error instanceof AwsException) throw clientError(`${error.code}: ${error.message} for ${wanted.label}`);
    throw error;
  }
}

/** A zip is unpacked; a name that ends in a slash is a folder, whose objects are copied. The version is the object's. */
async function fromS3(ctx: Context, location: string, version: string | undefined, { folder, label }: Wanted): Promise<undefined> {
  const { bucket, key } = splitLocation(location);
  if (key.endsWith("/") || key === "") {
    const count = await fetchFolder(ctx, bucket, key, folder);
    if (count === 0) throw clientError(`NoSuchKey: The specified key does not exist. for ${label} and source version ${version ?? ""}`);
    return undefined;
  }
  const { bytes } = await fetchObject(ctx, bucket, key, version);
  await unpackArchive(bytes, folder);
  return undefined;
}

/** The pipeline gives the artifact as the source's version. */
async function fromPipeline(ctx: Context, build: BuildRecord, wanted: Wanted): Promise<string | undefined> {
  const { version } = wanted;
  if (version === undefined || !version.startsWith("arn:")) {
    throw clientError(`Builds of projects with source type CODEPIPELINE are started by a pipeline (${wanted.label} has no artifact)`);
  }
  const { bucket, key } = splitLocation(version);
  const { bytes, metadata } = await fetchObject(ctx, bucket, key, undefined);
  const reference = cloneReference(bytes);
  if (reference !== undefined) return await fromReference(ctx, build, wanted, reference);
  await unpackArchive(bytes, wanted.folder);
  return metadata["codepipeline-artifact-revision"] ?? metadata["revision"];
}

/** What a source action with the output format CODEBUILD_CLONE_REF gives instead of a zip. */
interface CloneReference {
  readonly format: "CODEBUILD_CLONE_REF";
  readonly sourceType: "CODECOMMIT" | "CODESTAR_CONNECTIONS";
  readonly repository: string;
  readonly connectionArn?: string;
  readonly commit: string;
}

function cloneReference(bytes: Buffer): CloneReference | undefined {
  if (bytes.subarray(0, 1).toString() !== "{") return undefined;
  const reference = JSON.parse(bytes.toString("utf8")) as Partial<CloneReference>;
  return reference.format === "CODEBUILD_CLONE_REF" ? (reference as CloneReference) : undefined;
}

/** Clones with the history, as the build's own role: https://docs.aws.amazon.com/codepipeline/latest/userguide/tutorials-codecommit-gitclone.html */
async function fromReference(ctx: Context, build: BuildRecord, wanted: Wanted, reference: CloneReference): Promise<string> {
  const { repository: location, commit: version, connectionArn } = reference;
  if (reference.sourceType === "CODECOMMIT")
    return await fromCodeCommit(ctx, { ...wanted, source: { type: "CODECOMMIT", location }, version });
  const auth = { type: "CODECONNECTIONS" as const, resource: connectionArn };
  return await fromGit(ctx, build, { ...wanted, source: { type: "GITHUB", location, auth }, version });
}

async function fromCodeCommit(ctx: Context, wanted: Wanted): Promise<string> {
  const location = wanted.source.location ?? "";
  const name = /\/v1\/repos\/([\w.-]+)$/.exec(location)?.[1] ?? /^codecommit::[\w-]*:\/\/(.+)$/.exec(location)?.[1] ?? location;
  const region = /git-codecommit(?:-fips)?\.([a-z0-9-]+)\./.exec(location)?.[1] ?? ctx.region;
  const there = ctx.with({ region });
  const { repositoryMetadata } = await there.call("codecommit", "GetRepository", { repositoryName: name });
  const repository = repositoryPath(ctx.cloud.dataDir, repositoryMetadata?.accountId ?? ctx.account, region, name);
  return await checkOut(repository, wanted, repositoryMetadata?.defaultBranch);
}

async function fromGit(ctx: Context, build: BuildRecord, wanted: Wanted): Promise<string> {
  const url = wanted.source.location ?? "";
  const repository = await mirrorOf(ctx, build, wanted.source, url);
  const pull = /^pr\/(\d+)$/.exec(wanted.version ?? "")?.[1];
  if (pull !== undefined) {
    const ref = `refs/pull/${pull}/head`;
    const from = await withCredentials(ctx, build, url);
    await runGit(repository, ["fetch", "--quiet", "--force", from, `+${ref}:${ref}`]);
    return await checkOut(repository, { ...wanted, version: ref }, undefined);
  }
  return await checkOut(repository, wanted, await headOf(repository));
}

/** A connection's repository where the source or its project names one; else what git reaches at the URL. */
export async function mirrorOf(ctx: Context, build: BuildRecord, source: ProjectSource, url: string): Promise<string> {
  const { dataDir } = ctx.cloud;
  const [, base = "", owner = "", name = ""] = /^(.*?)\/?([^/:]+)\/([^/]+?)(?:\.git)?\/?$/.exec(url) ?? [];
  const fullRepositoryId = `${owner}/${name}`;
  const connection = connectionOf(ctx, source);
  if (connection !== undefined) {
    const { Connection } = await ctx.call("codeconnections", "GetConnection", { ConnectionArn: connection });
    const HostArn = Connection?.HostArn;
    const host = HostArn === undefined ? undefined : await ctx.call("codeconnections", "GetHost", { HostArn });
    return await connectionRepository({ dataDir, providerEndpoint: host?.ProviderEndpoint, fullRepositoryId });
  }
  const local = new RegExp(`^${ctx.cloud.endpoint.replace(/[.]/g, "\\.")}/_git$`);
  if (local.test(base)) return await connectionRepository({ dataDir, fullRepositoryId });
  const withSecret = await withCredentials(ctx, build, `${base}/${fullRepositoryId}`);
  return await connectionRepository({ dataDir, providerEndpoint: withSecret.slice(0, -(fullRepositoryId.length + 1)), fullRepositoryId });
}

async function withCredentials(ctx: Context, build: BuildRecord, url: string): Promise<string> {
  const credentials = /^https?:/.test(url) ? await hooks.gitCredentials?.(ctx, build, url) : undefined;
  if (credentials === undefined) return url;
  const parsed = new URL(url);
  parsed.username = encodeURIComponent(credentials.username);
  parsed.password = encodeURIComponent(credentials.password);
  return parsed.toString();
}

/** What a clone without a version checks out: the branch that HEAD names, else `main` or `master`. */
async function headOf(repository: string): Promise<string | undefined> {
  const { out } = await runGit(repository, ["symbolic-ref", "--short", "HEAD"], { allow: [1, 128] });
  for (const name of [out.toString("utf8").trim(), "main", "master"]) {
    if (name !== "" && (await resolveRef(repository, `refs/heads/${name}`)) !== undefined) return name;
  }
  return undefined;
}

async function checkOut(repository: string, wanted: Wanted, defaultBranch: string | undefined): Promise<string> {
  const { source, folder, label } = wanted;
  const version = wanted.version ?? defaultBranch;
  if (version === undefined) throw clientError(`repository is empty for ${label}`);
  const short = /^[0-9a-f]{7,40}$/.test(version) ? await fullCommit(repository, version) : undefined;
  const commit = (await resolveRef(repository, version)) ?? short;
  if (commit === undefined) throw clientError(`reference not found for ${label} and source version ${version}`);
  rmSync(folder, { recursive: true, force: true });
  const depth = source.gitCloneDepth ?? 0;
  await cloneTo(repository, folder, commit, {
    ...(depth === 0 ? {} : { depth }),
    ...(source.location === undefined ? {} : { url: source.location }),
  });
  if (source.gitSubmodulesConfig?.fetchSubmodules === true && existsSync(join(folder, ".gitmodules"))) {
    await runGit(undefined, ["submodule", "update", "--init", "--recursive", "--quiet"], { cwd: folder });
  }
  return commit;
}

async function fullCommit(repository: string, short: string): Promise<string | undefined> {
  const { code, out } = await runGit(repository, ["rev-parse", "--verify", "--quiet", `${short}^{commit}`], { allow: [1, 128] });
  return code === 0 ? out.toString("utf8").trim() : undefined;
}
