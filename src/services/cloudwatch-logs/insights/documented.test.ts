import { describe, expect, it } from "vitest";
import { QueryError } from "./lexer.ts";
import { parseQuery } from "./parser.ts";
import { prepare } from "./run.ts";
import { inWindow } from "./window.ts";

const NOW = Date.UTC(2026, 10, 23, 12);
const GUIDE = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs";

/** Runs a query over messages, one a minute, newest first as they are read. */
function ask(query: string, messages: readonly (string | object)[]): Record<string, string>[] {
  const prepared = prepare(inWindow(parseQuery(query).commands, NOW - 3_600_000, NOW), NOW);
  for (const [i, message] of messages.entries()) {
    const time = NOW - (i + 1) * 60_000;
    const text = typeof message === "string" ? message : JSON.stringify(message);
    const place = { group: 1, log: "000000000000:g", streamName: () => "s" };
    if (!prepared.take({ time, ingested: time, stream: 1, message: text, seq: i }, place)) break;
  }
  return prepared.results().map((row) => Object.fromEntries(row.flatMap(({ field, value }) => (field === "@ptr" ? [] : [[field, value]]))));
}

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html
describe(`functions of ${GUIDE}/CWL_QuerySyntax-operations-functions.html`, () => {
  it.each([
    ["10 % 3", "1"],
    ["2 ^ 3", "8"],
    ["7 - 2 * 3 / 2 + 1", "5"],
    ["abs(-3)", "3"],
    ["ceil(1.2)", "2"],
    ["floor(1.8)", "1"],
    ["greatest(1, 3, 2)", "3"],
    ["least(2, 1, 3)", "1"],
    ["log(1)", "0"],
    ["round(2.5)", "3"],
    ["sqrt(9)", "3"],
    ["round(haversine(52.52, 13.405, 48.8566, 2.3522))", "877"],
    ["toNumber('12.5') + 1", "13.5"],
    ["toInt('12.9')", "12"],
    ["toLong('12.9')", "12"],
    ["toDouble('1.5')", "1.5"],
    ["bin(1h)", "2026-11-23 11:00:00.000"],
    ["bin(300s)", "2026-11-23 11:59:00.000"],
    ["bin(5minutes)", "2026-11-23 11:55:00.000"],
    ["bin(1hrs)", "2026-11-23 11:00:00.000"],
    ["bin(1d)", "2026-11-23 00:00:00.000"],
    ["bin(1w)", "2026-11-23 00:00:00.000"],
    ["bin(1mo)", "2026-11-01 00:00:00.000"],
    ["bin(1qtr)", "2026-10-01 00:00:00.000"],
    ["bin(1yr)", "2026-01-01 00:00:00.000"],
    ["datefloor(@timestamp, 1h)", "2026-11-23 11:00:00.000"],
    ["dateceil(@timestamp, 1h)", "2026-11-23 12:00:00.000"],
    ["fromMillis(0)", "1970-01-01 00:00:00.000"],
    ["toMillis(@timestamp)", String(NOW - 60_000)],
    ["now()", String(NOW / 1_000)],
    ["parseDate('2026-01-02', 'yyyy-MM-dd', 'UTC')", String(Date.UTC(2026, 0, 2))],
    ["parseDate('02/Jan/2026 03:04', 'dd/MMM/yyyy HH:mm', 'Europe/Berlin')", String(Date.UTC(2026, 0, 2, 2, 4))],
    ["formatDate(@timestamp, '%Y-%m-%d %H:%M', 'UTC')", "2026-11-23 11:59"],
    ["strftime(@timestamp, '%d %b %y %I%p %j', 'America/New_York')", "23 Nov 26 06AM 327"],
    ["ispresent(a)", "1"],
    ["coalesce(nothing, a)", "7"],
    ["case(a < 5, 'low', a < 10, 'middle', 'high')", "middle"],
    ["case(a > 10, 'high', 'other')", "other"],
    ["if(a = 7, 'yes', 'no')", "yes"],
    ["isNumeric(a)", "1"],
    ["isNumeric(b)", "0"],
    ["messageSize('é')", "2"],
    ["queryStartTime()", String(NOW - 3_600_000)],
    ["queryEndTime()", String(NOW - 1_000)],
    ["queryTimeRange()", "3599000"],
    ["jsonStringify(jsonParse('[1, 2]'))", "[1,2]"],
    ["jsonArraySize('[1, 2, 3]')", "3"],
    ["jsonArrayContains(roles, 'admin')", "1"],
    ["jsonArrayContains('no', 'admin')", "0"],
    ["isValidIp('::1')", "1"],
    ["isValidIpV4('::1')", "0"],
    ["isValidIpV6('::1')", "1"],
    ["isIpInSubnet('2001:db8::1', '2001:db8::/32')", "1"],
    ["isIpv4InSubnet('192.0.2.9', '192.0.2.0/24')", "1"],
    ["isIpv6InSubnet('192.0.2.9', '192.0.2.0/24')", "0"],
    ["ipv4ToNumber('1.2.3.4')", "16909060"],
    ["isPrivateIP('172.20.0.1')", "1"],
    ["isPublicIP('8.8.8.8')", "1"],
    ["isPublicIP('10.0.0.1')", "0"],
    ["isReservedIP('127.0.0.1')", "1"],
    ["isempty(nothing)", "1"],
    ["isblank('  ')", "1"],
    ["concat('a', 'b', 1)", "ab1"],
    ['ltrim("xyZxyfooxyZ", "xyZ")', "fooxyZ"],
    ['rtrim("xyZfooxyxyZ", "xyZ")', "xyZfoo"],
    ['trim("xyZxyfooxyxyZ", "xyZ")', "foo"],
    ["strlen('héé')", "3"],
    ["toupper('a')", "A"],
    ["tolower('A')", "a"],
    ['substr("xyZfooxyZ", 3, 3)', "foo"],
    ["replace('smoke_test', 'smoke_test', 'Smoke')", "Smoke"],
    ["regexReplace('a1b22', '[0-9]+', '#')", "a#b#"],
    ["strcontains('Hello', 'hell')", "0"],
    ["strcontains('Hello', 'hell', true)", "1"],
    ["startsWith('Hello', 'He')", "1"],
    ["endsWith('Hello', 'He')", "0"],
    ["urlencode('a b&c')", "a%20b%26c"],
    ["urldecode('a%20b')", "a b"],
    ["base64encode('Hello')", "SGVsbG8="],
    ["base64decode('SGVsbG8=')", "Hello"],
    ["split('a,b', ',')", '["a","b"]'],
    ["hexToAscii('48656c6c6f')", "Hello"],
    ["hexToDec('0xff')", "255"],
    ["decToHex(255)", "0xff"],
    ["decToHex(-255.5)", "-0xff"],
    ["md5('')", "d41d8cd98f00b204e9800998ecf8427e"],
    ["sha256('')", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ])("%s is %s", (expression, expected) => {
    expect(ask(`fields ${expression} as x`, [{ a: 7, b: "text", roles: '["admin"]' }])[0]?.["x"]).toBe(expected);
  });

  it.each(["parseDate('x', 'QQ')", "formatDate(@timestamp, '%Y', 'Nowhere')", "regexReplace('a', '(', '')", "case(1)"])(
    "%s is refused",
    (expression) => expect(() => ask(`fields ${expression}`, ["{}"])).toThrow(QueryError),
  );
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Stats.html
describe(`stats of ${GUIDE}/CWL_QuerySyntax-Stats.html and -timeseries-functions.html`, () => {
  const EVENTS = [{ v: 1 }, { v: 3 }, { v: 3 }, { v: 5 }];
  it.each([
    ["avg(v)", "3"],
    ["count()", "4"],
    ["count(*)", "4"],
    ["count(w)", "0"],
    ["countDistinct(v)", "3"],
    ["max(v)", "5"],
    ["min(v)", "1"],
    ["pct(v, 50)", "3"],
    ["stddev(v)", "1.4142"],
    ["sum(v)", "12"],
    ["values(v)", '["1","3","5"]'],
    ["collect_values(v)", '["1","3","5"]'],
    ["variance(v)", "2"],
    ["topk(1, v)", '["3"]'],
    ["earliest(v)", "5"],
    ["latest(v)", "1"],
    ["sortsFirst(v)", "1"],
    ["sortsLast(v)", "5"],
    ["countOverTime(v)", "4"],
    ["sumOverTime(v)", "12"],
  ])("%s is %s", (expression, expected) => {
    expect(ask(`stats ${expression} as x`, EVENTS)).toEqual([{ x: expected }]);
  });

  // assumed: the page says no more than "per-interval rate of change"
  it("rate is the change from the earliest value to the latest one", () => {
    expect(ask("stats rate(v, 1m) as x", [{ v: 9 }, { v: 5 }, { v: 3 }])).toEqual([{ x: "3" }]);
  });

  it("topk stands alone", () => {
    expect(() => ask("stats topk(3, v) by w", EVENTS)).toThrow(QueryError);
    expect(() => ask("stats topk(0, v)", EVENTS)).toThrow(QueryError);
  });

  it("uses the names that stand before in the same command", () => {
    expect(ask("stats max(v) as a, min(v) as b, a - b as c", EVENTS)).toEqual([{ a: "5", b: "1", c: "4" }]);
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Sort.html
it("sorts naturally: texts by their runs of digits, then numbers", () => {
  const sorted = ["!:", "#", "*%04", "0#", "5A", "111A", "2345_", "@", "@_", "A", "A9876fghj", "a12345hfh", "0", "01", "2", "3"];
  const events = sorted.map((v) => ({ v })).reverse();
  expect(ask("fields v | sort v asc", events).map(({ v }) => v)).toEqual(sorted);
  expect(ask("fields v | sort v desc", events).map(({ v }) => v)).toEqual([...sorted].reverse());
});

describe("commands", () => {
  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Addtotals.html
  it("addtotals sums rows and columns", () => {
    const events = [
      { a: 1, b: 2 },
      { a: 10, b: "x" },
    ];
    expect(ask("fields a, b | addtotals", events)).toEqual([
      { a: "1", b: "2", Total: "3" },
      { a: "10", b: "x", Total: "10" },
    ]);
    expect(ask("fields a, b | addtotals fieldname=RowSum a", events).map((row) => row["RowSum"])).toEqual(["1", "10"]);
    expect(ask("fields a | addtotals row=false col=true a", events)).toEqual([{ a: "1" }, { a: "10" }, { a: "11" }]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Sessionize.html
  it("sessionize parts what a longer gap parts", () => {
    const events = [{ u: "a" }, { u: "b" }, { u: "a" }, { x: 1 }, { x: 1 }, { u: "a" }];
    const sessions = (command: string, name: string) =>
      ask(`filter ispresent(u) | fields u | sessionize ${command}`, events).map((row) => row[name]);
    expect(sessions("u", "session_id")).toEqual(["1", "2", "1", "1"]);
    expect(sessions("u maxspan 2m as my_session", "my_session")).toEqual(["1", "2", "1", "3"]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Outlier.html
  it("outlier clamps or removes what is far from the quartiles", () => {
    const events = [1, 2, 3, 4, 100].map((cpu) => ({ cpu }));
    const cpus = (options: string) => ask(`fields cpu | outlier ${options} cpu`, events).map(({ cpu }) => cpu);
    expect(cpus("")).toEqual(["1", "2", "3", "4", "9"]);
    expect(cpus("action=remove param=3.0 uselower=true")).toEqual(["1", "2", "3", "4"]);
    expect(() => ask("outlier mark=true cpu", events)).toThrow(/not implemented/);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Dedup.html
  it("dedup is followed by limit alone", () => {
    expect(() => ask("fields a | dedup a | sort a", [])).toThrow(/only limit/);
    expect(ask("fields a | dedup a | limit 1", [{ a: 1 }, { a: 2 }])).toEqual([{ a: "1" }]);
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-examples.html and the pages of the commands
it.each([
  "fields @timestamp, @message | sort @timestamp desc | limit 25",
  "filter @message like /Exception/\n | stats count(*) as exceptionCount by bin(1h)\n | sort exceptionCount desc",
  "fields @message | filter @message not like /Exception/",
  "fields @timestamp, server, severity, message\n| sort @timestamp desc\n| dedup server, severity",
  'filter @type = "REPORT"\n | stats max(@memorySize / 1000 / 1000) as provisonedMemoryMB,\n min(@maxMemoryUsed / 1000 / 1000) as smallestMemoryRequestMB,\n max(@maxMemoryUsed / 1000 / 1000) as maxMemoryUsedMB,\n provisonedMemoryMB - maxMemoryUsedMB as overProvisionedMB',
  'filter @type = "REPORT" |\n stats avg(@duration), max(@duration), min(@duration) by bin(5m)',
  'filter @type = "REPORT" and @duration > 1000\n| sort @timestamp desc\n| dedup @requestId\n| limit 20',
  'filter isIpv4InSubnet(srcAddr, "192.0.2.0/24") | stats sum(bytes) as bytesTransferred by dstAddr | sort bytesTransferred desc | limit 15',
  "filter protocol=17 | stats count(*) by srcAddr",
  'filter logStatus="SKIPDATA"\n | stats count(*) by bin(1h) as t\n | sort t',
  "filter logStream = 'vpc-flow-logs' and interfaceId = 'eni-0123456789abcdef0' | dedup srcAddr, dstAddr, srcPort",
  "stats count(*) by queryType, bin(1h)",
  'filter (eventName="StartInstances" or eventName="StopInstances") and awsRegion="us-east-2"',
  'filter eventName="CreateUser" | fields awsRegion, requestParameters.userName, responseElements.user.arn',
  'filter eventName="UpdateTrail" and ispresent(errorCode) | stats count(*) by errorCode, errorMessage',
  'filter tlsDetails.tlsVersion in [ "TLSv1", "TLSv1.1" ] | stats count(*) as n by userIdentity.accountId, tlsDetails.tlsVersion | sort n, tlsDetails.tlsVersion',
  "filter status>=400 and status<=499 | sort @timestamp desc | limit 10",
  "filter (dstAddr like 'x.x.x.x' and srcAddr like 'y.y.') or (srcAddr like 'xxx.xx.xx.xx' and dstAddr not like 'y.y.')",
  "fields @timestamp, @message | stats count(*) as numberOfEvents by `detail-type` | sort numberOfEvents desc",
  'parse @message "user=*, method:*, latency := *" as @user,\n @method, @latency | stats avg(@latency) by @method,\n @user',
  "parse @message /user=(?<user2>.*?), method:(?<method2>.*?),\n latency := (?<latency2>.*?)/ | stats avg(latency2) by @method2,\n @user2",
  'FIELDS @message | PARSE @message "* [*] *" as loggingTime, loggingType, loggingMessage | FILTER loggingType IN ["ERROR", "INFO"] | DISPLAY loggingMessage, loggingType = "ERROR" as isError',
  "parse @message \"'fieldsA': '*', 'fieldsB': ['*']\" as fld, array",
  "parse @message /(?<NetworkInterface>eni-.*?) / | display NetworkInterface, @message",
  'fields @timestamp, @message, accountId as ID\n# | filter accountId not like "7983124201998"\n| sort @timestamp desc',
  "FIELDS strlen(@message) AS message_length | STATS sum(message_length) / 1024 / 1024 AS logs_mb BY BIN(5m) as @t | STATS max(logs_mb) AS peak, avg(logs_mb) AS mean BY dateceil(@t, 10m)",
  "STATS countDistinct(client_ip) AS session_ips, count(*) AS requests BY session_id, client_platform | FILTER session_ips > 1 | STATS sum(requests) / count(*) AS a BY client_platform",
  'parse @message "Status Code: *;" as statusCode | filter statusCode >= 400 and toMillis(@timestamp) >= (now() * 1000 - 7200000)',
  'fields jsonParse(@message) as json_message | filter json_message.`user.id` = "123" and json_message.users[1].action = "PutData"',
  "fields @timestamp, @message | where @message like /error/",
  "fields @timestamp, cpu, memory | outlier action=remove param=3.0 uselower=true cpu memory",
  "fields @timestamp, userId, deviceId | sessionize userId, deviceId maxspan 1h as my_session",
  "fields svc | stats count(*) as cnt by svc | appendcols override=true ( SOURCE lg | stats avg(latency) as avgLat by svc )",
  "fields price, tax, qty | addtotals price, tax",
  "fields x | addtotals col=true x",
  'filter @aws.tag.env = "production"',
  'filter @`aws.tag.aws:cloudformation:stack-name` = "my-stack"',
  "stats count(*) by @aws.tag.team",
  'fields user_id, action | lookup user_data user_id OUTPUT username, email, department | filter department = "Engineering"',
  "fields @timestamp, srcAddr | cidrlookup net_table srcAddr OUTPUT region, owner, datacenter",
])("reads the documented query %s", (query) => {
  // Tables are there only where a query really runs.
  expect(() => ask(query, query.includes("lookup") ? [] : ["{}"])).not.toThrow();
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
it.each([
  "pattern @message | anomaly",
  "logcompare timeshift 7d",
  "relevantfields where Time > 400",
  "fields a | estimate",
  "stats count(*) by bin(5m) offset 1h",
  "stats histogram(v, 4)",
])("refuses %s as not implemented", (query) => {
  expect(() => ask(query, ["{}"])).toThrow(expect.objectContaining({ name: "NotImplemented" }));
});
