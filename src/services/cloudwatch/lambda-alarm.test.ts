import { CreateAliasCommand, PublishVersionCommand } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LambdaTest } from "../../../test/support/lambda.ts";

const MINUTE = 60_000;
let test: LambdaTest;
beforeAll(async () => {
  test = await LambdaTest.start();
});
afterAll(() => test.cloud.stop());

// documented: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html
it("an alarm on the errors of an alias goes off a second after the minute in which its function failed", async () => {
  const { cloud, ctx } = test.cloud;
  await test.create("pay", "exports.handler = async (event) => { if (event.fail) throw new Error('no'); return 'yes'; };");
  await test.client.send(new PublishVersionCommand({ FunctionName: "pay" }));
  await test.client.send(new CreateAliasCommand({ FunctionName: "pay", Name: "live", FunctionVersion: "1" }));
  const alarm = (AlarmName: string, dimensions: Record<string, string>) =>
    ctx.call("cloudwatch", "PutMetricAlarm", {
      AlarmName,
      Namespace: "AWS/Lambda",
      MetricName: "Errors",
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      Statistic: "Sum",
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
      TreatMissingData: "notBreaching",
    });
  await alarm("by-alias", { FunctionName: "pay", Resource: "pay:live" });
  await alarm("by-version", { FunctionName: "pay", Resource: "pay:live", ExecutedVersion: "1" });
  await alarm("other", { FunctionName: "pay", Resource: "pay:other" });
  const states = async () => {
    const { MetricAlarms = [] } = await ctx.call("cloudwatch", "DescribeAlarms", {});
    return Object.fromEntries(MetricAlarms.map(({ AlarmName = "", StateValue }) => [AlarmName, StateValue]));
  };
  const toNextMinute = () => cloud.clock.advance(MINUTE - (cloud.clock.now() % MINUTE));
  await toNextMinute();
  await test.call("pay:live", { fail: false });
  await toNextMinute();
  await cloud.clock.advance(1_000);
  expect(await states()).toEqual({ "by-alias": "OK", "by-version": "OK", other: "OK" });
  await test.call("pay:live", { fail: true });
  await toNextMinute();
  expect(await states()).toEqual({ "by-alias": "OK", "by-version": "OK", other: "OK" });
  await cloud.clock.advance(1_000);
  expect(await states()).toEqual({ "by-alias": "ALARM", "by-version": "ALARM", other: "OK" });
});
