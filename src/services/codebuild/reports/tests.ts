import type { TestCase } from "@aws-sdk/client-codebuild";
import { OrreryError } from "../../../kernel/errors.ts";
import { child, descendants, type Element, parseXml } from "./xml.ts";

/** A test case as a file tells it; the report adds what is its own. */
export interface ToldCase {
  readonly name: string;
  readonly prefix?: string;
  readonly testSuiteName?: string;
  readonly status: "SUCCEEDED" | "FAILED" | "ERROR" | "SKIPPED" | "UNKNOWN";
  readonly durationInNanoSeconds: number;
  readonly message?: string;
}

export type StoredCase = Omit<TestCase, "expired" | "reportArn">;

/**
 * Test results by the formats that CodeBuild reads.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/test-reporting.html
 */
export const TEST_FORMATS: Readonly<Record<string, (source: string) => ToldCase[]>> = {
  JUNITXML: junit,
  CUCUMBERJSON: cucumber,
  NUNITXML: nunit,
  NUNIT3XML: nunit3,
  TESTNGXML: testng,
  VISUALSTUDIOTRX: trx,
};

const SECOND = 1_000_000_000;

function nanoseconds(text: string | undefined, unit = SECOND): number {
  const value = Number((text ?? "0").replaceAll(",", ""));
  return Number.isFinite(value) ? Math.round(value * unit) : 0;
}

/** The attribute `message`, else the text: what a person wants to read first. */
function messageIn(element: Element | undefined): { message?: string } {
  const text = (element?.attributes["message"] ?? element?.text ?? "").trim();
  return text === "" ? {} : { message: text };
}

function junit(source: string): ToldCase[] {
  const root = parseXml(source);
  const suites = root.name === "testsuite" ? [root, ...descendants(root, "testsuite")] : descendants(root, "testsuite");
  return suites.flatMap((suite) =>
    suite.children
      .filter(({ name }) => name === "testcase")
      .map((test) => {
        const { name = "", classname, time } = test.attributes;
        const [failure, error, skipped] = ["failure", "error", "skipped"].map((kind) => child(test, kind));
        return {
          name,
          ...(classname === undefined ? {} : { prefix: classname }),
          testSuiteName: suite.attributes["name"] ?? "",
          status: failure !== undefined ? "FAILED" : error !== undefined ? "ERROR" : skipped !== undefined ? "SKIPPED" : "SUCCEEDED",
          durationInNanoSeconds: nanoseconds(time),
          ...messageIn(failure ?? error ?? skipped),
        } as const;
      }),
  );
}

interface CucumberStep {
  readonly name?: string;
  readonly result?: { readonly status?: string; readonly duration?: number; readonly error_message?: string };
}
interface CucumberFeature {
  readonly name?: string;
  readonly elements?: readonly { readonly name?: string; readonly type?: string; readonly steps?: readonly CucumberStep[] }[];
}

function cucumber(source: string): ToldCase[] {
  const features = parseJson(source);
  if (!Array.isArray(features)) throw new OrreryError("WorkloadFailed", "the file is not a list of features");
  return (features as CucumberFeature[]).flatMap(({ name: feature = "", elements = [] }) =>
    elements
      .filter(({ type }) => type !== "background")
      .map(({ name = "", steps = [] }) => {
        const failed = steps.find(({ result }) => result?.status === "failed");
        const statuses = steps.map(({ result }) => result?.status ?? "undefined");
        const isSkipped = statuses.some((status) => status === "skipped" || status === "pending");
        const status = failed !== undefined ? "FAILED" : isSkipped ? "SKIPPED" : statuses.includes("undefined") ? "UNKNOWN" : "SUCCEEDED";
        const message = failed?.result?.error_message;
        return {
          name,
          testSuiteName: feature,
          status,
          durationInNanoSeconds: steps.reduce((sum, { result }) => sum + (result?.duration ?? 0), 0),
          ...(message === undefined ? {} : { message }),
        } as const;
      }),
  );
}

/** Version 2: `executed`, `result` and `success`. */
function nunit(source: string): ToldCase[] {
  return suitesOf(parseXml(source), "test-suite", "test-case", (test) => {
    const { result = "", executed, success } = test.attributes;
    if (executed === "False" || /ignored|skipped|notrunnable/i.test(result)) return "SKIPPED";
    if (/error/i.test(result)) return "ERROR";
    if (/inconclusive/i.test(result)) return "UNKNOWN";
    return success === "False" || /failure/i.test(result) ? "FAILED" : "SUCCEEDED";
  });
}

function nunit3(source: string): ToldCase[] {
  return suitesOf(parseXml(source), "test-suite", "test-case", ({ attributes: { result = "", label } }) => {
    if (result === "Passed") return "SUCCEEDED";
    if (result === "Failed") return label === "Error" ? "ERROR" : "FAILED";
    return result === "Skipped" ? "SKIPPED" : "UNKNOWN";
  });
}

function suitesOf(root: Element, suite: string, test: string, statusOf: (test: Element) => ToldCase["status"]): ToldCase[] {
  const told: ToldCase[] = [];
  const walk = (element: Element, inSuite: string): void => {
    for (const one of element.children) {
      if (one.name === test) told.push(nunitCase(one, inSuite, statusOf(one)));
      else walk(one, one.name === suite ? (one.attributes["name"] ?? inSuite) : inSuite);
    }
  };
  walk(root, "");
  return told;
}

function nunitCase(test: Element, testSuiteName: string, status: ToldCase["status"]): ToldCase {
  const { name = "", classname, time, duration } = test.attributes;
  const why = child(test, "failure") ?? child(test, "reason");
  return {
    name,
    ...(classname === undefined ? {} : { prefix: classname }),
    testSuiteName,
    status,
    durationInNanoSeconds: nanoseconds(duration ?? time),
    ...messageIn(why === undefined ? undefined : child(why, "message")),
  };
}

function testng(source: string): ToldCase[] {
  const statuses: Readonly<Record<string, ToldCase["status"]>> = { PASS: "SUCCEEDED", FAIL: "FAILED", SKIP: "SKIPPED" };
  return descendants(parseXml(source), "suite").flatMap((suite) =>
    descendants(suite, "class").flatMap((inClass) =>
      inClass.children
        .filter(({ name, attributes }) => name === "test-method" && attributes["is-config"] !== "true")
        .map((test) => {
          const exception = child(test, "exception");
          return {
            name: test.attributes["name"] ?? "",
            prefix: inClass.attributes["name"] ?? "",
            testSuiteName: suite.attributes["name"] ?? "",
            status: statuses[test.attributes["status"] ?? ""] ?? "UNKNOWN",
            durationInNanoSeconds: nanoseconds(test.attributes["duration-ms"], 1_000_000),
            ...messageIn(exception === undefined ? undefined : (child(exception, "message") ?? exception)),
          };
        }),
    ),
  );
}

function trx(source: string): ToldCase[] {
  const statuses: Readonly<Record<string, ToldCase["status"]>> = {
    Passed: "SUCCEEDED",
    Failed: "FAILED",
    Error: "ERROR",
    Timeout: "ERROR",
    Aborted: "ERROR",
    NotExecuted: "SKIPPED",
  };
  const root = parseXml(source);
  const classes = new Map(
    descendants(root, "UnitTest").map((test) => [test.attributes["id"] ?? "", child(test, "TestMethod")?.attributes["className"]]),
  );
  return descendants(root, "UnitTestResult").map((test) => {
    const { testName = "", testId = "", outcome = "", duration } = test.attributes;
    const prefix = classes.get(testId);
    const [info] = descendants(test, "ErrorInfo");
    return {
      name: testName,
      ...(prefix === undefined ? {} : { prefix }),
      status: statuses[outcome] ?? "UNKNOWN",
      durationInNanoSeconds: clockTime(duration),
      ...messageIn(info === undefined ? undefined : child(info, "Message")),
    };
  });
}

/** `00:00:01.2345678` in nanoseconds. */
function clockTime(text = ""): number {
  const [hours = 0, minutes = 0, seconds = 0] = text.split(":").map(Number);
  const value = (hours * 3_600 + minutes * 60 + seconds) * SECOND;
  return Number.isFinite(value) ? Math.round(value) : 0;
}

/** @throws OrreryError WorkloadFailed */
export function parseJson(source: string): unknown {
  try {
    return JSON.parse(source) as unknown;
  } catch (error) {
    throw new OrreryError("WorkloadFailed", "the file is not JSON", { cause: error });
  }
}
