import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { CloudWatchClient, ListMetricsCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LambdaTest } from "../../../test/support/lambda.ts";

/** The function calls it when it has begun, and waits for an answer that never comes. */
const waiting = Promise.withResolvers<void>();
const server = createServer(() => waiting.resolve());
let it: LambdaTest;
beforeAll(async () => {
  it = await LambdaTest.start();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await it.cloud.stop();
});

// assumed: there is no reset on AWS; the next test of a suite must find nothing of the one before.
test("a function that runs while everything is reset leaves no log, no metric and no event", async () => {
  const { cloud } = it.cloud;
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const source = `exports.handler = async () => { console.log("begun"); await fetch("${url}"); };`;
  await it.create("slow", source, { Timeout: 60 });
  const answer = it.call("slow");
  await it.call("slow", {}, { InvocationType: "Event" });
  await waiting.promise;
  await Promise.all([it.cloud.reset(), expect(answer).rejects.toMatchObject({ $metadata: { httpStatusCode: 503 } })]);
  await cloud.clock.idle();
  await cloud.clock.advance(10 * 60_000);
  const { logGroups } = await new CloudWatchLogsClient(it.cloud.clientConfig).send(new DescribeLogGroupsCommand({}));
  const { Metrics } = await new CloudWatchClient(it.cloud.clientConfig).send(new ListMetricsCommand({}));
  expect([logGroups, Metrics, cloud.timeline.read(), cloud.scheduler.deadLetters()]).toEqual([[], [], [], []]);
});
