import { listRefs, type Ref, updateRefs } from "./repository.ts";

/** A ref as it was last told of. */
export interface ToldRef {
  readonly name: string;
  readonly target: string;
  readonly commit_id: string;
}

/** What happened to one ref, in the words of CodeCommit's events. */
export interface RefChange {
  /** `refs/heads/main`. */
  readonly name: string;
  readonly kind: "referenceCreated" | "referenceUpdated" | "referenceDeleted";
  readonly commitId: string | undefined;
  readonly oldCommitId: string | undefined;
}

/** The difference between what was told and what is there. */
export function refChanges(told: readonly ToldRef[], refs: readonly Ref[]): RefChange[] {
  const before = new Map(told.map((row) => [row.name, row]));
  const changes: RefChange[] = [];
  for (const { name, target, commit } of refs) {
    const old = before.get(name);
    before.delete(name);
    if (old === undefined) changes.push({ name, kind: "referenceCreated", commitId: commit, oldCommitId: undefined });
    else if (old.target !== target) changes.push({ name, kind: "referenceUpdated", commitId: commit, oldCommitId: old.commit_id });
  }
  for (const { name, commit_id } of before.values()) {
    changes.push({ name, kind: "referenceDeleted", commitId: undefined, oldCommitId: commit_id });
  }
  return changes;
}

/** Makes a repository's refs what was told of them, and nothing else. @throws GitError */
export async function restoreRefs(repository: string, told: readonly ToldRef[]): Promise<void> {
  const wanted = new Map(told.map(({ name, target }) => [name, target]));
  const present = await listRefs(repository);
  // Names may be in each other's way (a and a/b): first those go that have no place any more.
  const gone = present.filter(({ name }) => !wanted.has(name)).map(({ name }) => ({ name, target: undefined }));
  if (gone.length > 0) await updateRefs(repository, gone);
  const updates = [...wanted].map(([name, target]) => ({ name, target }));
  if (updates.length > 0) await updateRefs(repository, updates);
}

const turns = new WeakMap<object, Map<string, Promise<unknown>>>();

/** One at a time for each repository of an owner: who changes its refs, and tells of it. */
export async function exclusively<T>(owner: object, repository: string, work: () => Promise<T>): Promise<T> {
  const own = turns.get(owner) ?? new Map<string, Promise<unknown>>();
  turns.set(owner, own);
  const before = own.get(repository) ?? Promise.resolve();
  const done = before.then(work, work);
  const settled = done.catch(() => undefined);
  own.set(repository, settled);
  try {
    return await done;
  } finally {
    if (own.get(repository) === settled) own.delete(repository);
  }
}
