import { createHash } from "node:crypto";
import { regexOf } from "./expressions.ts";
import { QueryError } from "./lexer.ts";
import { MANY, ofNumber, ofString, ofStrings, type ScalarFunction } from "./scalar.ts";
import { isStructure, isTrue, numberOf, ofJson, shown, stringOf, type Value } from "./values.ts";

/** Trims the characters of a second argument, else white space. */
const trimmed = (ends: "both" | "start" | "end"): ScalarFunction => ({
  least: 1,
  most: 2,
  run: ([value = null, characters = null]) => {
    const text = stringOf(value);
    if (text === undefined) return null;
    const set = stringOf(characters);
    const inside = set === undefined ? String.raw`\s` : set.replaceAll(/[\]\\^-]/g, String.raw`\$&`);
    const start = ends === "end" ? text : text.replace(new RegExp(`^[${inside}]+`), "");
    return ends === "start" ? start : start.replace(new RegExp(`[${inside}]+$`), "");
  },
});
const hash = (algorithm: string): ScalarFunction => ofString((text) => createHash(algorithm).update(text).digest("hex"));

function urlDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

function parsedJson(text: string): Value {
  try {
    return ofJson(JSON.parse(text) as unknown);
  } catch {
    return null;
  }
}

/** The items of a list, or of a text that is one in JSON. */
function arrayOf(value: Value): readonly unknown[] | undefined {
  const found = isStructure(value) ? value : parsedJson(stringOf(value) ?? "");
  return isStructure(found) && Array.isArray(found.json) ? found.json : undefined;
}

const HEX = /^(-?)(?:0x)?([0-9a-f]+)$/i;

/** Groups are `$1` or `\1` in what stands in their place. */
const regexReplace: ScalarFunction = {
  least: 3,
  most: 3,
  run: () => null,
  ready: ([, pattern]) => {
    if (typeof pattern !== "string") return undefined;
    let expression: RegExp;
    try {
      const { source, flags } = regexOf(pattern);
      expression = new RegExp(source, `${flags}g`);
    } catch (error) {
      if (error instanceof QueryError) return undefined;
      throw error;
    }
    return ([value = null, , by = null]) =>
      stringOf(value)?.replaceAll(
        expression,
        (stringOf(by) ?? "").replaceAll(/\\(\d)/g, (_, group: string) => `$${group}`),
      ) ?? null;
  },
};

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html */
export const TEXT_FUNCTIONS: Readonly<Record<string, ScalarFunction>> = {
  isempty: { least: 1, most: 1, run: ([value = null]) => value === null || stringOf(value) === "" },
  isblank: { least: 1, most: 1, run: ([value = null]) => value === null || stringOf(value)?.trim() === "" },
  concat: { least: 1, most: MANY, run: (args) => args.map((value) => stringOf(value) ?? "").join("") },
  trim: trimmed("both"),
  ltrim: trimmed("start"),
  rtrim: trimmed("end"),
  strlen: ofString((text) => [...text].length),
  messagesize: ofString((text) => Buffer.byteLength(text)),
  toupper: ofString((text) => text.toUpperCase()),
  tolower: ofString((text) => text.toLowerCase()),
  substr: {
    least: 2,
    most: 3,
    run: ([value = null, from = null, length = null]) => {
      const text = stringOf(value);
      const start = numberOf(from) ?? 0;
      const count = numberOf(length);
      return text === undefined ? null : text.slice(start, count === undefined ? undefined : start + count);
    },
  },
  replace: {
    least: 3,
    most: 3,
    run: ([value = null, search = null, by = null]) =>
      stringOf(value)?.replaceAll(stringOf(search) ?? "", () => stringOf(by) ?? "") ?? null,
  },
  regexreplace: regexReplace,
  strcontains: {
    least: 2,
    most: 3,
    run: ([value = null, search = null, ignoresCase = null]) => {
      const [text, wanted] = [stringOf(value), stringOf(search) ?? ""];
      if (text === undefined) return 0;
      return Number(isTrue(ignoresCase) ? text.toLowerCase().includes(wanted.toLowerCase()) : text.includes(wanted));
    },
  },
  startswith: ofStrings((text, wanted) => Number(text.startsWith(wanted))),
  endswith: ofStrings((text, wanted) => Number(text.endsWith(wanted))),
  urlencode: ofString((text) => encodeURIComponent(text)),
  urldecode: ofString(urlDecoded),
  base64encode: ofString((text) => Buffer.from(text).toString("base64")),
  base64decode: ofString((text) => Buffer.from(text, "base64").toString()),
  split: ofStrings((text, delimiter) => ({ json: text.split(delimiter) })),
  hextoascii: ofString((text) => Buffer.from(text.replace(/^0x/i, ""), "hex").toString("latin1")),
  hextodec: ofString((text) => {
    const [, sign, digits] = HEX.exec(text) ?? [];
    return digits === undefined ? null : Number.parseInt(`${sign}${digits}`, 16);
  }),
  dectohex: ofNumber((value) => {
    const whole = Math.trunc(value);
    return `${whole < 0 ? "-" : ""}0x${Math.abs(whole).toString(16)}`;
  }),
  jsonparse: ofString(parsedJson),
  jsonstringify: {
    least: 1,
    most: 1,
    run: ([value = null]) => (value === null ? null : isStructure(value) ? shown(value) : JSON.stringify(shown(value))),
  },
  jsonarraysize: { least: 1, most: 1, run: ([value = null]) => arrayOf(value)?.length ?? null },
  jsonarraycontains: {
    least: 2,
    most: 2,
    run: ([value = null, wanted = null]) => arrayOf(value)?.some((item) => shown(ofJson(item)) === shown(wanted)) ?? false,
  },
  md5: hash("md5"),
  sha1: hash("sha1"),
  sha256: hash("sha256"),
};
