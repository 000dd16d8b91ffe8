import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import {
  CancelTraceRetrievalCommand,
  CreateGroupCommand,
  CreateSamplingRuleCommand,
  DeleteGroupCommand,
  DeleteResourcePolicyCommand,
  DeleteSamplingRuleCommand,
  GetEncryptionConfigCommand,
  GetGroupCommand,
  GetGroupsCommand,
  GetIndexingRulesCommand,
  GetRetrievedTracesGraphCommand,
  GetSamplingRulesCommand,
  ListResourcePoliciesCommand,
  ListRetrievedTracesCommand,
  ListTagsForResourceCommand,
  PutEncryptionConfigCommand,
  PutResourcePolicyCommand,
  PutTelemetryRecordsCommand,
  PutTraceSegmentsCommand,
  StartTraceRetrievalCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateGroupCommand,
  UpdateIndexingRuleCommand,
  UpdateSamplingRuleCommand,
  UpdateTraceSegmentDestinationCommand,
  XRayClient,
} from "@aws-sdk/client-xray";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";
import { TestStack } from "../../../test/support/stack.ts";

let cloud: TestCloud;
let xray: XRayClient;
beforeAll(async () => {
  cloud = await startCloud();
  xray = new XRayClient(cloud.clientConfig);
});
afterAll(() => cloud.stop());

const anything = { ServiceName: "*", ServiceType: "*", Host: "*", HTTPMethod: "*", URLPath: "*", ResourceARN: "*", Version: 1 };

describe("sampling rules", () => {
  // documented: https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html
  test("the default rule samples one request a second and 5 %, and only those can be changed", async () => {
    const { SamplingRuleRecords } = await xray.send(new GetSamplingRulesCommand({}));
    expect(SamplingRuleRecords).toMatchObject([
      { SamplingRule: { RuleName: "Default", Priority: 10_000, FixedRate: 0.05, ReservoirSize: 1 } },
    ]);
    const changed = await xray.send(new UpdateSamplingRuleCommand({ SamplingRuleUpdate: { RuleName: "Default", FixedRate: 1 } }));
    expect(changed.SamplingRuleRecord?.SamplingRule).toMatchObject({ FixedRate: 1, ReservoirSize: 1 });
    const renamed = new UpdateSamplingRuleCommand({ SamplingRuleUpdate: { RuleName: "Default", Host: "x" } });
    await expect(xray.send(renamed)).rejects.toMatchObject({ name: "InvalidRequestException" });
    await expect(xray.send(new DeleteSamplingRuleCommand({ RuleName: "Default" }))).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
  });

  // documented: https://docs.aws.amazon.com/xray/latest/api/API_CreateSamplingRule.html, quotas: https://docs.aws.amazon.com/general/latest/gr/xray.html
  test("rules are made, changed, tagged, deleted, and at most 25", async () => {
    const create = (RuleName: string) =>
      xray.send(new CreateSamplingRuleCommand({ SamplingRule: { ...anything, RuleName, Priority: 5, FixedRate: 0, ReservoirSize: 0 } }));
    const { SamplingRuleRecord } = await create("r0");
    const ResourceARN = SamplingRuleRecord?.SamplingRule?.RuleARN ?? "";
    expect(ResourceARN).toBe("arn:aws:xray:us-east-1:000000000000:sampling-rule/r0");
    await expect(create("r0")).rejects.toMatchObject({ name: "InvalidRequestException" });
    await xray.send(
      new TagResourceCommand({
        ResourceARN,
        Tags: [
          { Key: "a", Value: "1" },
          { Key: "b", Value: "2" },
        ],
      }),
    );
    await xray.send(new UntagResourceCommand({ ResourceARN, TagKeys: ["a"] }));
    expect((await xray.send(new ListTagsForResourceCommand({ ResourceARN }))).Tags).toEqual([{ Key: "b", Value: "2" }]);
    for (let n = 1; n < 25; n++) await create(`r${n}`);
    await expect(create("r25")).rejects.toMatchObject({ name: "RuleLimitExceededException" });
    for (let n = 0; n < 25; n++) await xray.send(new DeleteSamplingRuleCommand({ RuleName: `r${n}` }));
    await expect(xray.send(new ListTagsForResourceCommand({ ResourceARN }))).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});

describe("groups", () => {
  // documented: https://docs.aws.amazon.com/xray/latest/devguide/xray-console-groups.html
  test("are made, changed and deleted; the default one is always there", async () => {
    const { Group } = await xray.send(new CreateGroupCommand({ GroupName: "slow", FilterExpression: "responsetime > 5" }));
    expect(Group?.GroupARN).toMatch(/^arn:aws:xray:us-east-1:000000000000:group\/slow\/[A-Z2-7]{52}$/);
    const InsightsConfiguration = { InsightsEnabled: true, NotificationsEnabled: true };
    await xray.send(new UpdateGroupCommand({ GroupName: "slow", InsightsConfiguration }));
    expect((await xray.send(new GetGroupCommand({ GroupARN: Group?.GroupARN }))).Group).toMatchObject({
      FilterExpression: "responsetime > 5",
      InsightsConfiguration,
    });
    expect((await xray.send(new GetGroupsCommand({}))).Groups?.map(({ GroupName }) => GroupName)).toEqual(["Default", "slow"]);
    await xray.send(new DeleteGroupCommand({ GroupName: "slow" }));
    await expect(xray.send(new GetGroupCommand({ GroupName: "slow" }))).rejects.toMatchObject({ name: "InvalidRequestException" });
    await expect(xray.send(new CreateGroupCommand({ GroupName: "bad", FilterExpression: "((" }))).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
    await expect(xray.send(new CreateGroupCommand({ GroupName: "Default" }))).rejects.toMatchObject({ name: "InvalidRequestException" });
  });
});

describe("settings", () => {
  // documented: https://docs.aws.amazon.com/xray/latest/devguide/xray-console-encryption.html
  test("a new key is UPDATING for a while, then ACTIVE", async () => {
    const { KeyMetadata } = await new KMSClient(cloud.clientConfig).send(new CreateKeyCommand({}));
    const put = new PutEncryptionConfigCommand({ Type: "KMS", KeyId: KeyMetadata?.KeyId ?? "" });
    expect((await xray.send(put)).EncryptionConfig).toEqual({ Type: "KMS", KeyId: KeyMetadata?.Arn, Status: "UPDATING" });
    await cloud.cloud.clock.advance(60_000);
    expect((await xray.send(new GetEncryptionConfigCommand({}))).EncryptionConfig).toMatchObject({ Status: "ACTIVE" });
    await expect(xray.send(new PutEncryptionConfigCommand({ Type: "KMS", KeyId: "alias/none" }))).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Transaction-Search.html
  test("with CloudWatch Logs as the destination segments are spans in aws/spans too", async () => {
    await xray.send(new UpdateTraceSegmentDestinationCommand({ Destination: "CloudWatchLogs" }));
    const now = cloud.cloud.clock.now() / 1_000;
    const document = {
      trace_id: `1-${Math.floor(now).toString(16)}-${"e".repeat(24)}`,
      id: "6226467e3f845502",
      name: "shop",
      start_time: now,
      end_time: now + 1,
    };
    await xray.send(new PutTraceSegmentsCommand({ TraceSegmentDocuments: [JSON.stringify(document)] }));
    const { events = [] } = await new CloudWatchLogsClient(cloud.clientConfig).send(
      new FilterLogEventsCommand({ logGroupName: "aws/spans" }),
    );
    expect(events.map(({ message }) => JSON.parse(message ?? "") as unknown)).toMatchObject([
      { traceId: document.trace_id.replace(/^1-|-/g, ""), spanId: document.id, name: "shop", durationNano: 1e9 },
    ]);
    await xray.send(new UpdateTraceSegmentDestinationCommand({ Destination: "XRay" }));
  });

  // documented: https://docs.aws.amazon.com/xray/latest/api/API_StartTraceRetrieval.html and its neighbours
  test("traces are retrieved from aws/spans, as spans, as documents and as a graph", async () => {
    const now = cloud.cloud.clock.now() / 1_000;
    const id = `1-${Math.floor(now).toString(16)}-${"f".repeat(24)}`;
    const document = { trace_id: id, id: "7226467e3f845502", name: "till", start_time: now, end_time: now + 2 };
    const put = () => xray.send(new PutTraceSegmentsCommand({ TraceSegmentDocuments: [JSON.stringify(document)] }));
    await xray.send(new UpdateTraceSegmentDestinationCommand({ Destination: "CloudWatchLogs" }));
    await put();
    await xray.send(new UpdateTraceSegmentDestinationCommand({ Destination: "XRay" }));
    const range = { StartTime: new Date((now - 60) * 1_000), EndTime: new Date((now + 60) * 1_000) };
    const start = (...TraceIds: string[]) => xray.send(new StartTraceRetrievalCommand({ TraceIds, ...range }));
    const { RetrievalToken = "" } = await start(id, `1-00000000-${"0".repeat(24)}`);
    expect(await xray.send(new ListRetrievedTracesCommand({ RetrievalToken, TraceFormat: "OTEL" }))).toMatchObject({
      RetrievalStatus: "COMPLETE",
      TraceFormat: "OTEL",
      Traces: [
        { Id: id, Duration: 2, Spans: [{ Id: document.id, Document: expect.stringContaining('"durationNano":2000000000') as string }] },
      ],
    });
    const { Traces = [] } = await xray.send(new ListRetrievedTracesCommand({ RetrievalToken }));
    expect(Traces.map(({ Spans = [] }) => Spans.map((span) => JSON.parse(span.Document ?? "") as unknown))).toEqual([[document]]);
    expect(await xray.send(new GetRetrievedTracesGraphCommand({ RetrievalToken }))).toMatchObject({
      RetrievalStatus: "COMPLETE",
      Services: [{ Service: { Name: "till" } }, { Service: { Name: "till", Type: "client" } }],
    });
    await xray.send(new CancelTraceRetrievalCommand({ RetrievalToken }));
    expect((await xray.send(new ListRetrievedTracesCommand({ RetrievalToken }))).RetrievalStatus).toBe("CANCELLED");
    await expect(xray.send(new CancelTraceRetrievalCommand({ RetrievalToken: "none" }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
    await expect(start("1-2-3")).rejects.toMatchObject({ name: "InvalidRequestException" });
  });

  // documented: https://docs.aws.amazon.com/xray/latest/api/API_UpdateIndexingRule.html
  test("the indexing rule is kept", async () => {
    const update = { Name: "Default", Rule: { Probabilistic: { DesiredSamplingPercentage: 25 } } };
    await xray.send(new UpdateIndexingRuleCommand(update));
    expect((await xray.send(new GetIndexingRulesCommand({}))).IndexingRules).toMatchObject([
      { Name: "Default", Rule: { Probabilistic: { DesiredSamplingPercentage: 25 } } },
    ]);
  });

  // documented: https://docs.aws.amazon.com/xray/latest/api/API_PutResourcePolicy.html
  test("resource policies have revisions", async () => {
    const PolicyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: "*", Action: "xray:*", Resource: "*" }],
    });
    const put = (PolicyRevisionId?: string) =>
      xray.send(new PutResourcePolicyCommand({ PolicyName: "p", PolicyDocument, PolicyRevisionId }));
    expect((await put()).ResourcePolicy?.PolicyRevisionId).toBe("1");
    await expect(put("0")).rejects.toMatchObject({ name: "InvalidPolicyRevisionIdException" });
    expect((await put("1")).ResourcePolicy?.PolicyRevisionId).toBe("2");
    await xray.send(new DeleteResourcePolicyCommand({ PolicyName: "p" }));
    expect((await xray.send(new ListResourcePoliciesCommand({}))).ResourcePolicies).toEqual([]);
    const bad = new PutResourcePolicyCommand({ PolicyName: "p", PolicyDocument: "no" });
    await expect(xray.send(bad)).rejects.toMatchObject({ name: "MalformedPolicyDocumentException" });
  });

  // documented: https://docs.aws.amazon.com/xray/latest/api/API_PutTelemetryRecords.html
  test("telemetry of daemons is taken", async () => {
    const record = { Timestamp: new Date(), SegmentsReceivedCount: 3, SegmentsSentCount: 3 };
    await expect(xray.send(new PutTelemetryRecordsCommand({ TelemetryRecords: [record], Hostname: "h" }))).resolves.toBeDefined();
  });
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_XRay.html
test("stacks have groups, rules and policies", async () => {
  const Resources = {
    Group: { Type: "AWS::XRay::Group", Properties: { GroupName: "of-stack", FilterExpression: "fault" } },
    Rule: {
      Type: "AWS::XRay::SamplingRule",
      Properties: { SamplingRule: { ...anything, RuleName: "of-stack", Priority: "7", FixedRate: "0.5", ReservoirSize: "3" } },
    },
  };
  const stack = new TestStack(() => cloud);
  await stack.deploy("CreateStack", Resources);
  expect((await xray.send(new GetGroupCommand({ GroupName: "of-stack" }))).Group?.FilterExpression).toBe("fault");
  const { SamplingRuleRecords = [] } = await xray.send(new GetSamplingRulesCommand({}));
  expect(SamplingRuleRecords[0]?.SamplingRule).toMatchObject({ RuleName: "of-stack", Priority: 7, FixedRate: 0.5, ReservoirSize: 3 });
  await stack.deploy("UpdateStack", {
    Group: { ...Resources.Group, Properties: { ...Resources.Group.Properties, FilterExpression: "error" } },
  });
  expect((await xray.send(new GetGroupCommand({ GroupName: "of-stack" }))).Group?.FilterExpression).toBe("error");
  expect((await xray.send(new GetSamplingRulesCommand({}))).SamplingRuleRecords).toHaveLength(1);
  await stack.destroy();
  await expect(xray.send(new GetGroupCommand({ GroupName: "of-stack" }))).rejects.toMatchObject({ name: "InvalidRequestException" });
});
