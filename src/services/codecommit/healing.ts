import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Cloud } from "../../aws/context.ts";
import { messageOf } from "../../kernel/errors.ts";
import { repositoriesIn } from "../../runtime/git/copies.ts";
import { exclusively, restoreRefs } from "../../runtime/git/refs.ts";
import { createRepository, repositoriesFolder, setHead } from "../../runtime/git/repository.ts";
import { tellRefs } from "./refs.ts";
import { ownContext, pathOf } from "./repository.ts";
import { type RepositoryRow, selectAllRepositories, selectRefs } from "./store.ts";

/**
 * Brings repositories and rows together at a start. What a killed process had pushed and not told is told now; folders whose
 * repository is gone go too. Where the rows came out of a snapshot it is the other way round: refs become what the rows say.
 */
export async function heal(cloud: Cloud, refsFromRows: boolean): Promise<void> {
  const release = cloud.clock.busy("codecommit: repositories and rows");
  try {
    rmSync(join(repositoriesFolder(cloud.dataDir), "discarded"), { recursive: true, force: true });
    const rows = cloud.store.all(selectAllRepositories, {});
    const known = new Set(rows.map((row) => pathOf(cloud, row)));
    for (const folder of repositoriesIn(join(repositoriesFolder(cloud.dataDir), "codecommit"))) {
      if (!known.has(folder)) rmSync(folder, { recursive: true, force: true });
    }
    for (const row of rows) await healOne(cloud, row, refsFromRows);
  } finally {
    release();
  }
}

async function healOne(cloud: Cloud, row: RepositoryRow, refsFromRows: boolean): Promise<void> {
  const path = pathOf(cloud, row);
  try {
    if (!existsSync(join(path, "HEAD"))) createRepository(path, row.default_branch ?? "main");
    if (refsFromRows) await exclusively(cloud, row.id, () => putBack(cloud, row, path));
    else await exclusively(cloud, row.id, () => tellRefs(ownContext(cloud, row), row.id));
  } catch (error) {
    cloud.log.error("a repository cannot be read", { repository: row.name, reason: messageOf(error) });
  }
}

async function putBack(cloud: Cloud, row: RepositoryRow, path: string): Promise<void> {
  setHead(path, row.default_branch ?? "main");
  await restoreRefs(path, cloud.store.all(selectRefs, { repository_id: row.id }));
}
