/**
 * Prints how large files and functions are, against the guides of CONTRIBUTING.md, and lists those beyond the limits.
 * With `--check` it ends with 1 when there are some.
 */
import {
  type FunctionLikeDeclaration,
  isConstructorDeclaration,
  isFunctionLikeDeclaration,
  type Node,
  type SourceFile,
} from "typescript/unstable/ast";
import { parse } from "./source.ts";

const LIMITS = { file: 500, function: 80, parameters: 4 };
const GUIDES =
  "files: median under 100 lines, 90 % under 300, none over 500; functions: 90 % under 40 lines, none over 80, at most 4 parameters";

interface FunctionSize {
  readonly where: string;
  readonly lines: number;
  readonly parameters: number;
}

interface FileSize {
  readonly path: string;
  readonly lines: number;
  readonly functions: readonly FunctionSize[];
}

/** Quantile of numbers in any order. */
function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function sizeOf(path: string, source: SourceFile): FileSize {
  const functions: FunctionSize[] = [];
  const lineAt = (position: number): number => source.getLineAndCharacterOfPosition(position).line + 1;
  const visit = (node: Node): undefined => {
    if (isFunctionLikeDeclaration(node) && node.body !== undefined) {
      const start = lineAt(node.getStart(source));
      functions.push({
        where: `${path}:${start} ${nameOf(node)}`,
        lines: lineAt(node.end) - start + 1,
        parameters: node.parameters.length,
      });
    }
    node.forEachChild(visit);
  };
  visit(source);
  return { path, lines: lineAt(source.end) - 1, functions };
}

function nameOf(node: FunctionLikeDeclaration): string {
  if (isConstructorDeclaration(node)) return "constructor";
  const named = "name" in node && node.name !== undefined ? node : node.parent;
  return named !== undefined && "name" in named && named.name !== undefined
    ? (named.name as Node).getText()
    : "(a function without a name)";
}

function summary(title: string, files: readonly FileSize[], functions: readonly FunctionSize[]): string {
  const lines = files.map((file) => file.lines);
  const lengths = functions.map((one) => one.lines);
  const row = (numbers: readonly number[]): string =>
    [quantile(numbers, 0.5), quantile(numbers, 0.9), Math.max(0, ...numbers)].map((number) => String(number).padStart(6)).join("");
  const counts = `${String(files.length).padStart(6)}${row(lines)}`;
  return `${title.padEnd(12)}${counts}${functions.length === 0 ? "" : `  ${String(functions.length).padStart(6)}${row(lengths)}`}`;
}

const all = parse(/^(src|cli|scripts|bench|test)\//, sizeOf);
const isTest = ({ path }: FileSize): boolean => path.endsWith(".test.ts") || path.startsWith("test/");
const tests = all.filter(isTest);
const product = all.filter((file) => !isTest(file));
const functions = product.flatMap((file) => file.functions);
const offenders = [
  ...all.filter(({ lines }) => lines > LIMITS.file).map(({ path, lines }) => `${path}: ${lines} lines`),
  ...functions.filter(({ lines }) => lines > LIMITS.function).map(({ where, lines }) => `${where}: ${lines} lines`),
  ...functions
    .filter(({ parameters }) => parameters > LIMITS.parameters)
    .map(({ where, parameters }) => `${where}: ${parameters} parameters`),
];

console.log(`${"".padEnd(12)} files   p50   p90   max    functions p50   p90   max`);
console.log(summary("product", product, functions));
// The callbacks of a test file are its chapters, not its functions.
console.log(summary("tests", tests, []));
console.log(`\n${GUIDES}`);
console.log(offenders.length === 0 ? "none is over its limit" : `\nover their limits:\n${offenders.map((line) => `  ${line}`).join("\n")}`);
if (process.argv.includes("--check") && offenders.length > 0) process.exitCode = 1;
