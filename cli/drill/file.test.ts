import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseDrill, readDrill } from "./file.ts";
import { junit } from "./junit.ts";

const least = { deploy: { stack: "S" }, expect: [{ deployment: "succeeded" }] };

describe("a drill's file", () => {
  test("has defaults for all that it need not say", () => {
    expect(parseDrill(least, "file.yaml")).toEqual({
      name: "file.yaml",
      seed: "drill",
      deploy: { kind: "function", stack: "S" },
      faults: [],
      expect: [{ kind: "deployment", outcome: "succeeded" }],
      limit: 7_200_000,
      settle: 300_000,
    });
  });

  test("reads durations, percentages and every kind of expectation", () => {
    const drill = parseDrill(
      {
        deploy: { pipeline: "chatbot" },
        load: { url: "http://localhost/", rate: "2" },
        faults: [
          { at: "2m", for: "10m", percent: "30%", error: "Boom", status: 503 },
          { api: "dynamodb", operation: "Query", delay: "300ms" },
        ],
        expect: [
          { deployment: "rolled back", within: "6m" },
          { failedRequests: "<= 2 %" },
          { p99: "500ms" },
          { alias: "previous" },
          { alarm: "chat-errors" },
          { pipeline: "failed" },
        ],
      },
      "x",
    );
    expect(drill.deploy).toEqual({ kind: "pipeline", pipeline: "chatbot", approve: true });
    expect(drill.faults).toEqual([
      { at: 120_000, for: 600_000, percent: 30, target: { version: "new" }, error: "Boom", status: 503 },
      { at: 0, percent: 100, target: { api: "dynamodb", operation: "Query" }, delayMs: 300 },
    ]);
    expect(drill.expect).toEqual([
      { kind: "deployment", outcome: "rolled back", within: 360_000 },
      { kind: "failedRequests", atMost: 2 },
      { kind: "latency", quantile: "p99", atMostMs: 500 },
      { kind: "alias", version: "previous" },
      { kind: "alarm", alarm: "chat-errors", state: "OK" },
      { kind: "pipeline", status: "failed" },
    ]);
  });

  test.each([
    [{ ...least, expect: [] }, "a drill that expects nothing cannot fail"],
    [{ ...least, expects: [] }, 'does not know "expects"'],
    [{ ...least, deploy: { function: "f" } }, "names neither a stack"],
    [{ ...least, faults: [{ percent: 3 }] }, "neither an error nor a delay"],
    [{ ...least, faults: [{ error: "Boom", at: "soon" }] }, "which is no duration"],
    [{ ...least, expect: [{ failedRequests: "few" }] }, "write a percentage"],
    [{ ...least, expect: [{ deployment: "fine" }] }, "choose succeeded, rolled back, failed"],
    [[], "is not a mapping"],
  ])("%j is refused", (given, message) => {
    expect(() => parseDrill(given, "x")).toThrow(message);
  });

  test.each(["errors", "good"])("of the example is read: %s", (name) => {
    expect(readDrill(join(import.meta.dirname, `../../examples/chatbot/drills/${name}.yaml`)).expect.length).toBeGreaterThan(0);
  });
});

test("JUnit has a case for each expectation, and a failure for each that is not met", () => {
  const drill = parseDrill({ ...least, name: "a <b>" }, "x");
  const verdicts = [
    { expected: "one", isMet: true, seen: "" },
    { expected: 'two "quoted"', isMet: false, seen: "1 & 2\u0007" },
  ];
  expect(junit(drill, verdicts, 1.5)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="orrery drill" tests="2" failures="1" time="1.500">
  <testsuite name="a &lt;b&gt;" tests="2" failures="1" time="1.500">
    <testcase classname="a &lt;b&gt;" name="one"/>
    <testcase classname="a &lt;b&gt;" name="two &quot;quoted&quot;">
      <failure message="1 &amp; 2"/>
    </testcase>
  </testsuite>
</testsuites>
`);
});
