import {
  CreateTableCommand,
  type CreateTableInput,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ListTablesCommand,
  ListTagsOfResourceCommand,
  PutItemCommand,
  QueryCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateTableCommand,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

const plain: CreateTableInput = {
  TableName: "Plain",
  AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
  KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
  BillingMode: "PAY_PER_REQUEST",
};

describe("tables", () => {
  let cloud: TestCloud;
  let client: DynamoDBClient;
  beforeAll(async () => {
    cloud = await startCloud();
    client = new DynamoDBClient(cloud.clientConfig);
  });
  afterAll(() => cloud.stop());

  const create = async (input: CreateTableInput): Promise<void> => {
    await client.send(new CreateTableCommand(input));
    await active(input.TableName);
  };
  const active = (TableName: string | undefined) => waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 1 }, { TableName });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
  test("a table is made, described, listed and deleted", async () => {
    const { TableDescription: made } = await client.send(new CreateTableCommand({ ...plain, Tags: [{ Key: "team", Value: "a" }] }));
    expect(made).toMatchObject({ TableStatus: "CREATING", ItemCount: 0, TableArn: "arn:aws:dynamodb:us-east-1:000000000000:table/Plain" });
    await active("Plain");
    const { Table } = await client.send(new DescribeTableCommand({ TableName: made?.TableArn }));
    expect(Table).toMatchObject({
      TableStatus: "ACTIVE",
      BillingModeSummary: { BillingMode: "PAY_PER_REQUEST" },
      DeletionProtectionEnabled: false,
    });
    await expect(client.send(new CreateTableCommand(plain))).rejects.toMatchObject({
      name: "ResourceInUseException",
      message: "Table already exists: Plain",
    });
    expect((await client.send(new ListTablesCommand({}))).TableNames).toContain("Plain");
    await client.send(new DeleteTableCommand({ TableName: "Plain" }));
    await waitUntilTableNotExists({ client, maxWaitTime: 10, minDelay: 1 }, { TableName: "Plain" });
    await expect(client.send(new DescribeTableCommand({ TableName: "Plain" }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "Requested resource not found: Table: Plain not found",
    });
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithTables.Basics.html#WorkingWithTables.Basics.DeletionProtection
  test("deletion protection keeps a table", async () => {
    await create({ ...plain, TableName: "Kept", DeletionProtectionEnabled: true });
    await expect(client.send(new DeleteTableCommand({ TableName: "Kept" }))).rejects.toMatchObject({ name: "ValidationException" });
    await client.send(new UpdateTableCommand({ TableName: "Kept", DeletionProtectionEnabled: false }));
    await client.send(new DeleteTableCommand({ TableName: "Kept" }));
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.OnlineOps.html
  test("an index that is added later is filled with the items there were", async () => {
    await create({ ...plain, TableName: "Grow" });
    for (let i = 0; i < 5; i++) {
      await client.send(
        new PutItemCommand({
          TableName: "Grow",
          Item: { id: { S: `${i}` }, group: i % 2 === 0 ? { S: "even" } : { N: "1" }, extra: { S: "x" } },
        }),
      );
    }
    await client.send(
      new UpdateTableCommand({
        TableName: "Grow",
        AttributeDefinitions: [{ AttributeName: "group", AttributeType: "S" }],
        GlobalSecondaryIndexUpdates: [
          {
            Create: {
              IndexName: "byGroup",
              KeySchema: [{ AttributeName: "group", KeyType: "HASH" }],
              Projection: { ProjectionType: "KEYS_ONLY" },
            },
          },
        ],
      }),
    );
    await active("Grow");
    const { Table } = await client.send(new DescribeTableCommand({ TableName: "Grow" }));
    expect(Table?.GlobalSecondaryIndexes).toMatchObject([{ IndexName: "byGroup", IndexStatus: "ACTIVE", ItemCount: 3 }]);
    const query = {
      TableName: "Grow",
      IndexName: "byGroup",
      KeyConditionExpression: "#g = :g",
      ExpressionAttributeNames: { "#g": "group" },
      ExpressionAttributeValues: { ":g": { S: "even" } },
    };
    const { Items } = await client.send(new QueryCommand(query));
    expect(Items?.map(({ id }) => id?.S).sort()).toEqual(["0", "2", "4"]);
    expect(Items?.[0]).not.toHaveProperty("extra");
    await client.send(new UpdateTableCommand({ TableName: "Grow", GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: "byGroup" } }] }));
    await active("Grow");
    await expect(client.send(new QueryCommand(query))).rejects.toMatchObject({
      message: "The table does not have the specified index: byGroup",
    });
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html; texts assumed from AWS's own
  test.each<[string, Partial<CreateTableInput>, string]>([
    ["a short name", { TableName: "ab" }, "TableName must be at least 3 characters long and at most 255 characters long"],
    [
      "an undefined key",
      { KeySchema: [{ AttributeName: "other", KeyType: "HASH" }] },
      "Some index key attributes are not defined in AttributeDefinitions. Keys: [other], AttributeDefinitions: [id]",
    ],
    [
      "a sort key alone",
      { KeySchema: [{ AttributeName: "id", KeyType: "RANGE" }] },
      "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
    ],
    [
      "definitions that no key uses",
      {
        AttributeDefinitions: [
          { AttributeName: "id", AttributeType: "S" },
          { AttributeName: "x", AttributeType: "S" },
        ],
      },
      "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions",
    ],
    [
      "throughput on demand",
      { ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 } },
      "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
    ],
    [
      "no throughput",
      { BillingMode: "PROVISIONED" },
      "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
    ],
    [
      "a local index without a sort key in the table",
      {
        LocalSecondaryIndexes: [
          { IndexName: "lsi", KeySchema: [{ AttributeName: "id", KeyType: "HASH" }], Projection: { ProjectionType: "ALL" } },
        ],
      },
      "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
    ],
  ])("%s is refused", async (_what, change, message) => {
    await expect(client.send(new CreateTableCommand({ ...plain, TableName: "Wrong", ...change }))).rejects.toMatchObject({
      name: "ValidationException",
      message: expect.stringContaining(message),
    });
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html (ResourceNotFoundException)
  test("what is not there is refused by name", async () => {
    await expect(
      client.send(
        new CreateTableCommand({
          ...plain,
          TableName: "Streamed",
          StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" },
        }),
      ),
    ).rejects.toMatchObject({ name: "NotImplemented", message: expect.stringContaining("StreamSpecification") });
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Tagging.Operations.html
  test("tags are kept, replaced and removed", async () => {
    await create({ ...plain, TableName: "Tagged", Tags: [{ Key: "a", Value: "1" }] });
    const ResourceArn = "arn:aws:dynamodb:us-east-1:000000000000:table/Tagged";
    await client.send(
      new TagResourceCommand({
        ResourceArn,
        Tags: [
          { Key: "a", Value: "2" },
          { Key: "b", Value: "3" },
        ],
      }),
    );
    await client.send(new UntagResourceCommand({ ResourceArn, TagKeys: ["b"] }));
    expect((await client.send(new ListTagsOfResourceCommand({ ResourceArn }))).Tags).toEqual([{ Key: "a", Value: "2" }]);
  });

  test("a reset leaves no table, not even a remembered one", async () => {
    await create({ ...plain, TableName: "Gone" });
    await cloud.reset();
    await expect(client.send(new PutItemCommand({ TableName: "Gone", Item: { id: { S: "1" } } }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
});
