import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { isAbsolute, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { GitError, runGit } from "./command.ts";
import { createRepository, repositoriesFolder, servedRepositoryPath } from "./repository.ts";

/** What of a connection tells where its repositories are. */
export interface ConnectionSource {
  readonly dataDir: string;
  /** `ProviderEndpoint` of the connection's host (GetHost); undefined for a connection without one. */
  readonly providerEndpoint?: string | undefined;
  /** `owner/repository`, as in a pipeline's `FullRepositoryId`. */
  readonly fullRepositoryId: string;
}

const ID = /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)+$/;

/**
 * The folder of a bare repository with what a connection's repository holds now, for `resolveRef`, `archive`, `cloneTo` and
 * the others. In a service:
 *
 *     const { Connection } = await ctx.call("codeconnections", "GetConnection", { ConnectionArn });
 *     const host = Connection?.HostArn === undefined ? undefined : await ctx.call("codeconnections", "GetHost", { HostArn: Connection.HostArn });
 *     const repository = await connectionRepository({
 *       dataDir: ctx.cloud.dataDir, providerEndpoint: host?.ProviderEndpoint, fullRepositoryId: "owner/repository" });
 *
 * Both calls take ARNs of either service, codeconnections and codestar-connections. A connection without a host means the
 * repositories that Orrery serves at `/_git/<owner>/<repository>`. A host's endpoint is a folder (`file:///srv/git`, or an
 * absolute path) or the base of any URL that git can fetch from; what is there is fetched at each call.
 * @throws GitError when there is no such repository, or it cannot be reached
 */
export async function connectionRepository(source: ConnectionSource): Promise<string> {
  const { dataDir, providerEndpoint, fullRepositoryId } = source;
  if (!ID.test(fullRepositoryId) || fullRepositoryId.split("/").some((part) => part === "." || part === ".."))
    throw missing(fullRepositoryId);
  if (providerEndpoint === undefined) {
    const [owner = "", ...rest] = fullRepositoryId.split("/");
    const served = servedRepositoryPath(dataDir, owner, rest.join("/"));
    if (!existsSync(join(served, "HEAD"))) throw missing(fullRepositoryId);
    return served;
  }
  const mirror = join(repositoriesFolder(dataDir), "mirrors", `${digest(`${providerEndpoint}\n${fullRepositoryId}`)}.git`);
  if (!existsSync(join(mirror, "HEAD"))) createRepository(mirror);
  await fetchInto(mirror, urlsOf(providerEndpoint, fullRepositoryId));
  return mirror;
}

function missing(fullRepositoryId: string): GitError {
  return new GitError(["fetch"], 128, `repository ${fullRepositoryId} not found`);
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** Where a host may have the repository, the likeliest first. */
function urlsOf(endpoint: string, id: string): string[] {
  const base = endpoint.replace(/\/+$/, "");
  const folder = base.startsWith("file://") ? fileURLToPath(base) : isAbsolute(base) ? normalize(base) : undefined;
  if (folder === undefined) return [`${base}/${id}.git`, `${base}/${id}`];
  const name = id.split("/").at(-1) ?? id;
  const places = [id, name].flatMap((path) => [`${path}.git`, path]).map((path) => join(folder, path));
  return places.filter((path) => existsSync(join(path, "HEAD")) || existsSync(join(path, ".git"))).slice(0, 1);
}

/** A copy of all refs; those that are gone there go here. */
async function fetchInto(mirror: string, urls: readonly string[]): Promise<void> {
  let failure: GitError | undefined;
  for (const url of urls) {
    try {
      await runGit(mirror, [
        "fetch",
        "--quiet",
        "--prune",
        "--force",
        "--no-write-fetch-head",
        url,
        "+refs/heads/*:refs/heads/*",
        "+refs/tags/*:refs/tags/*",
      ]);
      return;
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      failure = error;
    }
  }
  throw failure ?? missing(urls[0] ?? "");
}
