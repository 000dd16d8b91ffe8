import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { BlobStore } from "./blobs.ts";
import { OrreryError } from "./errors.ts";
import type { Store } from "./store.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export interface SnapshotParts {
  readonly dataDir: string;
  readonly store: Store;
  readonly blobs: BlobStore;
  /** Copies files that are neither rows nor blobs. */
  readonly copy: (fromDataDir: string, toDataDir: string) => void;
  /** Called before a copy is made: what is kept in memory goes to the store. */
  readonly settle: () => void;
  /** Called when all rows were replaced. */
  readonly replaced: () => Promise<void>;
}

/** Copies of everything, by name, in the folder `snapshots` of the data folder. */
export class Snapshots {
  readonly #parts: SnapshotParts;
  readonly #root: string;

  constructor(parts: SnapshotParts) {
    this.#parts = parts;
    this.#root = join(parts.dataDir, "snapshots");
  }

  /** Takes the place of one of the same name once it is complete. @throws OrreryError SnapshotInvalid for such a name */
  save(name: string): void {
    const target = this.#folder(name);
    const draft = join(this.#root, `.${name}`);
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { recursive: true, mode: 0o700 });
    this.#parts.settle();
    this.#parts.blobs.copyTo(draft);
    this.#parts.copy(this.#parts.dataDir, draft);
    this.#parts.store.copyTo(join(draft, "orrery.db"));
    rmSync(target, { recursive: true, force: true });
    renameSync(draft, target);
  }

  /** @throws OrreryError SnapshotInvalid */
  async load(name: string): Promise<void> {
    const folder = this.#folder(name);
    const file = join(folder, "orrery.db");
    if (!existsSync(file)) throw new OrreryError("SnapshotInvalid", `there is no snapshot "${name}" in ${this.#root}`);
    // What is to happen to files once a change is committed happens before files are put back.
    this.#parts.store.flush();
    // Files first: a process that is killed in between has some that no row names, and no row without its file.
    new BlobStore(folder).copyTo(this.#parts.dataDir);
    this.#parts.copy(folder, this.#parts.dataDir);
    this.#parts.store.restoreFrom(file);
    await this.#parts.replaced();
  }

  list(): string[] {
    return existsSync(this.#root) ? readdirSync(this.#root).filter(isName).sort() : [];
  }

  #folder(name: string): string {
    if (isName(name)) return join(this.#root, name);
    throw new OrreryError("SnapshotInvalid", `"${name}" is not a snapshot's name: use letters, digits, dots, dashes and underscores`);
  }
}

function isName(name: string): boolean {
  return NAME.test(name);
}
