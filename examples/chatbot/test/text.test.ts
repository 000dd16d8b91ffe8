import { describe, expect, test } from "vitest";
import { isVietnamese, sentences, split, terms } from "../lambda/text.ts";

describe("terms", () => {
  test("forms of one word meet", () => {
    expect(terms("refunds refunded refund")).toEqual(["refund", "refund", "refund"]);
  });

  test("accents are folded, stop words left out", () => {
    expect(terms("Mỗi năm có bao nhiêu ngày nghỉ phép?")).toEqual(["moi", "nam", "ngay", "nghi", "phep"]);
  });
});

describe("split", () => {
  test("a passage stands under its heading", () => {
    expect(split("# Title\n\n## One\n\nFirst.\n\n## Two\n\nSecond.")).toEqual(["One\n\nFirst.", "Two\n\nSecond."]);
  });

  test("long sections are cut at paragraphs, each with the heading", () => {
    const passages = split(`# H\n\n${"a ".repeat(300)}\n\n${"b ".repeat(300)}`);
    expect(passages).toHaveLength(2);
    expect(passages.every((passage) => passage.startsWith("H\n\n"))).toBe(true);
  });

  test("nothing gives nothing", () => {
    expect(split("  \n\n ")).toEqual([]);
  });
});

test("sentences lose their Markdown", () => {
  expect(sentences("## Head\n\nOne **bold** thing. Another one!\n- a point.")).toEqual([
    "Head",
    "One bold thing.",
    "Another one!",
    "a point.",
  ]);
});

test("Vietnamese is told from English", () => {
  expect(isVietnamese("nghỉ phép")).toBe(true);
  expect(isVietnamese("refund")).toBe(false);
});
