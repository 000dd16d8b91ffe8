import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeToken, encodeToken, pageOf } from "./paging.ts";

const key = fc.array(
  fc.oneof(
    fc.string({ unit: "binary" }),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
  ),
  {
    maxLength: 4,
  },
);

test("a token brings its key back, in characters that need no escape in a URL", () => {
  fc.assert(
    fc.property(key, (value) => {
      const token = encodeToken(value);
      expect(token).toMatch(/^[A-Za-z0-9_-]*$/);
      expect(decodeToken(token)).toEqual(value);
    }),
  );
});

test("what is no token is told from one, and nothing makes it fail", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json().map((text) => Buffer.from(text).toString("base64url")),
      ),
      (text) => {
        const decoded = decodeToken(text);
        for (const part of decoded ?? []) expect(["string", "number"]).toContain(typeof part);
      },
    ),
  );
  expect([decodeToken(""), decodeToken("e30"), decodeToken(encodeToken(["a"]).slice(1))]).toEqual([undefined, undefined, undefined]);
});

test("following the tokens gives every item once and in order, though items come and go meanwhile", () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 40 });
  fc.assert(
    fc.property(names, names, fc.integer({ min: 1, max: 7 }), (stay, comeAndGo, limit) => {
      const passing = comeAndGo.filter((name) => !stay.includes(name));
      const seen: string[] = [];
      let after = "";
      for (let round = 0; ; round++) {
        const there = [...stay, ...(round % 2 === 0 ? passing : [])].sort().filter((name) => name > after);
        const { items, nextToken } = pageOf(there.slice(0, limit + 1), limit, (name) => [name]);
        seen.push(...items);
        if (nextToken === undefined) break;
        after = String(decodeToken(nextToken)?.[0]);
      }
      expect(seen.filter((name) => stay.includes(name))).toEqual([...stay].sort());
      expect(new Set(seen).size).toBe(seen.length);
    }),
  );
});
