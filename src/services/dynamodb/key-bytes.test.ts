import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareNumbers } from "./decimal.ts";
import { after, afterPrefix, keyBytes, LAST_PARTITION, partitionBytes, segmentStart } from "./key-bytes.ts";

// documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.CoreComponents.html#HowItWorks.CoreComponents.PrimaryKey
describe("key bytes", () => {
  const number = fc
    .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.integer({ min: -100, max: 100 }))
    .map(([whole, power]) => `${whole}E${power}`);

  test("numbers sort by value", () => {
    fc.assert(
      fc.property(number, number, (a, b) => {
        const order = Buffer.compare(keyBytes({ N: a }), keyBytes({ N: b }));
        expect(order).toBe(Math.sign(compareNumbers(a, b)));
      }),
      { numRuns: 2_000 },
    );
  });

  test("near numbers sort by value", () => {
    const texts = [
      "-100",
      "-99.5",
      "-10",
      "-9",
      "-1.5",
      "-1.05",
      "-1",
      "-0.5",
      "-1E-100",
      "0",
      "1E-130",
      "0.05",
      "0.5",
      "1",
      "1.05",
      "9",
      "10",
      "99.5",
      "100",
      "1E125",
    ];
    const bytes = texts.map((text) => keyBytes({ N: text }));
    expect([...bytes].sort(Buffer.compare)).toEqual(bytes);
  });

  test("strings sort by their UTF-8 bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (a, b) => {
        expect(Buffer.compare(keyBytes({ S: a }), keyBytes({ S: b }))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });

  test("what begins with a prefix lies between it and its end", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 8 }), fc.uint8Array({ maxLength: 8 }), (prefix, rest) => {
        const whole = Buffer.concat([prefix, rest]);
        expect(Buffer.compare(whole, prefix)).toBeGreaterThanOrEqual(0);
        expect(Buffer.compare(whole, afterPrefix(prefix))).toBeLessThan(0);
      }),
    );
  });

  test("nothing lies between bytes and what comes after them", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ maxLength: 4 }), (a, b) => {
        const next = after(a);
        expect(Buffer.compare(b, a) > 0 && Buffer.compare(b, next) < 0).toBe(false);
      }),
    );
  });

  test("every partition is in exactly one segment", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 200 }), (key, total) => {
        const place = partitionBytes({ S: key });
        const segments = Array.from({ length: total }, (_, i) => i).filter(
          (i) => Buffer.compare(place, segmentStart(i, total)) >= 0 && Buffer.compare(place, segmentStart(i + 1, total)) < 0,
        );
        expect(segments).toHaveLength(1);
        expect(Buffer.compare(place, LAST_PARTITION)).toBeLessThan(0);
      }),
    );
  });

  test("keys that differ little are spread over the segments", () => {
    const counts = new Map<number, number>();
    for (let i = 0; i < 8_000; i++) {
      const segment = Math.floor(Buffer.from(partitionBytes({ S: `user-${i}` })).readUInt32BE() / 2 ** 28);
      counts.set(segment, (counts.get(segment) ?? 0) + 1);
    }
    expect(counts.size).toBe(8);
    for (const count of counts.values()) expect(count).toBeGreaterThan(800);
  });
});
