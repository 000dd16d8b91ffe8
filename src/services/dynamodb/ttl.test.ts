import {
  CreateTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

// documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
describe("time to live", () => {
  let cloud: TestCloud;
  let client: DynamoDBClient;
  const TableName = "Sessions";
  beforeAll(async () => {
    cloud = await startCloud();
    client = new DynamoDBClient(cloud.clientConfig);
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [
          { AttributeName: "id", AttributeType: "S" },
          { AttributeName: "who", AttributeType: "S" },
        ],
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
        GlobalSecondaryIndexes: [
          { IndexName: "byWho", KeySchema: [{ AttributeName: "who", KeyType: "HASH" }], Projection: { ProjectionType: "ALL" } },
        ],
      }),
    );
    await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 1 }, { TableName });
  });
  afterAll(() => cloud.stop());

  const put = (id: string, seconds: number) => {
    const expires = { N: String(Math.floor(cloud.cloud.clock.now() / 1_000) + seconds) };
    return client.send(new PutItemCommand({ TableName, Item: { id: { S: id }, who: { S: "me" }, expires } }));
  };
  const ids = async () => (await client.send(new ScanCommand({ TableName }))).Items?.map(({ id }) => id?.S).sort();

  test("items go when their time has come, whether they were there before it was switched on or not", async () => {
    await put("old", 60);
    await put("ancient", -6 * 365 * 86_400);
    const spec = { AttributeName: "expires", Enabled: true };
    const { TimeToLiveSpecification } = await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: spec }));
    expect(TimeToLiveSpecification).toEqual(spec);
    await cloud.cloud.clock.advance(0);
    await put("later", 3_600);
    await put("soon", 30);
    await put("moved", 40);
    await put("moved", 7_200);
    expect(await ids()).toEqual(["ancient", "later", "moved", "old", "soon"]);
    await cloud.cloud.clock.advance(31_000);
    expect(await ids()).toEqual(["ancient", "later", "moved", "old"]);
    await cloud.cloud.clock.advance(30_000);
    expect(await ids()).toEqual(["ancient", "later", "moved"]);
    await cloud.cloud.clock.advance(3_600_000);
    expect(await ids()).toEqual(["ancient", "moved"]);
    const query = { TableName, IndexName: "byWho", KeyConditionExpression: "who = :w", ExpressionAttributeValues: { ":w": { S: "me" } } };
    expect((await client.send(new QueryCommand(query))).Count).toBe(2);
    // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html
    const events = cloud.cloud.timeline.read({ type: "Item Expired" });
    expect(events.map(({ detail }) => detail)).toEqual(
      ["soon", "old", "later"].map((id) => ({
        keys: { id: { S: id } },
        userIdentity: { type: "Service", principalId: "dynamodb.amazonaws.com" },
      })),
    );
  });

  test("it is described, and refuses to be switched twice", async () => {
    expect((await client.send(new DescribeTimeToLiveCommand({ TableName }))).TimeToLiveDescription).toEqual({
      AttributeName: "expires",
      TimeToLiveStatus: "ENABLED",
    });
    const again = { TableName, TimeToLiveSpecification: { AttributeName: "expires", Enabled: true } };
    await expect(client.send(new UpdateTimeToLiveCommand(again))).rejects.toMatchObject({
      name: "ValidationException",
      message: "TimeToLive is already enabled",
    });
  });
});
