import {
  CloudWatchClient,
  DeleteDashboardsCommand,
  GetDashboardCommand,
  ListDashboardsCommand,
  PutDashboardCommand,
} from "@aws-sdk/client-cloudwatch";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../../test/support/cloud.ts";

let cloud: TestCloud;
let client: CloudWatchClient;
beforeAll(async () => {
  cloud = await startCloud({ strict: true });
  client = new CloudWatchClient(cloud.clientConfig);
});
afterAll(async () => {
  client.destroy();
  await cloud.stop();
});

const put = (body: unknown, DashboardName = "board") =>
  client.send(new PutDashboardCommand({ DashboardName, DashboardBody: typeof body === "string" ? body : JSON.stringify(body) }));
const TEXT = { type: "text", properties: { markdown: "hi" } };

// recorded: https://github.com/aws-samples/aws-eda-slurm-cluster/issues/116
it("refuses a metric widget without source in AWS's words, and stores nothing", async () => {
  const bad = await put({ widgets: [TEXT, { type: "metric", properties: {} }] }, "bad").catch((error: unknown) => error);
  const dashboardValidationMessages = [
    "Should have required property 'metrics'",
    "The metric widget should have specified a region and a data source or an alarm annotation",
    "Should have required property 'annotations'",
  ].map((Message) => ({ DataPath: "/widgets/1/properties", Message }));
  expect(bad).toMatchObject({ name: "DashboardInvalidInputError", dashboardValidationMessages });
  expect(String(bad)).toContain(
    'The dashboard body is invalid, there are 3 validation errors:\n[\n  {\n    "dataPath": "/widgets/1/properties",',
  );
  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetDashboard.html
  await expect(client.send(new GetDashboardCommand({ DashboardName: "bad" }))).rejects.toMatchObject({
    name: "ResourceNotFound",
    message: expect.stringMatching(/^Dashboard .* does not exist$/),
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html
it("answers warnings for what it stores", async () => {
  const { DashboardValidationMessages } = await put({ widgets: [TEXT], end: "2026-01-01T00:00:00Z" });
  expect(DashboardValidationMessages).toEqual([{ DataPath: "", Message: "Should have property start when property end is present" }]);
  expect((await put({ widgets: [TEXT] })).DashboardValidationMessages ?? []).toEqual([]);
  await expect(put("{")).rejects.toMatchObject({ name: "DashboardInvalidInputError" });
  await expect(put({ widgets: [] }, "no spaces")).rejects.toMatchObject({ name: "DashboardInvalidInputError" });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListDashboards.html
it("lists by prefix, and deletes all or nothing", async () => {
  const names = ["list-a", "list-b", "other"];
  for (const name of names) await put({ widgets: [] }, name);
  const list = async () => (await client.send(new ListDashboardsCommand({ DashboardNamePrefix: "list-" }))).DashboardEntries ?? [];
  expect(await list()).toMatchObject([{ DashboardName: "list-a", Size: 14 }, { DashboardName: "list-b" }]);
  expect((await list())[0]?.DashboardArn).toBe("arn:aws:cloudwatch::000000000000:dashboard/list-a");
  const remove = (...DashboardNames: string[]) => client.send(new DeleteDashboardsCommand({ DashboardNames }));
  await expect(remove("list-a", "missing")).rejects.toMatchObject({
    name: "ResourceNotFound",
    message: expect.stringMatching(/^Dashboard .* does not exist$/),
  });
  expect(await list()).toHaveLength(2);
  await remove("list-a", "list-b");
  expect(await list()).toEqual([]);
});
