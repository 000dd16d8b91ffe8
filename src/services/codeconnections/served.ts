import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Cloud } from "../../aws/context.ts";
import type { HttpEndpoint } from "../../aws/service.ts";
import { messageOf } from "../../kernel/errors.ts";
import { refsAreCurrent, refsComeFromRows, repositoriesIn } from "../../runtime/git/copies.ts";
import { exclusively, restoreRefs } from "../../runtime/git/refs.ts";
import { createRepository, listRefs, repositoriesFolder, servedRepositoryPath, setHead } from "../../runtime/git/repository.ts";
import { actionOf, advertise, exchange, refuse, refuseLfs } from "../../runtime/git/smart-http.ts";
import type { ProviderRepository } from "./providers.ts";
import { tellPush } from "./pushes.ts";
import { insertServed, selectRefs, selectServed } from "./store.ts";

const PATH = /^\/_git\/([A-Za-z0-9_.-]+)\/([A-Za-z0-9_.-]+?)(?:\.git)?(\/.*)?$/;
const OWNER = "connections";

export function servedRepository(cloud: Cloud, owner: string, name: string): ProviderRepository {
  const fullRepositoryId = `${owner}/${name}`;
  return {
    key: `served:${fullRepositoryId}`,
    path: servedRepositoryPath(cloud.dataDir, owner, name),
    fullRepositoryId,
    hostArn: undefined,
  };
}

/**
 * Git's smart HTTP at `/_git/<owner>/<repository>`: the provider behind connections that have no host. The first push makes
 * the repository. Whoever reaches this server may read and write, as with all that is Orrery's own.
 */
export const servedGit: HttpEndpoint = {
  name: "git of connections",
  matches: (_host, path) => PATH.test(path),
  handle: async (cloud, request, response) => {
    const [path = "", query = ""] = (request.url ?? "/").split("?", 2);
    const [, owner = "", name = "", rest = ""] = PATH.exec(path) ?? [];
    if ([owner, name].some((part) => part === "." || part === "..")) return refuse(response, 404, "not found");
    const action = actionOf(request.method ?? "GET", rest, query);
    if (action.kind === "lfs") return refuseLfs(response, "Git LFS is not supported.");
    if (action.kind === "other") return refuse(response, 404, "Only git's smart protocol over HTTP is served.");
    const repository = servedRepository(cloud, owner, name);
    if (!existsSync(join(repository.path, "HEAD"))) {
      if (action.service === "git-upload-pack") return refuse(response, 404, `repository ${owner}/${name} not found`);
      cloud.store.run(insertServed, { id: repository.fullRepositoryId, owner, name });
      createRepository(repository.path);
    }
    if (action.kind === "advertise") return advertise(repository.path, action.service, request, response);
    if (action.service === "git-upload-pack")
      return exchange(repository.path, action.service, { request, response }, async () => undefined);
    const mark = cloud.store.mark();
    await exclusively(cloud, repository.key, () =>
      exchange(repository.path, "git-receive-pack", { request, response }, async () => {
        await alignHead(repository.path);
        await tellPush(cloud, repository);
        await cloud.store.committed(mark);
      }),
    );
  },
};

/** A clone checks out `main`, `master` or the first branch. */
async function alignHead(path: string): Promise<void> {
  const branches = (await listRefs(path)).flatMap(({ name }) => (name.startsWith("refs/heads/") ? [name.slice("refs/heads/".length)] : []));
  const chosen = ["main", "master"].find((name) => branches.includes(name)) ?? branches[0];
  if (chosen !== undefined) setHead(path, chosen);
}

/** Brings repositories and rows together: see the README on what a killed process leaves. */
export async function startServed(cloud: Cloud): Promise<void> {
  const align = async (refsFromRows: boolean): Promise<void> => {
    const release = cloud.clock.busy("codeconnections: repositories and rows");
    try {
      await heal(cloud, refsFromRows);
      if (refsFromRows) refsAreCurrent(cloud.dataDir, OWNER);
    } finally {
      release();
    }
  };
  cloud.lifecycle.onReset(() => align(true));
  await align(refsComeFromRows(cloud.dataDir, OWNER));
}

async function heal(cloud: Cloud, refsFromRows: boolean): Promise<void> {
  const served = cloud.store.all(selectServed, {}).map(({ owner, name }) => servedRepository(cloud, owner, name));
  const known = new Set(served.map(({ path }) => path));
  for (const folder of repositoriesIn(join(repositoriesFolder(cloud.dataDir), OWNER))) {
    if (!known.has(folder)) rmSync(folder, { recursive: true, force: true });
  }
  for (const repository of served) {
    try {
      if (!existsSync(join(repository.path, "HEAD"))) createRepository(repository.path);
      if (refsFromRows) await restoreRefs(repository.path, cloud.store.all(selectRefs, { repository: repository.key }));
      else await exclusively(cloud, repository.key, () => tellPush(cloud, repository));
      await alignHead(repository.path);
    } catch (error) {
      cloud.log.error("a repository cannot be read", { repository: repository.fullRepositoryId, reason: messageOf(error) });
    }
  }
}
