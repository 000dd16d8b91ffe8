import { expect, test } from "vitest";
import { flag, given, integer, section, text, texts } from "./properties.ts";

const properties = { number: 5, digits: "5", yes: "true", no: false, list: ["a", 1], map: { a: 1 }, nothing: null };

test("numbers, booleans and text are read whatever form a template gives them", () => {
  expect([text(properties, "number"), integer(properties, "digits"), integer(properties, "number")]).toEqual(["5", 5, 5]);
  expect([flag(properties, "yes"), flag(properties, "no"), text(properties, "no")]).toEqual([true, false, "false"]);
  expect([texts(properties, "list"), section(properties, "map")]).toEqual([["a", "1"], { a: 1 }]);
});

test("what is not there, or is of another kind, is undefined", () => {
  for (const read of [text, integer, flag, texts, section]) {
    expect([read(properties, "missing"), read(properties, "nothing")]).toEqual([undefined, undefined]);
  }
  expect([texts(properties, "map"), section(properties, "list")]).toEqual([undefined, undefined]);
  expect(given({ a: 1, b: undefined, c: null })).toEqual({ a: 1, c: null });
});
