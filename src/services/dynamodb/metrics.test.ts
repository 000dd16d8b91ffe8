import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.stop());

// documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
test("consumed capacity arrives in CloudWatch when its minute is over", async () => {
  const { ctx } = cloud;
  const TableName = "Measured";
  const start = ctx.now - 120_000;
  await ctx.call("dynamodb", "CreateTable", {
    TableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
  });
  await cloud.cloud.clock.advance(0);
  for (const id of ["a", "b"])
    await ctx.call("dynamodb", "PutItem", { TableName, Item: { id: { S: id }, data: { S: "x".repeat(1_500) } } });
  await ctx.call("dynamodb", "GetItem", { TableName, Key: { id: { S: "a" } }, ConsistentRead: true });
  await expect(ctx.call("dynamodb", "GetItem", { TableName, Key: { wrong: { S: "a" } } })).rejects.toThrow();
  await cloud.cloud.clock.advance(60_000);
  const client = new CloudWatchClient(cloud.clientConfig);
  const table = { TableName };
  const sumOf = async (MetricName: string, dimensions: object = table, statistic: "Sum" | "SampleCount" = "Sum") => {
    const { Datapoints } = await client.send(
      new GetMetricStatisticsCommand({
        Namespace: "AWS/DynamoDB",
        MetricName,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value: String(Value) })),
        StartTime: new Date(start),
        EndTime: new Date(ctx.now + 60_000),
        Period: 3_600,
        Statistics: [statistic],
      }),
    );
    return Datapoints?.reduce((sum, point) => sum + (point[statistic] ?? 0), 0);
  };
  expect(await sumOf("ConsumedWriteCapacityUnits")).toBe(4);
  expect(await sumOf("ConsumedReadCapacityUnits")).toBe(1);
  expect(await sumOf("SuccessfulRequestLatency", { TableName, Operation: "PutItem" }, "SampleCount")).toBe(2);
  expect(await sumOf("UserErrors", {})).toBe(1);
});
