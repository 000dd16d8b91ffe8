import { expect, test } from "vitest";
import { span, table, time } from "./print.ts";

test("spans read as people say them", () => {
  expect([span(850.4), span(12_340), span(245_000)]).toEqual(["850 ms", "12.3 s", "4 min 05 s"]);
});

test("columns line up, the last one is not padded", () => {
  expect(
    table([
      ["a", "bbb"],
      ["cc", "d"],
    ]),
  ).toBe("a   bbb\ncc  d");
});

test("times are UTC", () => {
  expect(time(Date.UTC(2026, 10, 23, 4, 5, 6))).toBe("2026-11-23 04:05:06");
});
