import fc from "fast-check";
import { expect, it } from "vitest";
import { decideEntry, type Waiting } from "./queue.ts";

const waiting = fc
  .uniqueArray(fc.record({ number: fc.nat(50), arrived: fc.nat(50) }), { selector: ({ number }) => number, maxLength: 8 })
  .map((all): Waiting[] => all.map((one, at) => ({ id: `e${one.number}`, number: one.number, arrived: one.arrived * 10 + at })));
const mode = fc.constantFrom("SUPERSEDED", "QUEUED");

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html
it("nobody enters a stage that is locked or whose transition is disabled", () => {
  fc.assert(
    fc.property(mode, waiting, fc.boolean(), (chosen, all, occupied) => {
      const { enters } = decideEntry({ mode: chosen, occupied, enabled: occupied, waiting: all });
      expect(enters).toBeUndefined();
    }),
  );
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html
it("QUEUED lets in the one that came first and supersedes nobody", () => {
  fc.assert(
    fc.property(waiting, (all) => {
      const { enters, superseded } = decideEntry({ mode: "QUEUED", occupied: false, enabled: true, waiting: all });
      const first = all.find(({ arrived }) => all.every((other) => arrived <= other.arrived));
      expect(enters).toBe(first?.id);
      expect(superseded).toEqual([]);
    }),
  );
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html
it("SUPERSEDED keeps the one that was started last, whether it may enter or not", () => {
  fc.assert(
    fc.property(waiting, fc.boolean(), fc.boolean(), (all, occupied, enabled) => {
      const { enters, superseded } = decideEntry({ mode: "SUPERSEDED", occupied, enabled, waiting: all });
      const newest = all.find(({ number }) => all.every((other) => number >= other.number));
      expect(enters).toBe(occupied || !enabled ? undefined : newest?.id);
      expect(superseded.map(({ id }) => id).toSorted()).toEqual(
        all
          .filter((one) => one !== newest)
          .map(({ id }) => id)
          .toSorted(),
      );
    }),
  );
});
