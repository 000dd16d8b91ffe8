import { CreateAliasCommand, PublishVersionCommand, UpdateFunctionCodeCommand } from "@aws-sdk/client-lambda";
import { afterEach, expect, test } from "vitest";
import { LambdaTest } from "../../../test/support/lambda.ts";
import { writeZip } from "../../runtime/processes/zip.ts";

let it: LambdaTest;
afterEach(() => it.cloud.stop());

const CALLS = 120;

// documented: https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html,
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html
test("an alias with weights tells which version ran, in the answer and in the metrics", async () => {
  it = await LambdaTest.start();
  await it.create("f", "exports.handler = async () => 1;");
  await it.client.send(new PublishVersionCommand({ FunctionName: "f" }));
  await it.client.send(
    new UpdateFunctionCodeCommand({ FunctionName: "f", ZipFile: writeZip({ "index.js": "exports.handler = async () => 2;" }) }),
  );
  await it.idle();
  await it.client.send(new PublishVersionCommand({ FunctionName: "f" }));
  const RoutingConfig = { AdditionalVersionWeights: { "2": 0.25 } };
  await it.client.send(new CreateAliasCommand({ FunctionName: "f", Name: "live", FunctionVersion: "1", RoutingConfig }));
  const counts: Record<string, number> = { "1": 0, "2": 0 };
  for (let call = 0; call < CALLS; call++) {
    const { answer, ExecutedVersion = "" } = await it.call("f", {}, { Qualifier: "live" });
    expect(String(answer)).toBe(ExecutedVersion);
    counts[ExecutedVersion] = (counts[ExecutedVersion] ?? 0) + 1;
  }
  await it.idle();
  // A quarter, give or take five standard deviations.
  expect(counts["2"]).toBeGreaterThan(6);
  expect(counts["2"]).toBeLessThan(54);
  const { ctx } = it.cloud;
  const [StartTime, EndTime] = [new Date(ctx.now - 600_000), new Date(ctx.now + 60_000)];
  for (const [version, count] of Object.entries(counts)) {
    const Dimensions = Object.entries({ FunctionName: "f", Resource: "f:live", ExecutedVersion: version }).map(([Name, Value]) => ({
      Name,
      Value,
    }));
    const metric = { Namespace: "AWS/Lambda", MetricName: "Invocations", Dimensions, Period: 60, Statistics: ["Sum" as const] };
    const { Datapoints = [] } = await ctx.call("cloudwatch", "GetMetricStatistics", { ...metric, StartTime, EndTime });
    expect(Datapoints.reduce((sum, { Sum = 0 }) => sum + Sum, 0)).toBe(count);
  }
});
