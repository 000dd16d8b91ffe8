import { ApiGatewayV2Client, CreateApiCommand } from "@aws-sdk/client-apigatewayv2";
import {
  ApplicationSignalsClient,
  BatchGetServiceLevelObjectiveBudgetReportCommand,
  CreateServiceLevelObjectiveCommand,
  GetServiceCommand,
  ListEntityEventsCommand,
  ListServiceDependenciesCommand,
  ListServiceDependentsCommand,
  ListServiceOperationsCommand,
  ListServiceStatesCommand,
  ListServicesCommand,
  StartDiscoveryCommand,
} from "@aws-sdk/client-application-signals";
import { CloudWatchClient, DescribeAlarmsCommand, GetMetricStatisticsCommand, PutMetricAlarmCommand } from "@aws-sdk/client-cloudwatch";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  AddPermissionCommand,
  InvokeCommand,
  PutFunctionConcurrencyCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { PutTraceSegmentsCommand, XRayClient } from "@aws-sdk/client-xray";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LambdaTest } from "../../../test/support/lambda.ts";

let it: LambdaTest;
let signals: ApplicationSignalsClient;
let cloudwatch: CloudWatchClient;
let url: string;
const SHOP = { Type: "Service", Name: "shop/default", Environment: "api-gateway:$default" };
const WEB = { Type: "Service", Name: "web", Environment: "lambda:default" };

const minutes = (count: number): Promise<void> => it.cloud.cloud.clock.advance(count * 60_000);
const now = (): number => it.cloud.cloud.clock.now();
const range = () => ({ StartTime: new Date(now() - 3_600_000), EndTime: new Date(now()) });
async function requests(count: number, fail: number): Promise<void> {
  for (let i = 0; i < count; i++) await (await fetch(`${url}${i < fail ? "/items?bad=1" : "/items"}`)).text();
  await it.idle();
}

beforeAll(async () => {
  it = await LambdaTest.start();
  signals = new ApplicationSignalsClient(it.cloud.clientConfig);
  cloudwatch = new CloudWatchClient(it.cloud.clientConfig);
  await it.create(
    "web",
    "exports.handler = async (event) => { if (event.queryStringParameters?.bad) throw new Error('no'); return { statusCode: 200, body: '' }; };",
  );
  const allow = { Action: "lambda:InvokeFunction", StatementId: "all", Principal: "apigateway.amazonaws.com" };
  await it.client.send(new AddPermissionCommand({ ...allow, FunctionName: "web" }));
  const { ApiEndpoint = "" } = await new ApiGatewayV2Client(it.cloud.clientConfig).send(
    new CreateApiCommand({ Name: "shop", ProtocolType: "HTTP", Target: "arn:aws:lambda:us-east-1:000000000000:function:web" }),
  );
  url = ApiEndpoint;
  await requests(1, 0);
});
afterAll(() => it.cloud.stop());

describe("discovery", () => {
  // documented: https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_StartDiscovery.html
  test("is off until it is started, and makes the service-linked role, whether there is one already or not", async () => {
    expect((await signals.send(new ListServicesCommand(range()))).ServiceSummaries).toEqual([]);
    await signals.send(new StartDiscoveryCommand({}));
    await signals.send(new StartDiscoveryCommand({}));
    const { Role } = await new IAMClient(it.cloud.clientConfig).send(
      new GetRoleCommand({ RoleName: "AWSServiceRoleForCloudWatchApplicationSignals" }),
    );
    expect(Role?.Path).toBe("/aws-service-role/application-signals.cloudwatch.amazonaws.com/");
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AppSignals-MetricsCollected.html
  test("knows an HTTP API, its function, and who calls whom, with metrics that are there", async () => {
    await requests(10, 3);
    await minutes(1);
    const { ServiceSummaries = [] } = await signals.send(new ListServicesCommand(range()));
    expect(ServiceSummaries.map(({ KeyAttributes }) => KeyAttributes)).toEqual([SHOP, WEB]);
    const { ServiceOperations = [] } = await signals.send(new ListServiceOperationsCommand({ ...range(), KeyAttributes: SHOP }));
    expect(ServiceOperations.map(({ Name }) => Name)).toEqual(["GET /items"]);
    const { ServiceDependencies = [] } = await signals.send(new ListServiceDependenciesCommand({ ...range(), KeyAttributes: SHOP }));
    expect(ServiceDependencies).toMatchObject([
      { OperationName: "GET /items", DependencyKeyAttributes: WEB, DependencyOperationName: "Invoke" },
    ]);
    const { ServiceDependents = [] } = await signals.send(new ListServiceDependentsCommand({ ...range(), KeyAttributes: WEB }));
    expect(ServiceDependents).toMatchObject([{ DependentKeyAttributes: SHOP, DependentOperationName: "GET /items" }]);
    const { Service, LogGroupReferences } = await signals.send(new GetServiceCommand({ ...range(), KeyAttributes: WEB }));
    expect(Service?.AttributeMaps).toEqual([{ PlatformType: "AWS::Lambda" }]);
    expect(LogGroupReferences).toEqual([{ Type: "AWS::Resource", ResourceType: "AWS::Logs::LogGroup", Identifier: "/aws/lambda/web" }]);

    const sum = async (reference: (typeof ServiceSummaries)[number]["MetricReferences"] = [], name: string) => {
      const { Namespace, Dimensions, MetricName } = reference.find(({ MetricName: one }) => one === name) ?? {};
      const Statistics = ["Sum" as const, "SampleCount" as const];
      const asked = {
        Namespace,
        MetricName,
        Dimensions: Dimensions as { Name: string; Value: string }[],
        ...range(),
        Period: 3_600,
        Statistics,
      };
      const { Datapoints = [] } = await cloudwatch.send(new GetMetricStatisticsCommand(asked));
      return [Datapoints[0]?.Sum, Datapoints[0]?.SampleCount];
    };
    expect(await sum(ServiceOperations[0]?.MetricReferences, "Fault")).toEqual([3, 10]);
    expect(await sum(ServiceOperations[0]?.MetricReferences, "Error")).toEqual([0, 10]);
    expect(await sum(Service?.MetricReferences, "Fault")).toEqual([3, 10]);
    // What X-Ray sampled of them.
    expect((await sum(ServiceDependencies[0]?.MetricReferences, "Latency"))[1]).toBeGreaterThan(0);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AppSignals-MetricsCollected.html
  test("knows programs that send their own segments, and the tables and hosts that they call, each call once", async () => {
    const start = now() / 1_000;
    const part = { start_time: start, end_time: start + 0.25 };
    const document = {
      ...part,
      trace_id: `1-${Math.floor(start).toString(16)}-${"a".repeat(24)}`,
      id: "0123456789abcdef",
      name: "worker",
      http: { request: { method: "POST", url: "http://worker/jobs/17" }, response: { status: 200 } },
      subsegments: [
        { ...part, id: "1123456789abcdef", name: "DynamoDB", namespace: "aws", aws: { operation: "GetItem", table_name: "jobs" } },
        {
          ...part,
          id: "2123456789abcdef",
          name: "bank.example.com",
          namespace: "remote",
          fault: true,
          http: { request: { url: "https://bank.example.com/%C3/ü" } },
        },
        { ...part, id: "3123456789abcdef", name: "käse.example.com", namespace: "remote" },
      ],
    };
    await new XRayClient(it.cloud.clientConfig).send(new PutTraceSegmentsCommand({ TraceSegmentDocuments: [JSON.stringify(document)] }));
    await minutes(3);
    const KeyAttributes = { Type: "Service", Name: "worker", Environment: "generic:default" };
    const { ServiceDependencies = [] } = await signals.send(new ListServiceDependenciesCommand({ ...range(), KeyAttributes }));
    expect(ServiceDependencies.map(({ DependencyKeyAttributes }) => DependencyKeyAttributes)).toEqual([
      { Type: "AWS::Resource", ResourceType: "AWS::DynamoDB::Table", Identifier: "jobs" },
      { Type: "RemoteService", Name: "bank.example.com" },
      { Type: "RemoteService", Name: "käse.example.com" },
    ]);
    const Dimensions = [
      { Name: "Environment", Value: "generic:default" },
      { Name: "Service", Value: "worker" },
      { Name: "Operation", Value: "POST /jobs" },
      { Name: "RemoteService", Value: "AWS::DynamoDB" },
      { Name: "RemoteOperation", Value: "GetItem" },
    ];
    const asked = { Namespace: "ApplicationSignals", MetricName: "Latency", ...range(), Period: 3_600 };
    const { Datapoints } = await cloudwatch.send(
      new GetMetricStatisticsCommand({ ...asked, Dimensions, Statistics: ["SampleCount", "Average"] }),
    );
    expect(Datapoints).toMatchObject([{ SampleCount: 1, Average: 250 }]);
  });

  // documented: https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_ListServiceDependencies.html
  test("knows the tables that a traced function reads, without code of its own", async () => {
    const key = { AttributeName: "id", AttributeType: "S" as const };
    const table = { TableName: "games", BillingMode: "PAY_PER_REQUEST" as const, AttributeDefinitions: [key] };
    const KeySchema = [{ AttributeName: "id", KeyType: "HASH" as const }];
    await new DynamoDBClient(it.cloud.clientConfig).send(new CreateTableCommand({ ...table, KeySchema }));
    await it.create(
      "reader",
      `const { DynamoDBClient, GetItemCommand } = require("@aws-sdk/client-dynamodb");
       exports.handler = () => new DynamoDBClient({}).send(new GetItemCommand({ TableName: "games", Key: { id: { S: "1" } } }));`,
      { TracingConfig: { Mode: "Active" } },
    );
    await it.client.send(new InvokeCommand({ FunctionName: "reader" }));
    await minutes(1);
    const KeyAttributes = { ...WEB, Name: "reader" };
    const { ServiceDependencies } = await signals.send(new ListServiceDependenciesCommand({ ...range(), KeyAttributes }));
    const games = { Type: "AWS::Resource", ResourceType: "AWS::DynamoDB::Table", Identifier: "games" };
    expect(ServiceDependencies).toMatchObject([
      { OperationName: "reader/FunctionHandler", DependencyKeyAttributes: games, DependencyOperationName: "GetItem" },
    ]);
  });

  // documented: https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_ListServiceStates.html, API_ListEntityEvents.html
  test("tells the newest change of a service, and all of them by entity", async () => {
    await it.client.send(new UpdateFunctionConfigurationCommand({ FunctionName: "web", Timeout: 5 }));
    await it.idle();
    const asked = () => ({ StartTime: new Date(now() - 3_600_000), EndTime: new Date(now() + 1_000) });
    const { ServiceStates = [] } = await signals.send(new ListServiceStatesCommand(asked()));
    expect(ServiceStates.filter(({ Service }) => Service?.["Name"] === "web")).toMatchObject([
      { Service: WEB, LatestChangeEvents: [{ EventName: "UpdateFunctionConfiguration", ChangeEventType: "CONFIGURATION", Entity: WEB }] },
    ]);
    const Platform = { AttributeFilterName: "Platform", AttributeFilterValues: ["Generic"] };
    expect((await signals.send(new ListServiceStatesCommand({ ...asked(), AttributeFilters: [Platform] }))).ServiceStates).toEqual([]);
    await it.client.send(new PutFunctionConcurrencyCommand({ FunctionName: "web", ReservedConcurrentExecutions: 5 }));
    const { ChangeEvents = [] } = await signals.send(new ListEntityEventsCommand({ ...asked(), Entity: WEB }));
    expect(ChangeEvents.map(({ EventName, ChangeEventType }) => [EventName, ChangeEventType])).toEqual([
      ["PutFunctionConcurrency", "CONFIGURATION"],
      ["UpdateFunctionConfiguration", "CONFIGURATION"],
      ["CreateFunction", "DEPLOYMENT"],
    ]);
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-ServiceLevelObjectives.html
test("an API that fails 30 % of its requests spends the SLO's budget, and its burn-rate alarm fires", async () => {
  const Goal = { Interval: { RollingInterval: { DurationUnit: "DAY" as const, Duration: 1 } }, AttainmentGoal: 90, WarningThreshold: 50 };
  const RequestBasedSliMetricConfig = { KeyAttributes: SHOP, OperationName: "GET /items", MetricType: "AVAILABILITY" as const };
  const { Slo } = await signals.send(
    new CreateServiceLevelObjectiveCommand({
      Name: "items",
      Goal,
      RequestBasedSliConfig: { RequestBasedSliMetricConfig },
      BurnRateConfigurations: [{ LookBackWindowMinutes: 5 }],
    }),
  );
  expect(Slo).toMatchObject({ EvaluationType: "RequestBased", MetricSourceType: "ServiceOperation", Goal });
  await cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName: "burning",
      Namespace: "AWS/ApplicationSignals",
      MetricName: "BurnRate",
      Dimensions: [
        { Name: "SloName", Value: "items" },
        { Name: "BurnRateWindowMinutes", Value: "5" },
      ],
      Statistic: "Maximum",
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 2.4,
      ComparisonOperator: "GreaterThanThreshold",
    }),
  );
  const report = async (): Promise<unknown> => {
    const asked = { Timestamp: new Date(now()), SloIds: ["items", "no-such"] };
    const answer = await signals.send(new BatchGetServiceLevelObjectiveBudgetReportCommand(asked));
    expect(answer.Errors).toMatchObject([{ Name: "no-such", ErrorCode: "ResourceNotFoundException" }]);
    return answer.Reports?.[0];
  };
  const alarm = async () => (await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: ["burning"] }))).MetricAlarms?.[0];
  expect(await report()).toMatchObject({ BudgetStatus: "INSUFFICIENT_DATA" });

  await requests(20, 1);
  await minutes(2);
  expect(await report()).toMatchObject({ BudgetStatus: "OK", Attainment: 95, TotalBudgetRequests: 2, BudgetRequestsRemaining: 1 });
  expect((await alarm())?.StateValue).toBe("OK");

  await requests(40, 12);
  await minutes(2);
  // 13 of 60 failed, 6 may; 13/60 is 2.17 times the 10 % that would spend it all.
  expect(await report()).toMatchObject({ BudgetStatus: "BREACHED", TotalBudgetRequests: 6, BudgetRequestsRemaining: -7 });
  expect((await alarm())?.StateValue).toBe("OK");
  await minutes(3);
  await requests(10, 3);
  await minutes(2);
  // Only failing minutes are left in the window: 3 times.
  expect(await alarm()).toMatchObject({ StateValue: "ALARM" });
  const told = it.cloud.cloud.timeline.read({}).filter(({ type }) => type === "SLO budget status changed");
  expect(told.map(({ detail }) => [detail["from"], detail["to"]])).toEqual([
    ["INSUFFICIENT_DATA", "OK"],
    ["OK", "BREACHED"],
  ]);
  expect(told.at(-1)?.rule).toBe("attainment is 78.333333 % for a goal of 90 %: -7 of 6 requests of the budget are left");
});

// documented: https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_RequestBasedServiceLevelIndicatorConfig.html
test.each([
  ["LessThanOrEqualTo" as const, 250, 1],
  ["LessThan" as const, 250, 0],
  ["LessThan" as const, 251, 1],
  ["GreaterThanOrEqualTo" as const, 250, 1],
  ["GreaterThan" as const, 250, 0],
])("requests of 250 ms that should be %s %d ms", async (ComparisonOperator, MetricThreshold, good) => {
  const KeyAttributes = { Type: "Service", Name: "worker", Environment: "generic:default" };
  const config = { KeyAttributes, OperationName: "POST /jobs", MetricType: "LATENCY" as const };
  const Name = `latency-${ComparisonOperator}-${MetricThreshold}`;
  await signals.send(
    new CreateServiceLevelObjectiveCommand({
      Name,
      RequestBasedSliConfig: { RequestBasedSliMetricConfig: config, ComparisonOperator, MetricThreshold },
    }),
  );
  const start = now() / 1_000;
  const document = {
    id: it.cloud.cloud.ids.hex(16),
    trace_id: `1-${Math.floor(start).toString(16)}-${it.cloud.cloud.ids.hex(24)}`,
    name: "worker",
    start_time: start,
    end_time: start + 0.25,
    http: { request: { method: "POST", url: "http://worker/jobs/18" } },
  };
  await new XRayClient(it.cloud.clientConfig).send(new PutTraceSegmentsCommand({ TraceSegmentDocuments: [JSON.stringify(document)] }));
  await minutes(2);
  const asked = { Timestamp: new Date(now()), SloIds: [Name] };
  const { Reports } = await signals.send(new BatchGetServiceLevelObjectiveBudgetReportCommand(asked));
  expect(Reports?.[0]?.Attainment).toBe(100 * good);
});
