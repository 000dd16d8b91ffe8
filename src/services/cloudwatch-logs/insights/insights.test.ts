import { describe, expect, it } from "vitest";
import { QueryError } from "./lexer.ts";
import { parseQuery } from "./parser.ts";
import { prepare } from "./run.ts";

const NOW = Date.UTC(2026, 10, 23, 12);

/** Runs a query over messages, one a minute, newest first as they are read. */
function ask(query: string, messages: readonly string[]): Record<string, string>[] {
  const prepared = prepare(parseQuery(query), NOW);
  for (const [i, message] of messages.entries()) {
    const time = NOW - (i + 1) * 60_000;
    const place = { group: 1, log: "000000000000:g", streamName: () => "s" };
    if (!prepared.take({ time, ingested: time, stream: 1, message, seq: i }, place)) break;
  }
  return prepared.results().map((row) => Object.fromEntries(row.flatMap(({ field, value }) => (field === "@ptr" ? [] : [[field, value]]))));
}

const LINES = [
  '{"level":"ERROR","took":30,"user":{"name":"ada"},"tags":["x","y"]}',
  '{"level":"INFO","took":10,"user":{"name":"grace"}}',
  '{"level":"ERROR","took":20,"user":{"name":"ada"}}',
];

describe("Logs Insights", () => {
  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
  it("discovers the fields of JSON, nested ones by their path", () => {
    expect(ask("fields level, user.name, tags.1", LINES)).toEqual([
      { level: "ERROR", "user.name": "ada", "tags.1": "y" },
      { level: "INFO", "user.name": "grace" },
      { level: "ERROR", "user.name": "ada" },
    ]);
  });

  it("discovers what Lambda's lines say", () => {
    const report =
      "REPORT RequestId: abc-1\tDuration: 12.50 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 60 MB\tInit Duration: 99.9 ms\t";
    const fields = "fields @type, @requestId, @duration, @billedDuration, @memorySize/1000/1000 as mb, @maxMemoryUsed, @initDuration";
    expect(ask(fields, [report, "START RequestId: abc-1 Version: 2"])).toEqual([
      {
        "@type": "REPORT",
        "@requestId": "abc-1",
        "@duration": "12.5",
        "@billedDuration": "13",
        mb: "128",
        "@maxMemoryUsed": "60000000",
        "@initDuration": "99.9",
      },
      { "@type": "START", "@requestId": "abc-1" },
    ]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Filter.html
  it("filters by comparisons, lists, texts and regular expressions, in AWS's precedence", () => {
    const took = (query: string) => ask(`${query} | display took`, LINES).map((row) => row["took"]);
    expect(took('filter level = "ERROR" and took > 20')).toEqual(["30"]);
    expect(took('filter level = "INFO" or took >= 30')).toEqual(["30", "10"]);
    expect(took("filter not (took in [10, 20])")).toEqual(["30"]);
    expect(took("filter took not in [10, 20]")).toEqual(["30"]);
    expect(took("filter @message like /(?i)GRACE/")).toEqual(["10"]);
    expect(took('filter @message like "ada"')).toEqual(["30", "20"]);
    expect(took("filter user.name not like /^a/")).toEqual(["10"]);
    expect(took("filter user.name =~ /^a/")).toEqual(["30", "20"]);
    expect(took("FILTER ispresent(tags.0)")).toEqual(["30"]);
    expect(took("filter missing > 1 or missing < 1")).toEqual([]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Stats.html
  it("aggregates by fields and by time, with expressions of aggregates and one stats after another", () => {
    expect(
      ask("stats count(*) as n, avg(took), max(took), pct(took, 50) as median, stddev(took) as sd by level | sort level", LINES),
    ).toEqual([
      { level: "ERROR", n: "2", "avg(took)": "25", "max(took)": "30", median: "20", sd: "5" },
      { level: "INFO", n: "1", "avg(took)": "10", "max(took)": "10", median: "10", sd: "0" },
    ]);
    expect(ask("stats sum(took) / count() as mean by bin(2m) | sort mean desc", LINES)).toEqual([
      { "bin(2m)": "2026-11-23 11:58:00.000", mean: "20" },
      { "bin(2m)": "2026-11-23 11:56:00.000", mean: "20" },
    ]);
    const query = "stats count() as n by user.name | stats max(n) as most, count_distinct(user.name) as users";
    expect(ask(query, LINES)).toEqual([{ most: "2", users: "2" }]);
    expect(ask("stats earliest(took) as first, latest(took) as last, sortsFirst(level) as low", LINES)).toEqual([
      { first: "20", last: "30", low: "ERROR" },
    ]);
    expect(ask('filter level = "NONE" | stats count() as n', LINES)).toEqual([{ n: "0" }]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Parse.html
  it("parses with globs and with named groups", () => {
    const lines = ["user=ada, method:GET, latency := 12", "user=grace, method:PUT, latency := 30"];
    const glob =
      'parse @message "user=*, method:*, latency := *" as @user, @method, @latency | stats avg(@latency) as a by @method | sort a';
    expect(ask(glob, lines)).toEqual([
      { "@method": "GET", a: "12" },
      { "@method": "PUT", a: "30" },
    ]);
    expect(ask("parse @message /user=(?<who>\\w+)/ | display who", lines)).toEqual([{ who: "ada" }, { who: "grace" }]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html
  it.each([
    ["concat('a', 1 + 2 * 3)", "a7"],
    ["2 ^ 3 % 5", "3"],
    ["-abs(0 - 4)", "-4"],
    ["greatest(1, 9, 3)", "9"],
    ["round(2.345, 2)", "2.35"],
    ["strlen(trim('  ab '))", "2"],
    ["substr('xyzfooxyz', 3, 3)", "foo"],
    ["replace('foo', 'o', '0')", "f00"],
    ["toupper('ab')", "AB"],
    ["strcontains('hello', 'ell')", "1"],
    ["coalesce(nothing, 'x')", "x"],
    ["isIpv4InSubnet('10.1.2.3', '10.0.0.0/8')", "1"],
    ["toMillis(datefloor(fromMillis(90000), 1m))", "60000"],
    ["toMillis(dateceil(fromMillis(90000), 1m))", "120000"],
    ["now()", String(NOW / 1_000)],
  ])("%s is %s", (expression, value) => {
    expect(ask(`fields ${expression} as x`, ["{}"])[0]).toEqual({ x: value });
  });

  it("reaches into what jsonParse made", () => {
    const lines = ['log {"users":[{"name":"ada"},{"name":"grace"}]} end'];
    expect(ask("parse @message /(?<body>\\{.*\\})/ | fields jsonParse(body) as j | display j.users[1].name as who", lines)).toEqual([
      { who: "grace" },
    ]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Dedup.html
  it("keeps the newest of each value, shows what it is told to, and no more than its limit", () => {
    expect(ask("fields took | dedup level", LINES).map((row) => row["took"])).toEqual(["30", "10"]);
    expect(ask("limit 1", LINES)).toEqual([{ "@timestamp": "2026-11-23 11:59:00.000", "@message": LINES[0] }]);
    expect(ask("fields took | sort took asc | limit 2 # the quickest", LINES).map((row) => row["took"])).toEqual(["10", "20"]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_QueryCompileErrorLocation.html
  it.each([
    ["fields @timestamp | flter x", 20, 25],
    ["filter (a = 1", 13, 14],
    ["stats pct(x)", 6, 12],
    ["fields nonsense(x)", 7, 18],
    ["filter @message like /(/", 21, 24],
    ["sort x | stats count()", 0, 22],
  ])("refuses %s, and says where", (query, start, end) => {
    try {
      prepare(parseQuery(query), NOW);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(QueryError);
      expect([(error as QueryError).start, (error as QueryError).end]).toEqual([start, end]);
    }
  });

  it("does not read messages that nobody looks at", () => {
    const needs = (query: string) => prepare(parseQuery(query), NOW).needsMessage;
    expect(needs("stats count() by bin(1m)")).toBe(false);
    expect(needs("stats count() by @logStream | sort @logStream")).toBe(false);
    expect(needs("stats count(level) by bin(1m)")).toBe(true);
    expect(needs("fields @timestamp")).toBe(false);
    expect(needs("limit 5")).toBe(true);
  });
});
