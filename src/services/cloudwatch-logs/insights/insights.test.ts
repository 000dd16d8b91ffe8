import { describe, expect, it } from "vitest";
import { QueryError } from "./lexer.ts";
import { parseQuery } from "./parser.ts";
import { prepare } from "./run.ts";

const NOW = Date.UTC(2026, 10, 23, 12);

/** Runs a query over messages, one a minute, newest first as they are read. */
function ask(query: string, messages: readonly string[]): Record<string, string>[] {
  const prepared = prepare(parseQuery(query).commands, NOW);
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
      prepare(parseQuery(query).commands, NOW);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(QueryError);
      expect([(error as QueryError).start, (error as QueryError).end]).toEqual([start, end]);
    }
  });

  it("does not read messages that nobody looks at", () => {
    const needs = (query: string) => prepare(parseQuery(query).commands, NOW).needsMessage;
    expect(needs("stats count() by bin(1m)")).toBe(false);
    expect(needs("stats count() by @logStream | sort @logStream")).toBe(false);
    expect(needs("stats count(level) by bin(1m)")).toBe(true);
    expect(needs("fields @timestamp")).toBe(false);
    expect(needs("limit 5")).toBe(true);
  });
});

describe("Logs Insights, rows", () => {
  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Unnest.html
  it("unnests lists, and takes what is none as one item", () => {
    const events = ['{"events":[{"name":"exception"},{"name":"user action"}]}', '{"events":"none"}'];
    const query = "fields jsonParse(@message) as js | unnest js.events into event | display event.name, event";
    expect(ask(query, events).map((row) => row["event.name"])).toEqual(["exception", "user action", undefined]);
    expect(ask("fields jsonParse(@message) as js | unnest js.events into e | stats count(*) as n", events)).toEqual([{ n: "3" }]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Expand.html
  it("expands arrays", () => {
    const rows = ask("expand items | fields items, host", ['{"items":["apple","banana"],"host":"web-01"}']);
    expect(rows).toEqual([
      { items: "apple", host: "web-01" },
      { items: "banana", host: "web-01" },
    ]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Filldown.html
  it("fills gaps with what came before", () => {
    const events = ['{"host":"a","cpu_user":1}', '{"cpu_user":2}', '{"host":"b"}'];
    expect(ask("fields host, cpu_user | filldown host cpu*", events)).toEqual([
      { host: "a", cpu_user: "1" },
      { host: "a", cpu_user: "2" },
      { host: "b", cpu_user: "2" },
    ]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Accum.html and -Autoregress.html
  it("sums up, and looks back", () => {
    const events = ['{"bytes":1}', '{"bytes":2}', '{"bytes":4}'];
    expect(ask("fields bytes | accum bytes as total | display total", events).map(({ total }) => total)).toEqual(["1", "3", "7"]);
    expect(ask("fields bytes | autoregress bytes p=1-2 | display bytes_p1, bytes_p2", events)).toEqual([
      {},
      { bytes_p1: "1" },
      { bytes_p1: "2", bytes_p2: "1" },
    ]);
    expect(ask("fields bytes | autoregress bytes as before | display before", events)[1]).toEqual({ before: "1" });
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-CountFrequent.html
  it("counts what is frequent", () => {
    expect(ask("countFrequent level, user.name", LINES)).toEqual([
      { level: "ERROR", "user.name": "ada", _approxcount: "2" },
      { level: "INFO", "user.name": "grace", _approxcount: "1" },
    ]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Fillmissing.html
  it("fills bins in which nothing was", () => {
    const events = ['{"n":1}', "x", "y", '{"n":4}'];
    const rows = ask("filter ispresent(n) | stats sum(n) as total by bin(1m) | fillmissing with 0 for total", events);
    expect(rows.map(({ total }) => total)).toEqual(["1", "0", "0", "4"]);
    expect(() => ask("fields n | fillmissing", events)).toThrow(QueryError);
  });

  it("knows ! beside not", () => {
    expect(ask("filter !ispresent(tags.0) | fields took", LINES).map(({ took }) => took)).toEqual(["10", "20"]);
  });
});

describe("Logs Insights, patterns", () => {
  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData_Patterns.html
  it("finds the shared structure of messages, and what varies in it by its type", () => {
    const calls = ["12342342k124-12345", "324892398123-12345", "3ff231242342-12345"].map(
      (id, i) => `2023-01-01 19:00:0${i + 1} [INFO] Calling DynamoDB to store for resource id ${id}`,
    );
    expect(ask("pattern @message", [...calls, "[ERROR] Request failed"])).toEqual([
      {
        "@pattern": "<Time-1> [INFO] Calling DynamoDB to store for resource id <ID-2>",
        "@ratio": "0.75",
        "@sampleCount": "3",
        "@severityLabel": "INFO",
      },
      { "@pattern": "[ERROR] Request failed", "@ratio": "0.25", "@sampleCount": "1", "@severityLabel": "ERROR" },
    ]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Pattern.html
  it("takes durations as times, and words that differ as tokens", () => {
    const patterns = (...messages: string[]) => ask("pattern @message", messages).map((row) => row["@pattern"]);
    expect(patterns("[INFO] Request time: 327 ms", "[INFO] Request time: 12 ms")).toEqual(["[INFO] Request time: <Time-1> ms"]);
    expect(patterns("user ada logged in from home", "user grace logged in from home")).toEqual(["user <Token-1> logged in from home"]);
    expect(patterns("GET /a 200", "GET /a 404 from 10.0.0.1")).toEqual(["GET /a <Number-1>", "GET /a <Number-1> from <IPAddress-2>"]);
  });

  it("works on extracted fields, before sort and not after it", () => {
    const query = "filter @message like /ERROR/ | parse @message 'Failed: *' as cause | pattern cause | sort @sampleCount asc";
    expect(ask(query, ["ERROR Failed: disk 1", "ERROR Failed: disk 2", "INFO"])).toMatchObject([{ "@pattern": "disk <Number-1>" }]);
    expect(() => ask("sort @timestamp | pattern @message", [])).toThrow(QueryError);
  });

  it("refuses commands that are not here by name", () => {
    expect(() => ask("pattern @message | anomaly", [])).toThrow(/the command anomaly is not implemented/);
  });
});
