import type { Processor } from "@aws-sdk/client-cloudwatch-logs";
import { describe, expect, it } from "vitest";
import { compileTransformer } from "./transformer.ts";

const SURROUNDINGS = { logGroup: "g", logStream: "s", account: "012345678912", region: "us-east-1" };
function run(event: unknown, ...processors: Processor[]): unknown {
  const message = typeof event === "string" ? event : JSON.stringify(event);
  const { message: found, error } = compileTransformer("TestTransformer", processors)(message, SURROUNDINGS);
  return found === null ? error : JSON.parse(found);
}
const nested = (inner_key: unknown) => ({ outer_key: { inner_key } });
const parsed = (event: unknown, processor: Processor) => run(event, { parseJSON: {} }, processor);
const entry = (source: string, more: object) => ({ entries: [{ source, ...more }] });

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-Configurable.html
describe("parsers", () => {
  it("parseJSON puts members at the root or under a destination", () => {
    expect(run(nested("v"), { parseJSON: { destination: "new_key" } })).toEqual({ new_key: nested("v") });
    expect(run("no json", { parseJSON: {} })).toBe("@message is not JSON.");
  });

  it.each([
    [
      '293750 server-01.internal-network.local OK "[Thread-000] token generated"',
      "%{NUMBER:version} %{HOSTNAME:hostname} %{NOTSPACE:status} %{QUOTEDSTRING:logMsg}",
      { version: "293750", hostname: "server-01.internal-network.local", status: "OK", logMsg: "[Thread-000] token generated" },
    ],
    [
      "23/Nov/2024:10:25:15 -0900 172.16.0.1 200",
      "%{HTTPDATE:timestamp} %{IPORHOST:clientip} %{NUMBER:response_status}",
      { timestamp: "23/Nov/2024:10:25:15 -0900", clientip: "172.16.0.1", response_status: "200" },
    ],
    [
      "192.168.1.1 GET /index.html?param=value 200 1234",
      "%{IP:client.ip} %{WORD:method} %{URIPATHPARAM:request.uri} %{NUMBER:response.status} %{NUMBER:response.bytes}",
      {
        client: { ip: "192.168.1.1" },
        method: "GET",
        request: { uri: "/index.html?param=value" },
        response: { status: "200", bytes: "1234" },
      },
    ],
    [
      '127.0.0.1 - - [03/Aug/2023:12:34:56 +0000] "GET /page.html HTTP/1.1" 200 1234',
      "%{APACHE_ACCESS_LOG}",
      {
        request: "/page.html",
        http_method: "GET",
        status_code: 200,
        http_version: "1.1",
        response_size: 1234,
        remote_host: "127.0.0.1",
        timestamp: "2023-08-03T12:34:56Z",
      },
    ],
    [
      '192.168.1.100 - Foo [03/Aug/2023:12:34:56 +0000] "GET /account/login.html HTTP/1.1" 200 42 "https://www.amazon.com/" "Mozilla/5.0"',
      "%{NGINX_ACCESS_LOG}",
      {
        request: "/account/login.html",
        referrer: "https://www.amazon.com/",
        agent: "Mozilla/5.0",
        http_method: "GET",
        status_code: 200,
        auth_user: "Foo",
        http_version: "1.1",
        response_size: 42,
        remote_host: "192.168.1.100",
        timestamp: "2023-08-03T12:34:56Z",
      },
    ],
    [
      '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource= "Application" eventID="1011"][examplePriority@32473 class="high"]',
      "%{SYSLOG5424}",
      {
        pri: 165,
        version: 1,
        timestamp: "2003-10-11T22:14:15.003Z",
        hostname: "mymachine.example.com",
        app: "evntslog",
        msg_id: "ID47",
        structured_data: 'exampleSDID@32473 iut="3" eventSource= "Application" eventID="1011"',
        message: '[examplePriority@32473 class="high"]',
      },
    ],
  ])("grok reads %s", (message, match, expected) => {
    expect(run(message, { grok: { match } })).toEqual(expected);
  });

  it.each([
    ["USERNAME", "user123.name-TEST"],
    ["BASE10NUM", "-0.67"],
    ["BASE16NUM", "+0xA1B2"],
    ["POSINT", "123"],
    ["NONNEGINT", "007"],
    ["SPACE", " "],
    ["YEAR", "2024"],
    ["SECOND", "30:5"],
    ["DATE_US", "1-01-24"],
    ["DATE_EU", "1.01.24"],
    ["ISO8601_TIMEZONE", "-530"],
    ["TIMESTAMP_ISO8601", "2023-05-15T14:30:00+05:30"],
    ["TIMESTAMP_ISO8601", "23-5-1T1:25+5:30"],
    ["DATE", "29.11.2024"],
    ["DATESTAMP", "29-11-2024 14:30:00"],
    ["DATESTAMP_RFC822", "Monday Jan 5 23 1:30:00 CDT"],
    ["DATESTAMP_RFC2822", "Monday, 15 Jan 23 14:30:00 Z"],
    ["DATESTAMP_OTHER", "Mon May 15 14:30:00 PST 2023"],
    ["DATESTAMP_EVENTLOG", "20230515143000"],
    ["LOGLEVEL", "INFO"],
    ["HTTPDATE", "23/Nov/2024:14:30:00 +0640"],
    ["SYSLOGTIMESTAMP", "Nov 29 14:30:00"],
    ["SYSLOGHOST", "2001:db8:3333:4444:5555:6666:7777:8888"],
  ])("the grok pattern %s matches %s", (name, text) => {
    expect(run(text, { grok: { match: `%{${name}:found}` } })).toEqual({ found: text });
  });

  it("grok gives what a pattern names itself, and follows logs of a common form with one text", () => {
    expect(run("user.profile/settings-page[1234]", { grok: { match: "%{SYSLOGPROG:programWithId}" } })).toEqual({
      programWithId: "user.profile/settings-page[1234]",
      program: "user.profile/settings-page",
      pid: "1234",
    });
    expect(run("abc def ghi", { grok: { match: "%{DATA:x} %{DATA:y}" } })).toEqual({ x: "abc", y: "def ghi" });
    for (const match of ["%{APACHE_ACCESS_LOG} %{SYSLOG5424}", "%{NGINX_ACCESS_LOG} %{NUMBER:num}", "%{GREEDYDATA:logMsg} %{SYSLOG5424}"])
      expect(() => run("", { grok: { match } })).toThrow(/grok pattern/);
    expect(() => run("", { grok: { match: "%{DATA}".repeat(6) } })).toThrow(/up to 5/);
  });

  it("csv and parseKeyValue split", () => {
    expect(run("'Akua Mansa':28:'New York: USA'", { csv: { delimiter: ":", quoteCharacter: "'" } })).toEqual({
      column_1: "Akua Mansa",
      column_2: "28",
      column_3: "New York: USA",
    });
    const parseKeyValue = {
      destination: "new_key",
      fieldDelimiter: "!",
      keyValueDelimiter: ":",
      nonMatchValue: "defaultValue",
      keyPrefix: "parsed_",
    };
    expect(run("key1:value1!key2:value2!key4", { parseKeyValue })).toEqual({
      new_key: { parsed_key1: "value1", parsed_key2: "value2", parsed_key4: "defaultValue" },
    });
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-BuiltIn.html
describe("parsers of vended logs", () => {
  it("parseWAF makes objects of headers and labels", () => {
    const headers = [{ name: "Host", value: "localhost:1989" }];
    expect(run({ action: "BLOCK", httpRequest: { clientIp: "1.1.1.1", headers }, labels: [{ name: "value" }] }, { parseWAF: {} })).toEqual({
      action: "BLOCK",
      httpRequest: { clientIp: "1.1.1.1", headers: { Host: "localhost:1989" } },
      labels: { value: "" },
    });
  });

  it("parsePostgres, parseRoute53 and parseVPC name the parts of a line", () => {
    const error = '2019-03-10 03:54:59 UTC:10.0.0.123(52834):postgres@logtestdb:[20175]:ERROR: column "wrong" does not exist';
    expect(run(error, { parsePostgres: {} })).toEqual({
      logTime: "2019-03-10 03:54:59 UTC",
      srcIp: "10.0.0.123(52834)",
      userName: "postgres",
      dbName: "logtestdb",
      processId: "20175",
      logLevel: "ERROR",
    });
    const query = "1.0 2017-12-13T08:15:50.235Z Z123412341234 example.com AAAA NOERROR TCP IAD12 192.0.2.0 198.51.100.0/24";
    expect(run(query, { parseRoute53: {} })).toMatchObject({ version: 1, queryType: "AAAA", ednsClientSubnet: "198.51.100.0/24" });
    const flow = "2 123456789010 eni-abc123de 192.0.2.0 192.0.2.24 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK";
    expect(run(flow, { parseVPC: {} })).toMatchObject({ version: 2, accountId: "123456789010", dstPort: 22, bytes: 4249, logStatus: "OK" });
    expect(run("2 3", { parseVPC: {} })).toBe("parseVPC needs 14 fields, and the event has 2.");
  });

  it("parseCloudfront decodes, and takes numbers as such", () => {
    const line =
      "2019-12-04 21:02:31 LAX1 392 192.0.2.24 GET d1.cloudfront.net /index.html 200 - Mozilla/5.0%20(Win64) - - Hit id== d1.cloudfront.net https 23 0.001 - TLSv1.2 ECDHE Hit HTTP/2.0 - - 11040 0.001 Hit text/html 78 - -";
    expect(run(line, { parseCloudfront: {} })).toMatchObject({
      "sc-bytes": 392,
      "cs(User-Agent)": "Mozilla/5.0 (Win64)",
      "cs(Referer)": "-",
      "time-taken": 0.001,
      "sc-content-len": 78,
      "sc-range-end": "-",
    });
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-StringMutate.html
it("string processors change the texts of fields", () => {
  const withKeys = ["outer_key.inner_key"];
  const key = "outer_key.inner_key";
  expect(parsed(nested("Up"), { lowerCaseString: { withKeys } })).toEqual(nested("up"));
  expect(parsed(nested("Up"), { upperCaseString: { withKeys } })).toEqual(nested("UP"));
  expect(parsed(nested("   inner_value  "), { trimString: { withKeys } })).toEqual(nested("inner_value"));
  expect(parsed(nested("a, b"), { splitString: { entries: [{ source: key, delimiter: ", " }] } })).toEqual(nested(["a", "b"]));
  const substitute = (from: string, to: string) => ({ substituteString: { entries: [{ source: key, from, to }] } });
  expect(parsed(nested("A cat takes a catnap."), substitute("cat", "dog"))).toEqual(nested("A dog takes a dognap."));
  expect(parsed(nested("Tom, Dick, and Harry"), substitute("(\\w+), (\\w+), and (\\w+)", "$1 and $3"))).toEqual(nested("Tom and Harry"));
  const role = "^arn:aws:sts::(?P<account_id>\\d{12}):assumed-role/(?P<role_name>[\\w+=,.@-]+)/(?P<session>[\\w+=,.@-]+)$";
  const by = ["account_id", "role_name", "session"].map((name) => `\${${name}}`).join(":");
  expect(parsed(nested("arn:aws:sts::123456789012:assumed-role/R/S"), substitute(role, by))).toEqual(nested("123456789012:R:S"));
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-JSONMutate.html
describe("JSON processors", () => {
  it("add, delete, move, rename and copy", () => {
    expect(parsed(nested("v"), { addKeys: { entries: [{ key: "outer_key.new_key", value: "n" }] } })).toEqual({
      outer_key: { inner_key: "v", new_key: "n" },
    });
    expect(parsed(nested("v"), { deleteKeys: { withKeys: ["outer_key.inner_key"] } })).toEqual({ outer_key: {} });
    const event = { outer_key1: { inner_key1: "1" }, outer_key2: { inner_key2: "2" } };
    expect(parsed(event, { moveKeys: entry("outer_key1.inner_key1", { target: "outer_key2" }) as never })).toEqual({
      outer_key1: {},
      outer_key2: { inner_key2: "2", inner_key1: "1" },
    });
    expect(parsed(nested("v"), { renameKeys: { entries: [{ key: "outer_key", renameTo: "new_key" }] } })).toEqual({
      new_key: { inner_key: "v" },
    });
    expect(parsed(nested("v"), { copyValue: entry("@logGroupName", { target: "log_group_name" }) as never })).toEqual({
      ...nested("v"),
      log_group_name: "g",
    });
  });

  it("listToMap gathers a list by a key", () => {
    const outer_key = [
      { inner_key: "a", inner_value: "val-a" },
      { inner_key: "b", inner_value: "val-b1" },
      { inner_key: "b", inner_value: "val-b2" },
    ];
    const options = { source: "outer_key", key: "inner_key", valueKey: "inner_value" };
    expect(parsed({ outer_key }, { listToMap: options })).toMatchObject({ a: ["val-a"], b: ["val-b1", "val-b2"] });
    expect(parsed({ outer_key }, { listToMap: { ...options, target: "t", flatten: true, flattenedElement: "last" } })).toMatchObject({
      t: { a: "val-a", b: "val-b2" },
    });
    expect(() => parsed({}, { listToMap: { ...options, flatten: true } })).toThrow(/flattenedElement/);
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-Datatype.html
it("types and dates are converted", () => {
  const typed = (type: "integer" | "double" | "boolean" | "string") => ({ typeConverter: { entries: [{ key: "v", type }] } });
  expect(parsed({ v: "200" }, typed("integer"))).toEqual({ v: 200 });
  expect(parsed({ v: "0.5" }, typed("double"))).toEqual({ v: 0.5 });
  expect(parsed({ v: "true" }, typed("boolean"))).toEqual({ v: true });
  expect(parsed({ v: 7 }, typed("string"))).toEqual({ v: "7" });
  const dateTimeConverter = {
    source: "at",
    target: "target_1",
    locale: "de",
    matchPatterns: ["EEEE dd. MMMM yyyy HH:mm:ss"],
    sourceTimezone: "Europe/Berlin",
    targetTimezone: "America/New_York",
    targetFormat: "yyyy-MM-dd'T'HH:mm:ss XXX",
  };
  expect(parsed({ at: "Samstag 05. Dezember 1998 11:00:00" }, { dateTimeConverter })).toMatchObject({
    target_1: "1998-12-05T05:00:00 -05:00",
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-Create.html
it.each<[string, Processor[]]>([
  ["no parser first", [{ addKeys: { entries: [{ key: "a", value: "b" }] } }]],
  ["two groks", [{ grok: { match: "%{WORD:a}" } }, { grok: { match: "%{WORD:b}" } }]],
  ["two addKeys", [{ parseJSON: {} }, { addKeys: { entries: [] } }, { addKeys: { entries: [] } }]],
  ["six parsers", Array.from({ length: 6 }, () => ({ parseJSON: {} }))],
  ["21 processors", Array.from({ length: 21 }, (_, i) => (i === 0 ? { parseJSON: {} } : { trimString: { withKeys: ["a"] } }))],
  ["vended logs later", [{ parseJSON: {} }, { parseVPC: {} }]],
  ["another source of vended logs", [{ parseVPC: { source: "a" } }]],
])("a transformer with %s is refused", (_, processors) => {
  expect(() => compileTransformer("PutTransformer", processors)).toThrow(expect.objectContaining({ name: "InvalidParameterException" }));
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-Create.html
it("an event gives up to 200 fields", () => {
  expect(run(Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`k${i}`, i])), { parseJSON: {} })).toMatch(/more than 200 fields/);
});
