import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

describe("items", () => {
  let cloud: TestCloud;
  let client: DynamoDBClient;
  const TableName = "Music";
  beforeAll(async () => {
    cloud = await startCloud();
    client = new DynamoDBClient(cloud.clientConfig);
    await client.send(
      new CreateTableCommand({
        TableName,
        AttributeDefinitions: [
          { AttributeName: "Artist", AttributeType: "S" },
          { AttributeName: "SongTitle", AttributeType: "S" },
          { AttributeName: "Year", AttributeType: "N" },
        ],
        KeySchema: [
          { AttributeName: "Artist", KeyType: "HASH" },
          { AttributeName: "SongTitle", KeyType: "RANGE" },
        ],
        LocalSecondaryIndexes: [
          {
            IndexName: "byYear",
            KeySchema: [
              { AttributeName: "Artist", KeyType: "HASH" },
              { AttributeName: "Year", KeyType: "RANGE" },
            ],
            Projection: { ProjectionType: "ALL" },
          },
        ],
        BillingMode: "PAY_PER_REQUEST",
      }),
    );
    await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 1 }, { TableName });
  });
  afterAll(() => cloud.stop());

  const keyOf = (song: string) => ({ Artist: { S: "No One You Know" }, SongTitle: { S: song } });
  const get = async (song: string) => (await client.send(new GetItemCommand({ TableName, Key: keyOf(song), ConsistentRead: true }))).Item;

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html
  test("an item that was put can be read, numbers in their canonical form", async () => {
    const Item = {
      ...keyOf("a"),
      Plays: { N: "0100.50" },
      Cover: { B: Uint8Array.of(1, 2, 255) },
      Tags: { L: [{ S: "a" }, { NULL: true as const }] },
    };
    await client.send(new PutItemCommand({ TableName, Item }));
    expect(await get("a")).toEqual({ ...Item, Plays: { N: "100.5" } });
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
  test.each<[NonNullable<UpdateItemCommandInput["ReturnValues"]>, object | undefined]>([
    ["NONE", undefined],
    ["ALL_OLD", { ...keyOf("u"), Plays: { N: "1" }, Info: { M: { a: { N: "1" }, b: { N: "2" } } } }],
    ["UPDATED_OLD", { Plays: { N: "1" }, Info: { M: { a: { N: "1" } } } }],
    ["ALL_NEW", { ...keyOf("u"), Plays: { N: "2" }, Info: { M: { a: { N: "5" }, b: { N: "2" } } } }],
    ["UPDATED_NEW", { Plays: { N: "2" }, Info: { M: { a: { N: "5" } } } }],
  ])("ReturnValues %s", async (ReturnValues, expected) => {
    await client.send(
      new PutItemCommand({ TableName, Item: { ...keyOf("u"), Plays: { N: "1" }, Info: { M: { a: { N: "1" }, b: { N: "2" } } } } }),
    );
    const update = {
      UpdateExpression: "SET Plays = Plays + :one, Info.a = :five",
      ExpressionAttributeValues: { ":one": { N: "1" }, ":five": { N: "5" } },
    };
    expect((await client.send(new UpdateItemCommand({ TableName, Key: keyOf("u"), ...update, ReturnValues }))).Attributes).toEqual(
      expected,
    );
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html
  test("a condition that fails changes nothing, and shows the item when asked", async () => {
    await client.send(new PutItemCommand({ TableName, Item: { ...keyOf("c"), Plays: { N: "1" } } }));
    const put = { TableName, Item: keyOf("c"), ConditionExpression: "attribute_not_exists(Artist)" };
    await expect(client.send(new PutItemCommand({ ...put, ReturnValuesOnConditionCheckFailure: "ALL_OLD" }))).rejects.toMatchObject({
      name: "ConditionalCheckFailedException",
      message: "The conditional request failed",
      Item: { Plays: { N: "1" } },
    });
    await expect(
      client.send(new DeleteItemCommand({ TableName, Key: keyOf("c"), Expected: { Plays: { Value: { N: "2" } } } })),
    ).rejects.toMatchObject({ name: "ConditionalCheckFailedException" });
    const { Attributes } = await client.send(
      new DeleteItemCommand({ TableName, Key: keyOf("c"), Expected: { Plays: { Value: { N: "1.0" } } }, ReturnValues: "ALL_OLD" }),
    );
    expect(Attributes).toMatchObject({ Plays: { N: "1" } });
    expect(await get("c")).toBeUndefined();
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
  test("capacity and item collections are told when asked for", async () => {
    const Item = { ...keyOf("k"), Year: { N: "1999" }, data: { S: "x".repeat(2_500) } };
    const answer = await client.send(
      new PutItemCommand({ TableName, Item, ReturnConsumedCapacity: "INDEXES", ReturnItemCollectionMetrics: "SIZE" }),
    );
    expect(answer).toMatchObject({
      ConsumedCapacity: {
        TableName,
        CapacityUnits: 6,
        Table: { CapacityUnits: 3 },
        LocalSecondaryIndexes: { byYear: { CapacityUnits: 3 } },
      },
      ItemCollectionMetrics: { ItemCollectionKey: { Artist: { S: "No One You Know" } }, SizeEstimateRangeGB: [0, 1] },
    });
    const read = await client.send(new GetItemCommand({ TableName, Key: keyOf("k"), ReturnConsumedCapacity: "TOTAL" }));
    expect(read.ConsumedCapacity).toEqual({ TableName, CapacityUnits: 0.5 });
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.AttributeUpdates.html
  test("the old form of updates still works", async () => {
    await client.send(new PutItemCommand({ TableName, Item: { ...keyOf("old"), n: { N: "1" }, gone: { S: "x" } } }));
    const AttributeUpdates = {
      n: { Action: "ADD" as const, Value: { N: "2" } },
      gone: { Action: "DELETE" as const },
      fresh: { Value: { S: "y" } },
    };
    await client.send(new UpdateItemCommand({ TableName, Key: keyOf("old"), AttributeUpdates }));
    expect(await get("old")).toEqual({ ...keyOf("old"), n: { N: "3" }, fresh: { S: "y" } });
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html; texts assumed from AWS's own
  test.each<[string, Record<string, object>, string]>([
    ["no sort key", { Artist: { S: "a" } }, "One or more parameter values were invalid: Missing the key SongTitle in the item"],
    [
      "a key of another type",
      { Artist: { S: "a" }, SongTitle: { N: "1" } },
      "One or more parameter values were invalid: Type mismatch for key SongTitle expected: S actual: N",
    ],
    [
      "an empty key",
      { Artist: { S: "" }, SongTitle: { S: "a" } },
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: Artist",
    ],
    [
      "a long partition key",
      { Artist: { S: "a".repeat(2_049) }, SongTitle: { S: "a" } },
      "Size of hashkey has exceeded the maximum size limit of2048 bytes",
    ],
    [
      "a long sort key",
      { Artist: { S: "a" }, SongTitle: { S: "a".repeat(1_025) } },
      "Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
    ],
    [
      "an index key of another type",
      { Artist: { S: "a" }, SongTitle: { S: "a" }, Year: { S: "x" } },
      "Type mismatch for Index Key Year Expected: N Actual: S IndexName: byYear",
    ],
    [
      "a large item",
      { Artist: { S: "a" }, SongTitle: { S: "a" }, data: { S: "x".repeat(409_600) } },
      "Item size has exceeded the maximum allowed size",
    ],
    [
      "a number that is none",
      { Artist: { S: "a" }, SongTitle: { S: "a" }, n: { N: "1,5" } },
      "The parameter cannot be converted to a numeric value: 1,5",
    ],
  ])("%s is refused", async (_what, Item, message) => {
    await expect(client.send(new PutItemCommand({ TableName, Item: Item as never }))).rejects.toMatchObject({
      name: "ValidationException",
      message: expect.stringContaining(message),
    });
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html: key attributes cannot be updated
  test("keys are not for updating, and have to fit", async () => {
    const update = { TableName, Key: keyOf("a"), ExpressionAttributeValues: { ":x": { S: "x" } } };
    await expect(client.send(new UpdateItemCommand({ ...update, UpdateExpression: "SET SongTitle = :x" }))).rejects.toMatchObject({
      message: "One or more parameter values were invalid: Cannot update attribute SongTitle. This attribute is part of the key",
    });
    await expect(client.send(new GetItemCommand({ TableName, Key: { Artist: { S: "a" } } }))).rejects.toMatchObject({
      message: "The provided key element does not match the schema",
    });
    await expect(client.send(new GetItemCommand({ TableName: "None", Key: { Artist: { S: "a" } } }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "Requested resource not found",
    });
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
  test("a batch with one bad item writes none", async () => {
    const puts = [{ PutRequest: { Item: keyOf("batch") } }, { PutRequest: { Item: { Artist: { S: "x" } } } }];
    await expect(client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: puts } }))).rejects.toMatchObject({
      name: "ValidationException",
    });
    expect(await get("batch")).toBeUndefined();
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html (ItemCount, TableSizeBytes); assumed is that it shows at once
  test("a table counts its items and their bytes", async () => {
    const stays = await startCloud();
    const inside = stays.ctx;
    await inside.call("dynamodb", "CreateTable", {
      TableName: "Stays",
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    });
    await stays.cloud.clock.advance(0);
    await inside.call("dynamodb", "PutItem", { TableName: "Stays", Item: { id: { S: "1" } } });
    expect((await inside.call("dynamodb", "DescribeTable", { TableName: "Stays" })).Table).toMatchObject({
      ItemCount: 1,
      TableSizeBytes: 3,
    });
    await stays.stop();
  });
});
