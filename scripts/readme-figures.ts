import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { coverageOf } from "../src/introspection/coverage.ts";
import { services } from "../src/main.ts";

/** Writes into the README what `orrery coverage` says and what `npm run bench` measured last. */
const root = join(import.meta.dirname, "..");
const readme = join(root, "README.md");

interface Results {
  readonly machine: string;
  readonly figures: readonly { readonly what: string; readonly value: string; readonly target: string; readonly met?: boolean }[];
}

function coverage(): string {
  const rows = coverageOf(services).services.map(({ service, operations, resourceTypes }) => {
    const count = (how: string): number => operations.filter(({ coverage: one }) => one === how).length;
    return `| ${service} | ${count("real")} | ${count("partial")} | ${count("not implemented")} | ${resourceTypes.length} |`;
  });
  const head = "| service | real | partial | not there yet (501) | CloudFormation types |\n|---|---|---|---|---|";
  return `Operations by service, as \`orrery coverage\` counts them:\n\n${head}\n${rows.join("\n")}`;
}

function figures(): string {
  const { machine, figures: list } = JSON.parse(readFileSync(join(root, "bench/results.json"), "utf8")) as Results;
  const rows = list.map(({ what, value, target, met }) => `| ${what} | ${value} | ${target}${met === false ? ", missed" : ""} |`);
  return `\`npm run bench\` on ${machine}; "bare" is a \`node:http\` server in the same run, since machines differ:\n\n| figure | measured | target |\n|---|---|---|\n${rows.join("\n")}`;
}

function put(text: string, name: string, content: string): string {
  const block = `<!-- ${name} -->\n${content}\n<!-- /${name} -->`;
  const existing = new RegExp(`<!-- ${name} -->[\\s\\S]*?<!-- /${name} -->`);
  return existing.test(text) ? text.replace(existing, () => block) : text.replace(`<!-- ${name} -->`, () => block);
}

writeFileSync(readme, put(put(readFileSync(readme, "utf8"), "coverage", coverage()), "figures", figures()));
