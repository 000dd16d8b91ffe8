import { OrreryError } from "../../../kernel/errors.ts";
import { parseJson } from "./tests.ts";
import { child, descendants, type Element, parseXml } from "./xml.ts";

/** How much of one file was run. */
export interface ToldCoverage {
  readonly filePath: string;
  readonly linesCovered: number;
  readonly linesMissed: number;
  readonly branchesCovered: number;
  readonly branchesMissed: number;
}

/**
 * Code coverage by the formats that CodeBuild reads.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/code-coverage-report.html
 */
export const COVERAGE_FORMATS: Readonly<Record<string, (source: string) => ToldCoverage[]>> = {
  CLOVERXML: clover,
  COBERTURAXML: cobertura,
  JACOCOXML: jacoco,
  SIMPLECOV: simplecov,
};

const count = (text: string | undefined): number => Number(text ?? 0) || 0;

function clover(source: string): ToldCoverage[] {
  return descendants(parseXml(source), "file").map((file) => {
    const metrics = child(file, "metrics")?.attributes ?? {};
    const lines = count(metrics["statements"]);
    const linesCovered = count(metrics["coveredstatements"]);
    const branches = count(metrics["conditionals"]);
    const branchesCovered = count(metrics["coveredconditionals"]);
    return {
      filePath: file.attributes["path"] ?? file.attributes["name"] ?? "",
      linesCovered,
      linesMissed: lines - linesCovered,
      branchesCovered,
      branchesMissed: branches - branchesCovered,
    };
  });
}

/** Several classes may lie in one file. */
function cobertura(source: string): ToldCoverage[] {
  const files = new Map<string, Map<string, Element>>();
  for (const inClass of descendants(parseXml(source), "class")) {
    const filePath = inClass.attributes["filename"] ?? "";
    const lines = files.get(filePath) ?? new Map<string, Element>();
    files.set(filePath, lines);
    for (const line of descendants(inClass, "line")) lines.set(line.attributes["number"] ?? "", line);
  }
  return [...files].map(([filePath, lines]) => {
    let branchesCovered = 0;
    let branches = 0;
    for (const { attributes } of lines.values()) {
      const [, covered, all] = /\((\d+)\/(\d+)\)/.exec(attributes["condition-coverage"] ?? "") ?? [];
      branchesCovered += count(covered);
      branches += count(all);
    }
    const linesCovered = [...lines.values()].filter(({ attributes }) => count(attributes["hits"]) > 0).length;
    return { filePath, linesCovered, linesMissed: lines.size - linesCovered, branchesCovered, branchesMissed: branches - branchesCovered };
  });
}

function jacoco(source: string): ToldCoverage[] {
  return descendants(parseXml(source), "package").flatMap((inPackage) =>
    inPackage.children
      .filter(({ name }) => name === "sourcefile")
      .map((file) => {
        const counter = (type: string): Readonly<Record<string, string>> =>
          file.children.find(({ name, attributes }) => name === "counter" && attributes["type"] === type)?.attributes ?? {};
        const [lines, branches] = [counter("LINE"), counter("BRANCH")];
        return {
          filePath: [inPackage.attributes["name"] ?? "", file.attributes["name"] ?? ""].filter((part) => part !== "").join("/"),
          linesCovered: count(lines["covered"]),
          linesMissed: count(lines["missed"]),
          branchesCovered: count(branches["covered"]),
          branchesMissed: count(branches["missed"]),
        };
      }),
  );
}

/** A result set: `{"RSpec": {"coverage": {"<file>": {"lines": [1, 0, null], "branches": {…}}}}}`, or the array alone. */
function simplecov(source: string): ToldCoverage[] {
  const sets = parseJson(source);
  if (typeof sets !== "object" || sets === null) throw new OrreryError("WorkloadFailed", "the file is not a SimpleCov result set");
  return Object.values(sets as Record<string, { coverage?: Record<string, unknown> }>).flatMap((set) =>
    Object.entries(set?.coverage ?? {}).map(([filePath, told]) => {
      const lines = Array.isArray(told) ? told : (told as { lines?: unknown[] } | null)?.lines;
      const hits = (lines ?? []).filter((line): line is number => typeof line === "number");
      const branches = Array.isArray(told) ? {} : ((told as { branches?: Record<string, Record<string, number>> }).branches ?? {});
      const taken = Object.values(branches).flatMap((arms) => Object.values(arms));
      return {
        filePath,
        linesCovered: hits.filter((times) => times > 0).length,
        linesMissed: hits.filter((times) => times === 0).length,
        branchesCovered: taken.filter((times) => times > 0).length,
        branchesMissed: taken.filter((times) => times === 0).length,
      };
    }),
  );
}
