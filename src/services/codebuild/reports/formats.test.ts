import { describe, expect, test } from "vitest";
import { COVERAGE_FORMATS } from "./coverage.ts";
import { TEST_FORMATS } from "./tests.ts";
import { parseXml } from "./xml.ts";

// documented: https://docs.aws.amazon.com/codebuild/latest/userguide/test-reporting.html names the formats; the samples are
// what the tools themselves write.

function told(format: string, source: string): unknown {
  return TEST_FORMATS[format]?.(source).map(({ name, prefix, testSuiteName, status, durationInNanoSeconds, message }) => [
    [testSuiteName ?? "", prefix ?? "", name].join("/"),
    status,
    durationInNanoSeconds / 1_000_000,
    message ?? "",
  ]);
}

describe("test results", () => {
  test("JUNITXML, nested suites, CDATA and entities", () => {
    const source = `<?xml version="1.0"?><testsuites><testsuite name="cart"><testsuite name="totals">
      <testcase name="adds &lt;tax&gt;" classname="Cart" time="0.25"/>
      <testcase name="rounds" classname="Cart" time="0.001"><failure message="expected 2"><![CDATA[a < b]]></failure></testcase>
      <testcase name="later"><skipped/></testcase><testcase name="boom"><error>no disk</error></testcase>
    </testsuite></testsuite></testsuites>`;
    expect(told("JUNITXML", source)).toEqual([
      ["totals/Cart/adds <tax>", "SUCCEEDED", 250, ""],
      ["totals/Cart/rounds", "FAILED", 1, "expected 2"],
      ["totals//later", "SKIPPED", 0, ""],
      ["totals//boom", "ERROR", 0, "no disk"],
    ]);
  });

  test("CUCUMBERJSON", () => {
    const step = (status: string, error_message?: string) => ({ result: { status, duration: 1_000_000, error_message } });
    const source = JSON.stringify([
      {
        name: "Checkout",
        elements: [
          { type: "background", name: "", steps: [step("passed")] },
          { type: "scenario", name: "pays", steps: [step("passed"), step("passed")] },
          { type: "scenario", name: "declines", steps: [step("failed", "no card"), step("skipped")] },
          { type: "scenario", name: "waits", steps: [step("pending")] },
        ],
      },
    ]);
    expect(told("CUCUMBERJSON", source)).toEqual([
      ["Checkout//pays", "SUCCEEDED", 2, ""],
      ["Checkout//declines", "FAILED", 2, "no card"],
      ["Checkout//waits", "SKIPPED", 1, ""],
    ]);
  });

  test("NUNITXML and NUNIT3XML", () => {
    const two = `<test-results><test-suite name="Bank"><results><test-case name="A" executed="True" success="True" time="0.5"/>
      <test-case name="B" executed="True" result="Failure" success="False" time="0.1"><failure><message>no</message></failure></test-case>
      <test-case name="C" executed="False"><reason><message>later</message></reason></test-case></results></test-suite></test-results>`;
    expect(told("NUNITXML", two)).toEqual([
      ["Bank//A", "SUCCEEDED", 500, ""],
      ["Bank//B", "FAILED", 100, "no"],
      ["Bank//C", "SKIPPED", 0, "later"],
    ]);
    const three = `<test-run><test-suite name="Bank"><test-case name="A" classname="T" result="Passed" duration="0.2"/>
      <test-case name="B" result="Failed" label="Error" duration="0"/><test-case name="C" result="Inconclusive"/></test-suite></test-run>`;
    expect(told("NUNIT3XML", three)).toEqual([
      ["Bank/T/A", "SUCCEEDED", 200, ""],
      ["Bank//B", "ERROR", 0, ""],
      ["Bank//C", "UNKNOWN", 0, ""],
    ]);
  });

  test("TESTNGXML", () => {
    const source = `<testng-results><suite name="S"><test name="t"><class name="C">
      <test-method is-config="true" status="PASS" name="before"/><test-method status="PASS" name="a" duration-ms="12"/>
      <test-method status="FAIL" name="b" duration-ms="3"><exception><message><![CDATA[boom]]></message></exception></test-method>
    </class></test></suite></testng-results>`;
    expect(told("TESTNGXML", source)).toEqual([
      ["S/C/a", "SUCCEEDED", 12, ""],
      ["S/C/b", "FAILED", 3, "boom"],
    ]);
  });

  test("VISUALSTUDIOTRX", () => {
    const source = `<TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010"><Results>
      <UnitTestResult testId="1" testName="A" outcome="Passed" duration="00:00:01.5000000"/>
      <UnitTestResult testId="2" testName="B" outcome="Failed"><Output><ErrorInfo><Message>no</Message></ErrorInfo></Output></UnitTestResult>
      <UnitTestResult testId="3" testName="C" outcome="NotExecuted"/></Results>
      <TestDefinitions><UnitTest id="1"><TestMethod className="Bank"/></UnitTest></TestDefinitions></TestRun>`;
    expect(told("VISUALSTUDIOTRX", source)).toEqual([
      ["/Bank/A", "SUCCEEDED", 1_500, ""],
      ["//B", "FAILED", 0, "no"],
      ["//C", "SKIPPED", 0, ""],
    ]);
  });
});

describe("coverage", () => {
  const figures = (format: string, source: string): unknown =>
    COVERAGE_FORMATS[format]?.(source).map((file) => [
      file.filePath,
      file.linesCovered,
      file.linesMissed,
      file.branchesCovered,
      file.branchesMissed,
    ]);

  test("of every format", () => {
    const clover = `<coverage><project><package><file name="a.ts" path="/src/a.ts">
      <metrics statements="10" coveredstatements="7" conditionals="4" coveredconditionals="1"/></file></package></project></coverage>`;
    expect(figures("CLOVERXML", clover)).toEqual([["/src/a.ts", 7, 3, 1, 3]]);
    const cobertura = `<?xml version="1.0"?><!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">
      <coverage><packages><package><classes><class filename="a.py"><lines><line number="1" hits="2"/>
      <line number="2" hits="0" branch="true" condition-coverage="50% (1/2)"/></lines></class>
      <class filename="a.py"><lines><line number="3" hits="1"/></lines></class></classes></package></packages></coverage>`;
    expect(figures("COBERTURAXML", cobertura)).toEqual([["a.py", 2, 1, 1, 1]]);
    const jacoco = `<report name="r"><package name="org/shop"><sourcefile name="Cart.java"><line nr="3"/><counter type="LINE" missed="2" covered="8"/>
      <counter type="BRANCH" missed="1" covered="3"/></sourcefile></package></report>`;
    expect(figures("JACOCOXML", jacoco)).toEqual([["org/shop/Cart.java", 8, 2, 3, 1]]);
    const simplecov = JSON.stringify({
      RSpec: { coverage: { "/a.rb": { lines: [1, 0, null, 3], branches: { if: { yes: 1, no: 0 } } }, "/b.rb": [null, 2] } },
    });
    expect(figures("SIMPLECOV", simplecov)).toEqual([
      ["/a.rb", 2, 1, 1, 1],
      ["/b.rb", 1, 0, 0, 0],
    ]);
  });
});

describe("XML that is no report", () => {
  test.each([
    ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "declarations of its own"],
    ["<a><b></a>", "closes"],
    ["<a>", "ends too early"],
    ["", "ends too early"],
    ["no markup", "ends too early"],
    ["<a/><", "ends too early"],
  ])("%s is refused", (source, message) => {
    expect(() => parseXml(source)).toThrow(message);
  });

  test("is found out in one pass, however long it is", () => {
    for (const source of [`<${"a".repeat(500_000)}`, "<".repeat(500_000), `<a ${"b='c' ".repeat(100_000)}`])
      expect(() => parseXml(source)).toThrow("ends too early");
  });
});
