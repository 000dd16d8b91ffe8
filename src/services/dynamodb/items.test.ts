import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

describe("items", () => {
  let cloud: TestCloud;
  let client: DynamoDBClient;
  beforeAll(async () => {
    cloud = await startCloud();
    client = new DynamoDBClient(cloud.clientConfig);
    await client.send(
      new CreateTableCommand({
        TableName: "Music",
        AttributeDefinitions: [
          { AttributeName: "Artist", AttributeType: "S" },
          { AttributeName: "SongTitle", AttributeType: "S" },
        ],
        KeySchema: [
          { AttributeName: "Artist", KeyType: "HASH" },
          { AttributeName: "SongTitle", KeyType: "RANGE" },
        ],
        BillingMode: "PAY_PER_REQUEST",
      }),
    );
    await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 1 }, { TableName: "Music" });
  });
  afterAll(() => cloud.stop());

  const key = { Artist: { S: "No One You Know" }, SongTitle: { S: "Call Me Today" } };

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html
  test("an item that was put can be read", async () => {
    const item = {
      ...key,
      Plays: { N: "0100.50" },
      Cover: { B: Uint8Array.of(1, 2, 255) },
      Tags: { L: [{ S: "a" }, { NULL: true as const }] },
    };
    await client.send(new PutItemCommand({ TableName: "Music", Item: item }));
    const { Item } = await client.send(new GetItemCommand({ TableName: "Music", Key: key, ConsistentRead: true }));
    expect(Item).toEqual({ ...item, Plays: { N: "100.5" } });
  });

  test("an update answers what it changed", async () => {
    const { Attributes } = await client.send(
      new UpdateItemCommand({
        TableName: "Music",
        Key: key,
        UpdateExpression: "SET Plays = Plays + :one, Info = :info ADD Seen :set",
        ExpressionAttributeValues: { ":one": { N: "1" }, ":info": { M: { a: { S: "b" } } }, ":set": { SS: ["x"] } },
        ReturnValues: "UPDATED_NEW",
      }),
    );
    expect(Attributes).toEqual({ Plays: { N: "101.5" }, Info: { M: { a: { S: "b" } } }, Seen: { SS: ["x"] } });
  });
});
