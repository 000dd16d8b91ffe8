import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { remembered, Store, statement, unscoped } from "./store.ts";

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

describe("a disk that is full", () => {
  const fill = (): void => {
    store.run(put, { id: "too large", body: "x".repeat(1_000_000) }, here);
  };
  const limit = (pages: number): void => {
    store.get(unscoped(`PRAGMA max_page_count = ${pages}`), {});
  };
  beforeEach(() => limit(40));

  test("says so, and takes up its work again when there is room", async () => {
    expect(() => store.tx(fill)).toThrow("full");
    limit(10_000);
    store.tx(() => store.run(put, { id: "after", body: "x" }, here));
    await store.committed();
    expect(store.all(list, {}, here).map((row) => row.id)).toEqual(["after"]);
  });

  test("a neighbour whose commit was shared is told that nothing was stored, also when it asks later", async () => {
    const mark = store.mark();
    let told = false;
    store.tx(() => {
      store.run(put, { id: "neighbour", body: "x" }, here);
      store.afterCommit(() => {
        told = true;
      });
    });
    const committed = store.committed(mark);
    expect(() => store.tx(fill)).toThrow("full");
    await expect(committed).rejects.toThrow("full");
    await expect(store.committed(mark)).rejects.toThrow("full");
    expect([store.all(list, {}, here), told]).toEqual([[], false]);
    expect(store.committed(store.mark())).toBeUndefined();
  });

  test("whoever catches it within a transaction cannot go on as if nothing had happened", async () => {
    const careless = (): void => {
      store.run(put, { id: "before", body: "x" }, here);
      try {
        store.tx(fill);
      } catch {
        // as a careless caller does
      }
      store.run(put, { id: "after", body: "x" }, here);
    };
    expect(() => store.tx(careless)).toThrow("full");
    expect(() =>
      store.tx(() => {
        try {
          store.tx(fill);
        } catch {
          // and writes nothing more
        }
      }),
    ).toThrow("full");
    await store.committed();
    expect(store.all(list, {}, here)).toEqual([]);
  });

  test("a copy that does not fit changes nothing", () => {
    limit(10_000);
    store.run(put, { id: "large", body: "x".repeat(1_000_000) }, here);
    const copy = join(dataDir, "copy.db");
    store.copyTo(copy);
    store.run(put, { id: "large", body: "small" }, here);
    store.flush();
    store.get(unscoped("VACUUM"), {});
    limit(40);
    expect(() => store.restoreFrom(copy)).toThrow("full");
    expect(store.all(list, {}, here)).toEqual([{ id: "large", body: "small" }]);
    expect(store.get(unscoped<Record<never, never>, { foreign_keys: number }>("PRAGMA foreign_keys"), {})?.foreign_keys).toBe(1);
    limit(10_000);
    store.restoreFrom(copy);
    expect(store.all(list, {}, here)[0]?.body).toHaveLength(1_000_000);
  });
});

test("a commit that fails is told to those who wait for it, and its hooks are dropped", async () => {
  store.migrate({
    name: "links",
    steps: ["CREATE TABLE links (id INTEGER PRIMARY KEY, other INTEGER REFERENCES links (id) DEFERRABLE INITIALLY DEFERRED)"],
  });
  store.flush();
  const mark = store.mark();
  let told = false;
  store.tx(() => {
    store.run(unscoped("INSERT INTO links VALUES (1, 77)"), {});
    store.afterCommit(() => {
      told = true;
    });
  });
  await expect(store.committed(mark)).rejects.toThrow("FOREIGN KEY");
  await expect(store.committed(mark)).rejects.toThrow("FOREIGN KEY");
  expect(told).toBe(false);
});

describe("remembered rows", () => {
  const get = remembered(
    statement<{ id: string }, { body: string }>("SELECT body FROM notes WHERE account = :account AND region = :region AND id = :id"),
    ["notes"],
  );
  const body = (id: string, scope = here): string | undefined => store.get(get, { id }, scope)?.body;

  test("follow every write, and belong to their scope", () => {
    expect(body("a")).toBeUndefined();
    store.run(put, { id: "a", body: "one" }, here);
    expect(body("a")).toBe("one");
    store.run(put, { id: "a", body: "two" }, here);
    expect([body("a"), body("a", elsewhere)]).toEqual(["two", undefined]);
    store.wipe();
    expect(body("a")).toBeUndefined();
  });

  test("forget what was rolled back", () => {
    store.run(put, { id: "a", body: "kept" }, here);
    expect(() =>
      store.tx(() => {
        store.run(put, { id: "a", body: "lost" }, here);
        expect(body("a")).toBe("lost");
        throw new RangeError("no");
      }),
    ).toThrow("no");
    expect(body("a")).toBe("kept");
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

  test("a copy that is no database is refused as a snapshot, with the folder as it was", () => {
    store.run(put, { id: "a", body: "kept" }, here);
    const copy = join(dataDir, "copy.db");
    writeFileSync(copy, "this is not a database, though long enough to be looked at as one".repeat(100));
    expect(() => store.restoreFrom(copy)).toThrow(expect.objectContaining({ code: "SnapshotInvalid" }));
    const foreign = new DatabaseSync(join(dataDir, "foreign.db"));
    foreign.exec("CREATE TABLE t (a)");
    foreign.close();
    expect(() => store.restoreFrom(join(dataDir, "foreign.db"))).toThrow(expect.objectContaining({ code: "SnapshotInvalid" }));
    expect(store.all(list, {}, here)).toEqual([{ id: "a", body: "kept" }]);
  });

  test("the file of a process that was killed is taken over, even one that had our own number", () => {
    store.close();
    writeFileSync(join(dataDir, "orrery.pid"), String(process.pid));
    store = new Store({ dataDir });
    store.close();
    writeFileSync(join(dataDir, "orrery.pid"), "");
    store = new Store({ dataDir });
  });

  test("a folder that could not be opened is given back", () => {
    store.close();
    writeFileSync(join(dataDir, "orrery.db"), "garbage".repeat(1_000));
    expect(() => new Store({ dataDir })).toThrow("not a database");
    expect(existsSync(join(dataDir, "orrery.pid"))).toBe(false);
    rmSync(join(dataDir, "orrery.db"));
    store = new Store({ dataDir });
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

test("one text takes the place of another in every text column, and in nothing else", () => {
  const store = new Store({ dataDir: mkdtempSync(join(tmpdir(), "orrery-store-")), durability: "process" });
  store.setSetting("url", '{"a":"http://127.0.0.1:4566/x","b":"http://127.0.0.1:4566/y"}');
  store.setSetting("other", "127.0.0.1:80");
  store.replaceText("127.0.0.1:4566", "127.0.0.1:4700");
  expect(store.setting("url")).toBe('{"a":"http://127.0.0.1:4700/x","b":"http://127.0.0.1:4700/y"}');
  expect(store.setting("other")).toBe("127.0.0.1:80");
  store.close();
});
