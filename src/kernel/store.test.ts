import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Store, statement, unscoped } from "./store.ts";

const NOTES = {
  name: "notes",
  steps: ["CREATE TABLE notes (account TEXT, region TEXT, id TEXT, body TEXT, PRIMARY KEY (account, region, id)) STRICT"],
};
const put = statement<{ id: string; body: string }>("INSERT OR REPLACE INTO notes VALUES (:account, :region, :id, :body)");
const list = statement<Record<never, never>, { id: string; body: string }>(
  "SELECT id, body FROM notes WHERE account = :account AND region = :region ORDER BY id",
);
const here = { account: "111111111111", region: "us-east-1" };
const elsewhere = { account: "111111111111", region: "eu-west-1" };

let dataDir: string;
let store: Store;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "orrery-store-"));
  store = new Store({ dataDir });
  store.migrate(NOTES);
});
afterEach(() => {
  store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

describe("scope", () => {
  test("rows of one region are not seen from another", () => {
    store.run(put, { id: "a", body: "x" }, here);
    expect(store.all(list, {}, here)).toHaveLength(1);
    expect(store.all(list, {}, elsewhere)).toHaveLength(0);
  });

  test("a statement that forgets the account is refused when it is written", () => {
    expect(() => statement("SELECT * FROM notes")).toThrow("not scoped");
  });
});

describe("transactions", () => {
  test("all or nothing, after-commit hooks included", () => {
    let told = false;
    expect(() =>
      store.tx(() => {
        store.run(put, { id: "a", body: "x" }, here);
        store.afterCommit(() => {
          told = true;
        });
        throw new RangeError("no");
      }),
    ).toThrow("no");
    expect(store.all(list, {}, here)).toHaveLength(0);
    expect(told).toBe(false);
  });

  test("what a nested transaction threw may be caught without losing the rest", () => {
    store.tx(() => {
      store.run(put, { id: "kept", body: "x" }, here);
      try {
        store.tx(() => {
          store.run(put, { id: "lost", body: "x" }, here);
          throw new RangeError("no");
        });
      } catch {
        // the point of the test
      }
    });
    expect(store.all(list, {}, here).map((row) => row.id)).toEqual(["kept"]);
  });
});

describe("commits", () => {
  test("transactions of one turn share a commit, and hooks run after it", async () => {
    const seen: string[] = [];
    for (const id of ["a", "b"]) {
      store.tx(() => {
        store.run(put, { id, body: "x" }, here);
        store.afterCommit(() => seen.push(id));
      });
    }
    expect(seen).toEqual([]);
    await store.committed();
    expect(seen).toEqual(["a", "b"]);
    expect(store.committed()).toBeUndefined();
  });

  test("what was rolled back takes nothing of its neighbours with it", async () => {
    store.tx(() => store.run(put, { id: "kept", body: "x" }, here));
    expect(() =>
      store.tx(() => {
        store.run(put, { id: "lost", body: "x" }, here);
        throw new RangeError("no");
      }),
    ).toThrow();
    await store.committed();
    expect(store.all(list, {}, here).map((row) => row.id)).toEqual(["kept"]);
  });
});

describe("folders", () => {
  test("a folder in use is refused with what to do", () => {
    expect(() => new Store({ dataDir })).toThrow(/already using|is using/);
  });

  test("a folder of a newer version is refused", () => {
    store.migrate({ name: "notes2", steps: ["CREATE TABLE n2 (a) ", "CREATE TABLE n3 (a)"] });
    store.close();
    store = new Store({ dataDir });
    expect(() => store.migrate({ name: "notes2", steps: ["CREATE TABLE n2 (a)"] })).toThrow("start the newer Orrery");
    store = new Store({ dataDir });
  });

  test("wipe empties the tables and leaves the schema", () => {
    store.run(put, { id: "a", body: "x" }, here);
    store.wipe();
    expect(store.all(list, {}, here)).toHaveLength(0);
    store.run(put, { id: "a", body: "x" }, here);
  });

  test("a copy brings the rows back", () => {
    store.run(put, { id: "a", body: "before" }, here);
    const copy = join(dataDir, "copy.db");
    store.copyTo(copy);
    store.run(put, { id: "a", body: "after" }, here);
    store.run(put, { id: "b", body: "new" }, here);
    store.restoreFrom(copy);
    expect(store.all(list, {}, here)).toEqual([{ id: "a", body: "before" }]);
  });

  test("claims are kept once and can be released", () => {
    store.claim("t", "first");
    store.claim("t", "second");
    expect(store.claimed("t")).toBe("first");
    store.releaseClaim("t");
    expect(store.claimed("t")).toBeUndefined();
  });
});

test("unscoped statements need no context", () => {
  expect(store.get(unscoped<Record<never, never>, { one: number }>("SELECT 1 AS one"), {})).toEqual({ one: 1 });
});
