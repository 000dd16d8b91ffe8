import type { Drill } from "./file.ts";
import type { Verdict } from "./judge.ts";

/** One test suite for a drill, one test case for each expectation; `seconds` are of wall time. */
export function junit(drill: Drill, verdicts: readonly Verdict[], seconds: number): string {
  const failures = verdicts.filter(({ isMet }) => !isMet).length;
  const cases = verdicts.map(({ expected, isMet, seen }) => {
    const open = `    <testcase classname="${escaped(drill.name)}" name="${escaped(expected)}"`;
    return isMet ? `${open}/>` : `${open}>\n      <failure message="${escaped(seen)}"/>\n    </testcase>`;
  });
  const counts = `tests="${verdicts.length}" failures="${failures}" time="${seconds.toFixed(3)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="orrery drill" ${counts}>`,
    `  <testsuite name="${escaped(drill.name)}" ${counts}>`,
    ...cases,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function escaped(text: string): string {
  const named: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  // Control characters have no place in XML 1.0, not even escaped.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "").replace(/[&<>"]/g, (character) => named[character] ?? character);
}
