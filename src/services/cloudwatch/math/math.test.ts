import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AwsException } from "../../../aws/exception.ts";
import { evaluateExpression } from "./evaluate.ts";
import { searchTest } from "./search.ts";
import { isList, isSeries, type Series, type Value } from "./values.ts";

const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 23, 10, 0);
const series = (label: string, values: readonly (number | undefined)[]): Series => ({
  label,
  period: 60,
  points: new Map(values.flatMap((value, index) => (value === undefined ? [] : [[START + index * MINUTE, value] as const]))),
});
const _ = undefined;
const metrics: Readonly<Record<string, Series>> = {
  m1: series("m1", [30, 20, 0, 0]),
  m2: series("m2", [20, _, 20, _]),
  sparse: series("sparse", [1, _, _, 4]),
  empty: series("empty", []),
};
const compute = (expression: string): Value =>
  evaluateExpression(expression, {
    from: START,
    to: START + 4 * MINUTE,
    period: 60,
    value: (id) => metrics[id],
    isMetric: (id) => metrics[id] !== undefined,
    metrics: (part) => Object.entries(metrics).flatMap(([id, one]) => (id.includes(part) ? [one] : [])),
    search: () => undefined,
    band: () => undefined,
  });
const shown = (value: Value): unknown => {
  if (isList(value)) return value.map(shown);
  if (!isSeries(value)) return value;
  return Array.from({ length: 4 }, (__, index) => value.points.get(START + index * MINUTE) ?? "-").join(" ");
};

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
describe("metric math", () => {
  it.each([
    ["m1 < m2", "0 0 1 0"],
    ["m1 >= 30", "1 0 0 0"],
    ["m1 > 15 AND m2 > 15", "1 0 0 0"],
    ["m1 - m2", "10 20 -20 0"],
    ["100 * m2 / m1", "66.66666666666667 0 - -"],
    ["-m1 ^ 2 + 1", "-899 -399 1 1"],
    ["SUM([m1, m2])", "50 20 20 0"],
    ["AVG([m1, m2])", "25 10 10 0"],
    ["m1 / PERIOD(m1)", "0.5 0.3333333333333333 0 0"],
    ["m1 - AVG(m1)", "17.5 7.5 -12.5 -12.5"],
    ['MAX(METRICS("m"))', "30 20 20 0"],
    ["RATE(m1)", "- -0.16666666666666666 -0.3333333333333333 0"],
    ["DIFF_TIME(sparse)", "- - - 180"],
    ["RUNNING_SUM(m1)", "30 50 50 50"],
    ["FILL(sparse, 7)", "1 7 7 4"],
    ["FILL(sparse, REPEAT)", "1 1 1 4"],
    ["FILL(sparse, LINEAR)", "1 2 3 4"],
    ["FILL(sparse, m1)", "1 20 0 4"],
    ["FILL(empty, 0)", "0 0 0 0"],
    ["MINUTE(sparse)", "0 1 2 3"],
    ["DAY(sparse)", "1 1 1 1"],
    ["TIME_SERIES(MAX(m1))", "30 30 30 30"],
    ["IF(m1, m2, 5)", "20 0 5 5"],
    ["IF(m1 > 25, 1)", "1 - - -"],
    ["IF(m1, 5, m2)", "5 5 20 -"],
    ["FIRST(SORT([m2, m1], AVG, DESC))", "20 - 20 -"],
    ["DATAPOINT_COUNT([m1, m2])", "2 1 2 1"],
    ["ABS(-m1) + CEIL(LOG10(m1))", "32 22 0 0"],
  ])("%s is %s", (expression, expected) => {
    expect(shown(compute(expression))).toBe(expected);
  });

  it.each([
    ["SUM(m1)", 50],
    ["METRIC_COUNT(METRICS())", 4],
    ["STDDEV(m2)", 0],
    ["2 + 3 * 2 ^ 2 - 1", 13],
    ["1 < 2 && 2 > 3 || 1 == 1", 1],
  ])("%s is the number %d", (expression, expected) => {
    expect(compute(expression)).toBe(expected);
  });

  it("works on arrays", () => {
    expect(shown(compute("[m1, m2] * 2"))).toEqual(["60 40 0 0", "40 - 40 -"]);
    expect(shown(compute("SLICE(SORT(METRICS(), SUM, ASC), 1, 3)"))).toEqual(["1 - - 4", "20 - 20 -"]);
    expect(compute("METRIC_COUNT(REMOVE_EMPTY(METRICS()))")).toBe(3);
  });

  // documented: the tables of IF(metric1, …)
  it("chooses point by point", () => {
    const values: Readonly<Record<string, Series>> = {
      metric1: series("", [1, 1, 0, 0, _]),
      metric2: series("", [30, _, 0, 0, 30]),
      metric3: series("", [0, 0, 20, _, 20]),
    };
    const choose = (expression: string): unknown => {
      const grid = { from: START, to: START + 5 * MINUTE, period: 60 };
      const result = evaluateExpression(expression, {
        ...grid,
        value: (id) => values[id],
        isMetric: () => true,
        metrics: () => [],
        search: () => undefined,
        band: () => undefined,
      });
      return isSeries(result) ? [0, 1, 2, 3, 4].map((index) => result.points.get(START + index * MINUTE) ?? "-") : result;
    };
    expect(choose("IF(metric1, metric2, metric3)")).toEqual([30, 0, 20, 0, "-"]);
    expect(choose("IF(metric1, 5, metric3)")).toEqual([5, 5, 20, "-", "-"]);
    expect(choose("IF(metric1, metric2, 5)")).toEqual([30, 0, 5, 5, "-"]);
  });

  it.each([
    ["FIRST([m1, m2]) - LAST([m1, m2])", "10 20 -20 0"],
    ["FIRST(REMOVE_EMPTY([empty]))", "- - - -"],
    ["SUM(100 / [m1, m2])", "8.333333333333334 5 5 -"],
    ["FILL([sparse, empty], m1)", ["1 20 0 4", "30 20 0 0"]],
    ["HOUR(m2) + DATE(m2) + MONTH(m2) + YEAR(m2)", "2070 2070 2070 2070"],
    ["EPOCH(empty) - EPOCH(m1)", "0 0 0 0"],
    ["STDDEV([m1, m2])", "5 0 10 0"],
    ["MIN([m1, m2])", "20 20 0 0"],
    ["IF(1, m1)", "30 20 0 0"],
    ["IF(0, m1)", "- - - -"],
    ["IF(0, m1, m2)", "20 - 20 -"],
    ["IF(m1 > 15 || m2 == 20, 10, 2)", "10 10 10 2"],
    ["LOG(m1) * 0", "0 0 - -"],
    ["DIFF([m1, sparse])", ["- -10 -20 0", "- - - 3"]],
    ["FLOOR(m1 / 7)", "4 2 0 0"],
    ["METRICS() * 0 + 1", ["1 1 1 1", "1 - 1 -", "1 - - 1", "- - - -"]],
    ["SORT(METRICS('m'), SUM, ASC, 1)", ["- - - -"]],
  ])("%s gives %j", (expression, expected) => {
    expect(shown(compute(expression))).toEqual(expected);
  });

  it.each([
    "SUM(m1, m2)",
    "ABS(5)",
    "METRICS(5)",
    "PERIOD(m1 * 2)",
    "SORT(METRICS(), STDDEV, ASC)",
    "SLICE(m1, 1)",
    "METRIC_COUNT(m1)",
    "TIME_SERIES(m1)",
    "RATE(5)",
    "IF(m1)",
    "FILL(m1)",
    "sum(m1)",
    "MEDIAN(m1)",
    "ANOMALY_DETECTION_BAND([m1])",
    "ANOMALY_DETECTION_BAND(m1, m2)",
  ])("takes no other arguments: %s", (expression) => {
    expect(() => compute(expression)).toThrow(expect.objectContaining({ name: "ValidationError" }));
  });

  it.each(["DB_PERF_INSIGHTS('RDS', 'db-1', 'x')", "LAMBDA('f')", "INSIGHT_RULE_METRIC('r', 'Sum')", "SERVICE_QUOTA(m1)"])(
    "says that what stands behind %s is not here",
    (expression) => {
      expect(() => compute(expression)).toThrow(expect.objectContaining({ name: "NotImplemented" }));
    },
  );

  it.each(["m1 +", "nothing", "SUM()", "FILL(m1, WRONG)", "[m1, 5]", "[m1] + [m2]", "m1)", "SUM(m1", "m1 $ 2"])(
    "refuses %s",
    (expression) => {
      expect(() => compute(expression)).toThrow(AwsException);
    },
  );

  it("computes or refuses whatever it is given", () => {
    const parts = fc.constantFrom(
      "m1",
      "m2",
      "SUM(",
      "IF(",
      "FILL(",
      "[",
      "]",
      "(",
      ")",
      ",",
      "+",
      "-",
      "/",
      "^",
      "<",
      "AND",
      "5",
      "0",
      "'x'",
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 14 }), (words) => {
        try {
          compute(words.join(" "));
        } catch (error) {
          expect(error).toBeInstanceOf(AwsException);
        }
      }),
    );
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
describe("searches", () => {
  const metric = { namespace: "AWS/Lambda", name: "Errors", dimensions: [["FunctionName", "pay-api-prod"]] as const };
  it.each([
    ['{AWS/Lambda,FunctionName} MetricName="Errors"', true],
    ['{AWS/Lambda,FunctionName,Resource} MetricName="Errors"', false],
    ["{AWS/Lambda,FunctionName} pay", true],
    ["api-prod Errors", true],
    ['MetricName=("Errors" OR "Throttles") NOT dev', true],
    ['FunctionName="pay"', false],
    ["(staging OR prod) AND Lambda", true],
    ["api AND NOT prod", false],
  ])("%s finds it: %s", (expression, expected) => {
    expect(searchTest(expression)(metric)).toBe(expected);
  });

  const named = (name: string) => ({ namespace: "My Namespace", name, dimensions: [] });
  it.each([
    ["CustomCount1", "count COUNT custom 1 CustomCount Count1", "couNT customcount count1"],
    ["SDBFailure", "sdb failure SDBFailure sdbfailure", "sdbfail"],
    ["Project2-trial333", "project 2 trial 333 trial333", "trial3"],
    ["Network-Errors-2", "network/errors network+errors Network_Errors", "errors-network"],
    ["NetworkErrors2", "network/errors network-errors", "networkerrors"],
  ])("takes %s apart as AWS does", (name, found, missed) => {
    expect(found.split(" ").filter((term) => !searchTest(term)(named(name)))).toEqual([]);
    expect(missed.split(" ").filter((term) => searchTest(term)(named(name)))).toEqual([]);
  });

  it.each([
    ['{"My Namespace"}, "CustomCount1"', "CustomCount1", true],
    ['"custom"', "CustomCount1", false],
    [String.raw`"Europe\\France Traffic\(Network\)"`, String.raw`Europe\France Traffic(Network)`, true],
    ["NOT Namespace=AWS", "x", true],
    [":aws.AccountId = 'LOCAL' x", "x", true],
    [':aws.AccountId = "444455556666"', "x", false],
    ['MetricName="y" OR (MetricName="x" AND (a OR My))', "x", true],
  ])("%s finds %s: %s", (expression, name, expected) => {
    expect(searchTest(expression)(named(name))).toBe(expected);
  });
});
