import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { GetFunctionConfigurationCommand, ListVersionsByFunctionCommand } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LambdaTest, ROLE } from "../../../test/support/lambda.ts";

let it: LambdaTest;
let cfn: CloudFormationClient;
beforeAll(async () => {
  it = await LambdaTest.start();
  cfn = new CloudFormationClient(it.cloud.clientConfig);
});
afterAll(() => it.cloud.stop());

/** A custom resource whose function answers through the module that CloudFormation puts beside inline code. */
const CUSTOM = `
const response = require("cfn-response");
exports.handler = (event, context) => response.send(event, context, response.SUCCESS, { Made: event.RequestType }, "made-by-hand");`;

function template(timeout: number, description: string): string {
  return JSON.stringify({
    Resources: {
      Fn: {
        Type: "AWS::Lambda::Function",
        Properties: {
          FunctionName: "stacked",
          Role: ROLE,
          Runtime: "nodejs24.x",
          Handler: "index.handler",
          Timeout: String(timeout),
          Code: { ZipFile: CUSTOM },
          Environment: { Variables: { NUMBER: 1 } },
        },
      },
      [`Version${timeout}`]: { Type: "AWS::Lambda::Version", Properties: { FunctionName: { Ref: "Fn" } }, DependsOn: "Fn" },
      Alias: {
        Type: "AWS::Lambda::Alias",
        Properties: {
          Name: "live",
          FunctionName: { Ref: "Fn" },
          FunctionVersion: { "Fn::GetAtt": [`Version${timeout}`, "Version"] },
          Description: description,
        },
      },
      Permission: {
        Type: "AWS::Lambda::Permission",
        Properties: { FunctionName: { Ref: "Alias" }, Action: "lambda:InvokeFunctionUrl", Principal: "*", FunctionUrlAuthType: "NONE" },
      },
      Url: { Type: "AWS::Lambda::Url", Properties: { TargetFunctionArn: { Ref: "Alias" }, AuthType: "NONE" } },
      Config: {
        Type: "AWS::Lambda::EventInvokeConfig",
        Properties: { FunctionName: { Ref: "Fn" }, Qualifier: "$LATEST", MaximumRetryAttempts: "0" },
      },
    },
    Outputs: {
      Alias: { Value: { Ref: "Alias" } },
      Url: { Value: { "Fn::GetAtt": ["Url", "FunctionUrl"] } },
    },
  });
}

async function stackIs(status: string, StackName = "stack"): Promise<Record<string, string | undefined>> {
  await it.idle();
  const { Stacks } = await cfn.send(new DescribeStacksCommand({ StackName }));
  const [stack] = Stacks ?? [];
  if (stack?.StackStatus !== status) {
    const { StackEvents } = await cfn.send(new DescribeStackEventsCommand({ StackName }));
    const failed = StackEvents?.filter((event) => event.ResourceStatus?.endsWith("FAILED"));
    expect(failed?.map((event) => `${event.LogicalResourceId}: ${event.ResourceStatusReason}`)).toEqual([]);
  }
  expect(stack?.StackStatus).toBe(status);
  return Object.fromEntries((stack?.Outputs ?? []).map((output) => [output.OutputKey, output.OutputValue]));
}

/** What a function puts to the response URL of a custom resource's request. */
async function customResourceAnswer(FunctionName: string): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      response.end();
      resolve(JSON.parse(body));
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const ResponseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer`;
  const ids = { StackId: "s", RequestId: "r", LogicalResourceId: "l" };
  await it.call(FunctionName, { RequestType: "Create", ResponseURL, ...ids });
  const answer = await promise;
  server.close();
  return answer;
}

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Lambda.html
test("a stack makes, changes and removes functions with all that belongs to them", async () => {
  await cfn.send(new CreateStackCommand({ StackName: "stack", TemplateBody: template(3, "first") }));
  const outputs = await stackIs("CREATE_COMPLETE");
  expect(outputs).toMatchObject({
    Alias: "arn:aws:lambda:us-east-1:000000000000:function:stacked:live",
  });
  expect(outputs["Url"]).toMatch(/^http:\/\/[a-z0-9]{32}\.lambda-url\.us-east-1\.localhost:\d+\/$/);
  expect(await customResourceAnswer("stacked")).toMatchObject({
    Status: "SUCCESS",
    PhysicalResourceId: "made-by-hand",
    Data: { Made: "Create" },
  });
  await cfn.send(new UpdateStackCommand({ StackName: "stack", TemplateBody: template(5, "second") }));
  await stackIs("UPDATE_COMPLETE");
  const configuration = await it.client.send(new GetFunctionConfigurationCommand({ FunctionName: "stacked:live" }));
  expect(configuration).toMatchObject({
    Timeout: 5,
    Version: "2",
    LastUpdateStatus: "Successful",
    Environment: { Variables: { NUMBER: "1" } },
  });
  const { Versions } = await it.client.send(new ListVersionsByFunctionCommand({ FunctionName: "stacked" }));
  expect(Versions?.map((one) => one.Version)).toEqual(["$LATEST", "2"]);
  await cfn.send(new DeleteStackCommand({ StackName: "stack" }));
  await it.idle();
  await expect(it.client.send(new GetFunctionConfigurationCommand({ FunctionName: "stacked" }))).rejects.toMatchObject({
    name: "ResourceNotFoundException",
  });
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-custom-resources-lambda.html
test.each([
  ["nodejs24.x", CUSTOM],
  [
    "python3.13",
    'import cfnresponse\ndef handler(event, context):\n  cfnresponse.send(event, context, cfnresponse.SUCCESS, {"Made": event["RequestType"]}, "made-by-hand")\n',
  ],
])("a custom resource of inline %s code answers through CloudFormation's module", async (Runtime, ZipFile) => {
  const StackName = `custom-${Runtime.slice(0, 4)}`;
  const Fn = {
    Type: "AWS::Lambda::Function",
    Properties: { Role: ROLE, Runtime, Handler: "index.handler", Timeout: 10, Code: { ZipFile } },
  };
  const Custom = { Type: "Custom::Thing", Properties: { ServiceToken: { "Fn::GetAtt": ["Fn", "Arn"] } } };
  const Outputs = { Made: { Value: { "Fn::GetAtt": ["Custom", "Made"] } }, Id: { Value: { Ref: "Custom" } } };
  await cfn.send(new CreateStackCommand({ StackName, TemplateBody: JSON.stringify({ Resources: { Fn, Custom }, Outputs }) }));
  // CloudFormation looks for the answer again after half a minute, if nothing told it before.
  await it.idle();
  await it.cloud.cloud.clock.advance(31_000);
  expect(await stackIs("CREATE_COMPLETE", StackName)).toEqual({ Made: "Create", Id: "made-by-hand" });
});

// documented: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html and monitoring-metrics-types.html
test("logs and metrics reach CloudWatch", async () => {
  await it.create(
    "seen",
    "exports.handler = async (event) => { console.log('line one\\nline two'); if (event.boom) throw new Error('no'); };",
  );
  await it.call("seen");
  await it.call("seen", { boom: true });
  await it.idle();
  const logs = new CloudWatchLogsClient(it.cloud.clientConfig);
  const { events } = await logs.send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/seen" }));
  const messages = events?.map((event) => event.message ?? "") ?? [];
  expect(messages.map((message) => message.split(/[ \t]/)[0])).toEqual(expect.arrayContaining(["INIT_START", "START", "END", "REPORT"]));
  expect(messages.filter((message) => message.includes("line one\nline two"))).toHaveLength(2);
  expect(events?.[0]?.logStreamName).toMatch(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/);
  const { Datapoints } = await new CloudWatchClient(it.cloud.clientConfig).send(
    new GetMetricStatisticsCommand({
      Namespace: "AWS/Lambda",
      MetricName: "Errors",
      Dimensions: [{ Name: "FunctionName", Value: "seen" }],
      StartTime: new Date(it.cloud.cloud.clock.now() - 300_000),
      EndTime: new Date(it.cloud.cloud.clock.now() + 300_000),
      Period: 3600,
      Statistics: ["Sum", "SampleCount"],
    }),
  );
  expect(Datapoints?.reduce((sum, point) => sum + (point.Sum ?? 0), 0)).toBe(1);
  expect(Datapoints?.reduce((sum, point) => sum + (point.SampleCount ?? 0), 0)).toBe(2);
});
