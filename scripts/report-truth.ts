/**
 * Counts how the truth of each test is known, and lists those of services and conformance that do not say it. A test
 * says it in a comment of its own, or of a `describe` or a file around it: `documented` with an address, `recorded` from
 * AWS, or `assumed`.
 */
import {
  isCallExpression,
  isExpressionStatement,
  isIdentifier,
  isPropertyAccessExpression,
  type Node,
  type SourceFile,
} from "typescript/unstable/ast";
import { parse } from "./source.ts";

const TRUTHS = ["documented", "recorded", "assumed"] as const;
type Truth = (typeof TRUTHS)[number];

interface TestCase {
  readonly part: string;
  readonly where: string;
  readonly truth: Truth | undefined;
}

const COMMENT_LINE = /^\s*(?:\/\/|\/\*\*|\*)\s?(.*)$/;
const MARKER = new RegExp(`\\b(${TRUTHS.join("|")})\\b`);

/** The first marker in the comments of some source text. */
function truthIn(text: string): Truth | undefined {
  for (const line of text.split("\n")) {
    const marker = MARKER.exec(COMMENT_LINE.exec(line)?.[1] ?? "")?.[1];
    if (marker !== undefined) return TRUTHS.find((truth) => truth === marker);
  }
  return undefined;
}

/** `test` for `test(…)`, `test.each(…)(…)` and `test.skipIf(…)(…)`. */
function calleeOf(node: Node): string | undefined {
  if (isCallExpression(node)) return calleeOf(node.expression);
  if (isPropertyAccessExpression(node)) return /^(each|skipIf|runIf)$/.test(node.name.text) ? calleeOf(node.expression) : undefined;
  return isIdentifier(node) ? node.text : undefined;
}

function testsOf(path: string, source: SourceFile): TestCase[] {
  const found: TestCase[] = [];
  const folders = path
    .replace(/^src\/(services\/)?/, "")
    .split("/")
    .slice(0, -1);
  const part = folders[0] === "test" ? folders.slice(0, 2).join("/") : (folders[0] ?? "src");
  const leading = (node: Node): string => source.text.slice(node.getFullStart(), node.getStart(source));
  const visit = (node: Node, around: Truth | undefined): undefined => {
    const callee = isCallExpression(node) ? calleeOf(node) : undefined;
    const title = isCallExpression(node) ? node.arguments[0] : undefined;
    if ((callee === "test" || callee === "it") && title !== undefined) {
      const truth = truthIn(source.text.slice(node.getFullStart(), node.end)) ?? around;
      const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
      found.push({ part, where: `${path}:${line} ${title.getText(source).replace(/\s+/g, " ").slice(0, 100)}`, truth });
      return;
    }
    const inner = callee === "describe" ? (truthIn(leading(node)) ?? around) : around;
    node.forEachChild((child) => visit(child, inner));
  };
  const header = source.statements.filter((statement) => !isExpressionStatement(statement)).map(leading);
  visit(source, truthIn(header.join("\n")));
  return found;
}

const tests = parse(/^(src|cli|test|examples)\/.*\.test\.ts$/, testsOf).flat();
const parts = Map.groupBy(tests, ({ part }) => part);
console.log(`${"".padEnd(20)}${[...TRUTHS, "not said"].map((name) => name.padStart(12)).join("")}`);
for (const [part, cases] of [...[...parts].sort(([a], [b]) => a.localeCompare(b)), ["in all", tests] as const]) {
  const counts = [...TRUTHS, undefined].map((truth) => String(cases.filter((one) => one.truth === truth).length).padStart(12));
  console.log(`${part.padEnd(20)}${counts.join("")}`);
}
const silent = tests.filter(({ where, truth }) => truth === undefined && /^(src\/services|test\/conformance)\//.test(where));
if (silent.length > 0) console.log(`\nof services and conformance, not said:\n${silent.map(({ where }) => `  ${where}`).join("\n")}`);
