import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.stop());

const Statement = [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }];
const Ref = (name: string): object => ({ Ref: name });
const arnOf = (name: string): object => ({ "Fn::GetAtt": [name, "Arn"] });
const filter = (transformation: object): object => ({
  Type: "AWS::Logs::MetricFilter",
  Properties: { LogGroupName: Ref("Group"), FilterPattern: '{ $.level = "ERROR" }', MetricTransformations: [transformation] },
});
const template = (pattern: string, permitted: boolean): string =>
  JSON.stringify({
    Resources: {
      Role: { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: { Version: "2012-10-17", Statement } } },
      Reader: {
        Type: "AWS::Lambda::Function",
        Properties: {
          FunctionName: "reader",
          Runtime: "nodejs22.x",
          Handler: "index.handler",
          Role: arnOf("Role"),
          Code: { ZipFile: "exports.handler = async ({ awslogs }) => console.log('DATA ' + awslogs.data);" },
        },
      },
      ...(permitted
        ? {
            Permission: {
              Type: "AWS::Lambda::Permission",
              Properties: {
                Action: "lambda:InvokeFunction",
                FunctionName: Ref("Reader"),
                Principal: "logs.amazonaws.com",
                SourceArn: arnOf("Group"),
              },
            },
          }
        : {}),
      Group: { Type: "AWS::Logs::LogGroup", Properties: { LogGroupName: "/app" } },
      Subscription: {
        Type: "AWS::Logs::SubscriptionFilter",
        ...(permitted ? { DependsOn: "Permission" } : {}),
        Properties: { LogGroupName: Ref("Group"), FilterName: "to-reader", FilterPattern: pattern, DestinationArn: arnOf("Reader") },
      },
      Errors: filter({ MetricName: "Errors", MetricNamespace: "App", MetricValue: "1", DefaultValue: "0" }),
      Took: filter({
        MetricName: "Took",
        MetricNamespace: "App",
        MetricValue: "$.ms",
        Unit: "Milliseconds",
        Dimensions: [{ Key: "Path", Value: "$.path" }],
      }),
    },
  });

async function deploy(operation: "CreateStack" | "UpdateStack", TemplateBody: string): Promise<string> {
  await cloud.ctx.call("cloudformation", operation, { StackName: "s", TemplateBody, Capabilities: ["CAPABILITY_IAM"] });
  await cloud.cloud.clock.advance(60_000);
  const { Stacks: [stack] = [] } = await cloud.ctx.call("cloudformation", "DescribeStacks", { StackName: "s" });
  return stack?.StackStatus ?? "";
}

async function write(...messages: object[]): Promise<void> {
  const names = { logGroupName: "/app", logStreamName: "one" };
  await cloud.ctx.call("cloudwatch-logs", "CreateLogStream", names).catch(() => undefined);
  const timestamp = cloud.cloud.clock.now();
  const logEvents = messages.map((message) => ({ timestamp, message: JSON.stringify(message) }));
  await cloud.ctx.call("cloudwatch-logs", "PutLogEvents", { ...names, logEvents });
  await cloud.cloud.clock.idle();
}

interface Data {
  readonly logEvents: readonly { readonly message: string }[];
}
async function read(): Promise<Data[]> {
  const { events = [] } = await cloud.ctx.call("cloudwatch-logs", "FilterLogEvents", {
    logGroupName: "/aws/lambda/reader",
    filterPattern: "DATA",
  });
  return events.map(
    ({ message = "" }) => JSON.parse(gunzipSync(Buffer.from(message.split(" ").at(-1) ?? "", "base64")).toString()) as Data,
  );
}

async function metric(MetricName: string, Stat: string, Dimensions: { Name: string; Value: string }[] = []): Promise<number[]> {
  const now = cloud.cloud.clock.now();
  const { MetricDataResults: [result] = [] } = await cloud.ctx.call("cloudwatch", "GetMetricData", {
    StartTime: new Date(now - 3_600_000),
    EndTime: new Date(now + 60_000),
    MetricDataQueries: [{ Id: "m", MetricStat: { Metric: { Namespace: "App", MetricName, Dimensions }, Period: 86_400, Stat } }],
  });
  return result?.Values ?? [];
}

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html#LambdaFunctionExample
it("a stack's subscription filter hands a function what matches, and its metric filters count it", async () => {
  expect(await deploy("CreateStack", template('{ $.level = "ERROR" }', true))).toBe("CREATE_COMPLETE");
  await write({ level: "ERROR", ms: 30, path: "/a" }, { level: "INFO", ms: 1, path: "/a" }, { level: "ERROR", ms: 50, path: "/b" });
  expect(await read()).toMatchObject([
    {
      messageType: "DATA_MESSAGE",
      owner: "000000000000",
      logGroup: "/app",
      logStream: "one",
      subscriptionFilters: ["to-reader"],
      logEvents: [{ message: '{"level":"ERROR","ms":30,"path":"/a"}' }, { message: '{"level":"ERROR","ms":50,"path":"/b"}' }],
    },
  ]);
  expect(await metric("Errors", "Sum")).toEqual([2]);
  expect(await metric("Took", "Average", [{ Name: "Path", Value: "/b" }])).toEqual([50]);
  await cloud.cloud.clock.advance(60_000);
  await write({ level: "INFO" });
  // The default value stands for a minute with logs of which none matched.
  expect(await metric("Errors", "SampleCount")).toEqual([3]);
  expect(await metric("Errors", "Sum")).toEqual([2]);
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data.html
it("filters see masked data", async () => {
  const DataIdentifier = ["arn:aws:dataprotection::aws:data-identifier/IpAddress"];
  const Statement = [{ Audit: { FindingsDestination: {} } }, { Deidentify: { MaskConfig: {} } }].map((Operation) => ({
    DataIdentifier,
    Operation,
  }));
  const policyDocument = JSON.stringify({ Statement });
  await cloud.ctx.call("cloudwatch-logs", "PutDataProtectionPolicy", { logGroupIdentifier: "/app", policyDocument });
  const before = (await read()).length;
  await write({ level: "ERROR", ms: 5, path: "/from/10.0.0.1" });
  expect((await read()).slice(before)).toMatchObject([{ logEvents: [{ message: '{"level":"ERROR","ms":5,"path":"/from/********"}' }] }]);
  expect(await metric("Took", "Average", [{ Name: "Path", Value: "/from/********" }])).toEqual([5]);
  await cloud.ctx.call("cloudwatch-logs", "DeleteDataProtectionPolicy", { logGroupIdentifier: "/app" });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutSubscriptionFilter.html
it("a subscription filter sees the transformed events where it is told to", async () => {
  const { Configuration } = await cloud.ctx.call("lambda", "GetFunction", { FunctionName: "reader" });
  const destinationArn = Configuration?.FunctionArn ?? "";
  const transformerConfig = [{ parseJSON: {} }, { addKeys: { entries: [{ key: "team", value: "red" }] } }];
  const names = { logGroupName: "/app", filterName: "transformed" };
  await cloud.ctx.call("cloudwatch-logs", "PutTransformer", { logGroupIdentifier: "/app", transformerConfig });
  const filter = { ...names, filterPattern: '{ $.team = "red" }', destinationArn, applyOnTransformedLogs: true };
  await cloud.ctx.call("cloudwatch-logs", "PutSubscriptionFilter", filter);
  const before = (await read()).length;
  await write({ level: "INFO" });
  expect((await read()).slice(before)).toMatchObject([
    { subscriptionFilters: ["transformed"], logEvents: [{ message: '{"level":"INFO","team":"red"}' }] },
  ]);
  await cloud.ctx.call("cloudwatch-logs", "DeleteSubscriptionFilter", names);
  await cloud.ctx.call("cloudwatch-logs", "DeleteTransformer", { logGroupIdentifier: "/app" });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters-AccountLevel.html
it("a policy of the account hands a function what matches of all log groups but those it leaves out", async () => {
  const { Configuration } = await cloud.ctx.call("lambda", "GetFunction", { FunctionName: "reader" });
  const DestinationArn = Configuration?.FunctionArn ?? "";
  const put = (more: object = {}) =>
    cloud.ctx.call("cloudwatch-logs", "PutAccountPolicy", {
      policyName: "all",
      policyType: "SUBSCRIPTION_FILTER_POLICY",
      policyDocument: JSON.stringify({ DestinationArn, FilterPattern: "shipped" }),
      selectionCriteria: 'LogGroupName NOT IN ["/aws/lambda/reader", "/left-out"]',
      ...more,
    });
  await expect(put()).rejects.toThrow(/Make sure you have given CloudWatch Logs permission/);
  await cloud.ctx.call("lambda", "AddPermission", {
    FunctionName: "reader",
    StatementId: "account",
    Action: "lambda:InvokeFunction",
    Principal: "logs.amazonaws.com",
    SourceArn: "arn:aws:logs:us-east-1:000000000000:log-group:*",
  });
  await put();
  await expect(put({ policyName: "second" })).rejects.toMatchObject({ code: "LimitExceededException" });
  await expect(put({ selectionCriteria: 'LogGroupNamePrefix IN ["/a"]' })).rejects.toMatchObject({ code: "InvalidParameterException" });
  const before = (await read()).length;
  for (const logGroupName of ["/left-out", "/other"]) {
    const names = { logGroupName, logStreamName: "s" };
    await cloud.ctx.call("cloudwatch-logs", "CreateLogGroup", { logGroupName });
    await cloud.ctx.call("cloudwatch-logs", "CreateLogStream", names);
    const logEvents = ["shipped 1", "kept 2"].map((message) => ({ timestamp: cloud.cloud.clock.now(), message }));
    await cloud.ctx.call("cloudwatch-logs", "PutLogEvents", { ...names, logEvents });
  }
  await cloud.cloud.clock.idle();
  expect((await read()).slice(before)).toMatchObject([
    { logGroup: "/other", subscriptionFilters: ["all"], policyLevel: "ACCOUNT_LEVEL_POLICY", logEvents: [{ message: "shipped 1" }] },
  ]);
  await cloud.ctx.call("cloudwatch-logs", "DeleteAccountPolicy", { policyName: "all", policyType: "SUBSCRIPTION_FILTER_POLICY" });
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-subscriptionfilter.html
it("an update changes the pattern, and the stack's end the filters", async () => {
  expect(await deploy("UpdateStack", template("INFO", true))).toBe("UPDATE_COMPLETE");
  const before = (await read()).length;
  await write({ level: "INFO", n: 1 });
  expect((await read()).slice(before).flatMap(({ logEvents }) => logEvents.map(({ message }) => message))).toEqual([
    '{"level":"INFO","n":1}',
  ]);
  await cloud.ctx.call("cloudformation", "DeleteStack", { StackName: "s" });
  await cloud.cloud.clock.advance(60_000);
  const { logGroups = [] } = await cloud.ctx.call("cloudwatch-logs", "DescribeLogGroups", { logGroupNamePrefix: "/app" });
  expect(logGroups).toEqual([]);
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html#LambdaFunctionExample
it("a function that does not let CloudWatch Logs in cannot be subscribed", async () => {
  expect(await deploy("CreateStack", template("", false))).toBe("ROLLBACK_COMPLETE");
  const { StackEvents = [] } = await cloud.ctx.call("cloudformation", "DescribeStackEvents", { StackName: "s" });
  expect(StackEvents.map(({ ResourceStatusReason = "" }) => ResourceStatusReason)).toContainEqual(
    expect.stringContaining("Make sure you have given CloudWatch Logs permission to execute your function."),
  );
});
