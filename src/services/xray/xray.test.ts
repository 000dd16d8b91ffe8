import {
  BatchGetTracesCommand,
  CreateGroupCommand,
  GetServiceGraphCommand,
  GetTimeSeriesServiceStatisticsCommand,
  GetTraceGraphCommand,
  GetTraceSummariesCommand,
  PutTraceSegmentsCommand,
  XRayClient,
} from "@aws-sdk/client-xray";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
let xray: XRayClient;
let base: number;
beforeAll(async () => {
  cloud = await startCloud();
  xray = new XRayClient(cloud.clientConfig);
  base = Math.floor(cloud.cloud.clock.now() / 1_000);
});
afterAll(() => cloud.stop());

const id = (digit: string): string => digit.repeat(16);
const trace = (digit: string): string => `1-${base.toString(16)}-${digit.repeat(24)}`;
const put = (...documents: object[]) =>
  xray.send(new PutTraceSegmentsCommand({ TraceSegmentDocuments: documents.map((document) => JSON.stringify(document)) }));
const range = () => ({ StartTime: new Date((base - 60) * 1_000), EndTime: new Date((base + 600) * 1_000) });
const summaries = async (FilterExpression: string) =>
  ((await xray.send(new GetTraceSummariesCommand({ ...range(), FilterExpression }))).TraceSummaries ?? []).map(({ Id }) => Id);

/** A request to a web server that reads a table and calls a remote API, which fails. */
function failing(digit: string) {
  const [traceId, root] = [trace(digit), id(digit)];
  return {
    trace_id: traceId,
    id: root,
    name: "web.example.com",
    origin: "AWS::EC2::Instance",
    start_time: base + 1,
    end_time: base + 1.4,
    user: "alice",
    fault: true,
    http: { request: { method: "GET", url: "http://web.example.com/api/game/1" }, response: { status: 500 } },
    annotations: { gameid: "817DL6VO", age: 31, vip: true, list: [1] },
    aws: { ec2: { instance_id: "i-1", availability_zone: "us-east-1a" } },
    subsegments: [
      {
        id: `a${root.slice(1)}`,
        name: "DynamoDB",
        namespace: "aws",
        start_time: base + 1.05,
        end_time: base + 1.1,
        aws: { operation: "GetItem", table_name: "games" },
        http: { response: { status: 200 } },
      },
      {
        id: `b${root.slice(1)}`,
        name: "api.example.com",
        namespace: "remote",
        start_time: base + 1.1,
        end_time: base + 1.35,
        fault: true,
        http: { request: { url: "https://api.example.com/x", method: "POST" }, response: { status: 503 } },
        cause: { exceptions: [{ id: "c1", type: "Timeout", message: "took too long", remote: true }] },
      },
    ],
  };
}

describe("segments", () => {
  // documented: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-segments
  test("documents that are not valid are named, and the others are taken", async () => {
    const good = { trace_id: trace("1"), id: id("1"), name: "ok.example.com", start_time: base, end_time: base + 0.084 };
    const { UnprocessedTraceSegments } = await put(
      good,
      { ...good, id: id("2"), trace_id: "1-5960082b" },
      { ...good, id: id("3"), trace_id: "1-5960082b-ab52431b496add878434aa25", start_time: 1498082657.3, end_time: 1498082695.4 },
      { trace_id: trace("1"), id: id("4"), name: "x", start_time: base },
    );
    expect(UnprocessedTraceSegments).toEqual([
      { Id: id("2"), ErrorCode: "InvalidTraceId", Message: "Invalid segment. ErrorCode: InvalidTraceId" },
      { Id: id("3"), ErrorCode: "InvalidTraceId", Message: "Invalid segment. ErrorCode: InvalidTraceId" },
      { Id: id("4"), ErrorCode: "MissingEndTime", Message: "Invalid segment. ErrorCode: MissingEndTime" },
    ]);
    const { Traces } = await xray.send(new BatchGetTracesCommand({ TraceIds: [trace("1")] }));
    expect(Traces?.[0]).toMatchObject({ Id: trace("1"), Duration: 0.084, Segments: [{ Id: id("1") }] });
  });

  // documented: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html#api-segmentdocuments-subsegments
  test("a finished segment replaces the one in progress, and subsegments sent by themselves are put into it", async () => {
    const open = { trace_id: trace("2"), id: id("5"), name: "slow", start_time: base, in_progress: true };
    await put(
      { trace_id: trace("2"), id: id("6"), parent_id: id("5"), type: "subsegment", name: "step", start_time: base, end_time: base + 1 },
      open,
    );
    expect((await xray.send(new GetTraceSummariesCommand({ ...range(), FilterExpression: "partial" }))).TraceSummaries?.[0]?.Id).toBe(
      trace("2"),
    );
    const { in_progress: _, ...closed } = open;
    await put({ ...closed, end_time: base + 2 });
    await put(open);
    const { Traces } = await xray.send(new BatchGetTracesCommand({ TraceIds: [trace("2")] }));
    const documents = (Traces?.[0]?.Segments ?? []).map(({ Document }) => JSON.parse(Document ?? "") as Record<string, unknown>);
    expect(documents).toEqual([
      { ...closed, end_time: base + 2, subsegments: [{ id: id("6"), name: "step", start_time: base, end_time: base + 1 }] },
    ]);
  });

  // documented: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-gettingdata.html#xray-api-traces
  test("calls to who sends no segments are inferred from the subsegments", async () => {
    await put(failing("f"));
    const { Traces } = await xray.send(new BatchGetTracesCommand({ TraceIds: [trace("f")] }));
    const inferred = (Traces?.[0]?.Segments ?? []).slice(1).map(({ Document }) => JSON.parse(Document ?? "") as Record<string, unknown>);
    expect(inferred).toMatchObject([
      {
        name: "DynamoDB",
        origin: "AWS::DynamoDB::Table",
        inferred: true,
        parent_id: "affffffffffffffff".slice(0, 16),
        aws: { table_name: "games" },
      },
      { name: "api.example.com", inferred: true, parent_id: "bffffffffffffffff".slice(0, 16), fault: true },
    ]);
  });
});

describe("summaries and graphs", () => {
  // documented: https://docs.aws.amazon.com/xray/latest/api/API_TraceSummary.html
  test("a summary tells status, response time, users, annotations and root causes", async () => {
    const { TraceSummaries } = await xray.send(new GetTraceSummariesCommand({ ...range(), FilterExpression: "fault" }));
    expect(TraceSummaries).toMatchObject([
      {
        Id: trace("f"),
        Duration: 0.4,
        ResponseTime: 0.4,
        HasFault: true,
        HasError: false,
        IsPartial: false,
        Http: { HttpURL: "http://web.example.com/api/game/1", HttpStatus: 500, HttpMethod: "GET" },
        Users: [{ UserName: "alice", ServiceIds: [{ Name: "web.example.com", Type: "AWS::EC2::Instance" }] }],
        EntryPoint: { Name: "web.example.com", Type: "AWS::EC2::Instance" },
        InstanceIds: [{ Id: "i-1" }],
        FaultRootCauses: [
          {
            ClientImpacting: true,
            Services: [
              {
                Name: "web.example.com",
                EntityPath: [{ Name: "web.example.com" }, { Name: "api.example.com", Remote: true, Exceptions: [{ Name: "Timeout" }] }],
              },
              { Name: "api.example.com", Type: "remote", Inferred: true },
            ],
          },
        ],
      },
    ]);
    expect(Object.keys(TraceSummaries?.[0]?.Annotations ?? {})).toEqual(["gameid", "age", "vip"]);
    expect(TraceSummaries?.[0]?.Annotations?.["age"]?.[0]?.AnnotationValue).toEqual({ NumberValue: 31 });
  });

  // documented: https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html
  test("filter expressions find what they describe", async () => {
    const found = [
      "fault",
      "!ok",
      "ok = false",
      "http.status = 500 AND responsetime > 0.3",
      'http.url CONTAINS "/api/game/"',
      'user CONTAINS ""',
    ];
    found.push('annotation[gameid] = "817DL6VO"', 'annotation.gameid BEGINSWITH "817"', "annotation[age] > 29", "annotation[vip]");
    found.push(
      'service("api.example.com") { fault }',
      'service(id(name: "games", type: "AWS::DynamoDB::Table")) { ok }',
      'service(id(type: "remote"))',
    );
    found.push('edge("web.example.com", "api.example.com") { fault }', 'edge("web.example.com", "api.example.com") { http.status = 503 }');
    found.push(
      'rootcause.fault.service { name = "api.example.com" AND last }',
      'rootcause.fault.exception { message CONTAINS "too long" }',
    );
    found.push(
      'rootcause.responsetime.entity { coverage > 0.5 and name = "api.example.com" }',
      'instance.id = "i-1"',
      "fault !partial duration < 3",
    );
    found.push(
      'rootcause.json = #[{ "Services": [ { "Name": "web.example.com" }, { "EntityPath": [ { "Name": "api.example.com" } ] } ] }]',
    );
    for (const filter of found) expect(await summaries(filter), filter).toEqual([trace("f")]);
    const not = [
      'service("nobody")',
      "fault AND ok",
      'annotation[gameid] != "817DL6VO"',
      'edge("api.example.com", "web.example.com")',
      "duration > 60",
    ];
    for (const filter of not) expect(await summaries(filter), filter).toEqual([]);
    expect(await summaries('!service("web.example.com") AND !user')).toEqual([trace("2"), trace("1")]);
  });

  // documented: https://docs.aws.amazon.com/xray/latest/devguide/xray-console-groups.html
  test("a group stands for its filter, in expressions and in graphs", async () => {
    await xray.send(new CreateGroupCommand({ GroupName: "broken", FilterExpression: "fault" }));
    expect(await summaries('group.name = "broken" AND user = "alice"')).toEqual([trace("f")]);
    const { Services = [] } = await xray.send(new GetServiceGraphCommand({ ...range(), GroupName: "broken" }));
    expect(Services.map(({ Name, Type }) => `${Type} ${Name}`).toSorted()).toEqual([
      "AWS::DynamoDB::Table games",
      "AWS::EC2::Instance web.example.com",
      "client web.example.com",
      "remote api.example.com",
    ]);
  });

  test.each(["fault AND", "nonsense = 3", "ok > 1", "service(", 'user < "a"', "rootcause.x.y"])(
    "%s is refused",
    async (FilterExpression) => {
      // assumed: the message's words
      await expect(xray.send(new GetTraceSummariesCommand({ ...range(), FilterExpression }))).rejects.toMatchObject({
        name: "InvalidRequestException",
        message: expect.stringContaining("Invalid filter expression"),
      });
    },
  );

  // documented: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-gettingdata.html#xray-api-servicegraph
  test("the graph counts calls by outcome on nodes and edges, with clients in front of the root", async () => {
    const { Services = [] } = await xray.send(new GetTraceGraphCommand({ TraceIds: [trace("f")] }));
    const web = Services.find(({ Type }) => Type === "AWS::EC2::Instance");
    const remote = Services.find(({ Type }) => Type === "remote");
    const client = Services.find(({ Type }) => Type === "client");
    expect(web).toMatchObject({
      Root: true,
      State: "active",
      SummaryStatistics: { FaultStatistics: { TotalCount: 1 }, TotalCount: 1, TotalResponseTime: 0.4 },
    });
    expect(web?.Edges?.find(({ ReferenceId }) => ReferenceId === remote?.ReferenceId)).toMatchObject({
      SummaryStatistics: { FaultStatistics: { TotalCount: 1 }, OkCount: 0, TotalCount: 1 },
      ResponseTimeHistogram: [{ Value: 0.25, Count: 1 }],
    });
    expect(client).toMatchObject({ State: "unknown", Edges: [{ ReferenceId: web?.ReferenceId }] });
    expect(client?.SummaryStatistics).toBeUndefined();
  });

  // documented: https://docs.aws.amazon.com/xray/latest/api/API_GetTimeSeriesServiceStatistics.html
  test("statistics over time are of the chosen service or edge", async () => {
    const EntitySelectorExpression = 'service(id(name: "games", type: "AWS::DynamoDB::Table"))';
    const { TimeSeriesServiceStatistics } = await xray.send(
      new GetTimeSeriesServiceStatisticsCommand({ ...range(), Period: 60, EntitySelectorExpression }),
    );
    expect(TimeSeriesServiceStatistics).toMatchObject([{ ServiceSummaryStatistics: { OkCount: 1, TotalCount: 1 } }]);
  });

  // assumed: the limits are AWS's, their words are not documented
  test("ranges that are too long or turned round are refused", async () => {
    const [StartTime, EndTime] = [new Date((base - 7 * 3_600) * 1_000), new Date(base * 1_000)];
    await expect(xray.send(new GetServiceGraphCommand({ StartTime, EndTime }))).rejects.toThrow("Time range cannot be longer than 6 hours");
    await expect(xray.send(new GetTraceSummariesCommand({ StartTime: EndTime, EndTime: StartTime }))).rejects.toThrow(
      "less than start time",
    );
  });
});
