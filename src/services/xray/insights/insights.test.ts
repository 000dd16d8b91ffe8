import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import {
  CreateGroupCommand,
  GetInsightCommand,
  GetInsightEventsCommand,
  GetInsightImpactGraphCommand,
  GetInsightSummariesCommand,
  PutTraceSegmentsCommand,
  XRayClient,
} from "@aws-sdk/client-xray";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../../../test/support/cloud.ts";
import { type Counts, isAnomalous } from "./detect.ts";

describe("what is anomalous", () => {
  const counts = (faults: number, ok: number, earlierFaults: number, earlierTotal: number): Counts => ({
    service: { name: "a", type: undefined },
    faults,
    ok,
    earlierFaults,
    earlierTotal,
    callees: new Set(),
  });
  // assumed: AWS does not tell its model
  test.each([
    ["two faults", counts(2, 0, 0, 100), false],
    ["three of six, never before", counts(3, 3, 0, 100), true],
    ["three of a hundred", counts(3, 97, 0, 100), false],
    ["as often as before", counts(30, 70, 300, 1_000), false],
    ["twice as often as before", counts(60, 40, 300, 1_000), true],
    ["a new service that fails", counts(5, 0, 0, 0), true],
  ])("%s", (_, one, expected) => {
    expect(isAnomalous(one)).toBe(expected);
  });
});

let cloud: TestCloud;
let xray: XRayClient;
beforeAll(async () => {
  cloud = await startCloud();
  xray = new XRayClient(cloud.clientConfig);
});
afterAll(() => cloud.stop());

let traces = 0;
/** A web server whose call of a remote API decides about it. */
async function request(fault: boolean): Promise<void> {
  const now = cloud.cloud.clock.now() / 1_000;
  const hex = (++traces).toString(16).padStart(8, "0");
  const part = { start_time: now, end_time: now + 0.1, ...(fault ? { fault: true } : {}) };
  const remote = { id: `bbbbbbbb${hex}`, name: "bank.example.com", namespace: "remote", ...part };
  const document = {
    trace_id: `1-${Math.floor(now).toString(16)}-${hex.repeat(3)}`,
    id: `aaaaaaaa${hex}`,
    name: "web",
    ...part,
    subsegments: [remote],
  };
  await xray.send(new PutTraceSegmentsCommand({ TraceSegmentDocuments: [JSON.stringify(document)] }));
}

// documented: https://docs.aws.amazon.com/xray/latest/devguide/xray-console-insights.html
test("faults of a service become an insight with its root cause farthest downstream, told to EventBridge, and closed when they end", async () => {
  const sqs = new SQSClient(cloud.clientConfig);
  const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: "insights" }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
  const Policy = JSON.stringify({ Statement: [{ Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: "*" }] });
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
  const events = new EventBridgeClient(cloud.clientConfig);
  const EventPattern = JSON.stringify({ source: ["aws.xray"], "detail-type": ["AWS X-Ray Insight Update"] });
  await events.send(new PutRuleCommand({ Name: "insights", EventPattern }));
  await events.send(new PutTargetsCommand({ Rule: "insights", Targets: [{ Id: "q", Arn: Attributes?.["QueueArn"] }] }));
  const InsightsConfiguration = { InsightsEnabled: true, NotificationsEnabled: true };
  await xray.send(new CreateGroupCommand({ GroupName: "web", FilterExpression: 'service("web")', InsightsConfiguration }));

  for (let i = 0; i < 30; i++) await request(false);
  await cloud.cloud.clock.advance(10 * 60_000);
  for (let i = 0; i < 10; i++) await request(i % 2 === 0);
  await cloud.cloud.clock.advance(60_000);
  const range = () => ({ StartTime: new Date(cloud.cloud.clock.now() - 3_600_000), EndTime: new Date(cloud.cloud.clock.now()) });
  const summaries = async (State?: "ACTIVE" | "CLOSED") => {
    const States = State === undefined ? {} : { States: [State] };
    return (await xray.send(new GetInsightSummariesCommand({ GroupName: "web", ...range(), ...States }))).InsightSummaries ?? [];
  };
  const [active] = await summaries("ACTIVE");
  expect(active).toMatchObject({
    GroupName: "web",
    Categories: ["FAULT"],
    State: "ACTIVE",
    RootCauseServiceId: { Name: "bank.example.com", Type: "remote" },
    RootCauseServiceRequestImpactStatistics: { FaultCount: 5, OkCount: 5, TotalCount: 10 },
    ClientRequestImpactStatistics: { FaultCount: 5, TotalCount: 10 },
  });
  expect(active?.TopAnomalousServices?.map(({ ServiceId }) => ServiceId?.Name).toSorted()).toEqual(["bank.example.com", "web"]);
  const InsightId = active?.InsightId ?? "";
  const { Services = [] } = await xray.send(new GetInsightImpactGraphCommand({ InsightId, ...range() }));
  expect(Services.map(({ Name, Type }) => `${Type} ${Name}`).toSorted()).toEqual([
    "client web",
    "remote bank.example.com",
    "undefined web",
  ]);

  await cloud.cloud.clock.advance(10 * 60_000);
  expect(await summaries("ACTIVE")).toEqual([]);
  const { Insight } = await xray.send(new GetInsightCommand({ InsightId }));
  expect(Insight).toMatchObject({ State: "CLOSED", EndTime: expect.any(Date) });
  const { InsightEvents = [] } = await xray.send(new GetInsightEventsCommand({ InsightId }));
  expect(InsightEvents).toMatchObject([{ Summary: "bank.example.com had 5 faults in 10 requests (50 %) in 5 minutes" }]);
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  const states = Messages.map(({ Body }) => (JSON.parse(Body ?? "") as { detail: { State: string; InsightId: string } }).detail);
  expect(states.map(({ State }) => State).toSorted()).toEqual(["ACTIVE", "CLOSED"]);
  expect(new Set(states.map(({ InsightId: id }) => id))).toEqual(new Set([InsightId]));
});
