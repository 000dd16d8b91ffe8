import {
  BatchGetItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

// documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
describe("transactions", () => {
  let cloud: TestCloud;
  let client: DynamoDBClient;
  const TableName = "Accounts";
  beforeAll(async () => {
    cloud = await startCloud();
    client = new DynamoDBClient(cloud.clientConfig);
    const id = { AttributeName: "id" } as const;
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ ...id, AttributeType: "S" }],
        KeySchema: [{ ...id, KeyType: "HASH" }],
      }),
    );
    await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 1 }, { TableName });
    for (const name of ["a", "b"]) await client.send(new PutItemCommand({ TableName, Item: { id: { S: name }, balance: { N: "100" } } }));
  });
  afterAll(() => cloud.stop());

  const balance = async (id: string) => (await client.send(new GetItemCommand({ TableName, Key: { id: { S: id } } }))).Item?.["balance"]?.N;
  const move = (from: string, to: string, amount: string) => [
    {
      Update: {
        TableName,
        Key: { id: { S: from } },
        UpdateExpression: "SET balance = balance - :n",
        ConditionExpression: "balance >= :n",
        ExpressionAttributeValues: { ":n": { N: amount } },
        ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
      },
    },
    {
      Update: { TableName, Key: { id: { S: to } }, UpdateExpression: "ADD balance :n", ExpressionAttributeValues: { ":n": { N: amount } } },
    },
  ];

  test("all writes happen, and cost twice", async () => {
    const { ConsumedCapacity } = await client.send(
      new TransactWriteItemsCommand({ TransactItems: move("a", "b", "30"), ReturnConsumedCapacity: "TOTAL" }),
    );
    expect(ConsumedCapacity).toEqual([{ TableName, CapacityUnits: 4, WriteCapacityUnits: 4 }]);
    expect([await balance("a"), await balance("b")]).toEqual(["70", "130"]);
  });

  test("one failed condition cancels all, with a reason for each in order", async () => {
    const error = await client
      .send(new TransactWriteItemsCommand({ TransactItems: move("a", "b", "1000").reverse() }))
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      name: "TransactionCanceledException",
      message: "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]",
      CancellationReasons: [
        { Code: "None" },
        { Code: "ConditionalCheckFailed", Message: "The conditional request failed", Item: { id: { S: "a" }, balance: { N: "70" } } },
      ],
    });
    expect([await balance("a"), await balance("b")]).toEqual(["70", "130"]);
  });

  test("an update that does not fit its item is a reason too", async () => {
    const TransactItems = [
      { Put: { TableName, Item: { id: { S: "c" } } } },
      { Update: { TableName, Key: { id: { S: "d" } }, UpdateExpression: "SET x = y" } },
    ];
    await expect(client.send(new TransactWriteItemsCommand({ TransactItems }))).rejects.toMatchObject({
      CancellationReasons: [
        { Code: "None" },
        { Code: "ValidationError", Message: "The provided expression refers to an attribute that does not exist in the item" },
      ],
    });
    expect((await client.send(new GetItemCommand({ TableName, Key: { id: { S: "c" } } }))).Item).toBeUndefined();
  });

  test("a token makes a request happen once, for ten minutes", async () => {
    const request = { TransactItems: move("b", "a", "1"), ClientRequestToken: "token-1" };
    await client.send(new TransactWriteItemsCommand(request));
    await client.send(new TransactWriteItemsCommand(request));
    expect(await balance("a")).toBe("71");
    await expect(client.send(new TransactWriteItemsCommand({ ...request, TransactItems: move("b", "a", "2") }))).rejects.toMatchObject({
      name: "IdempotentParameterMismatchException",
    });
    await cloud.cloud.clock.advance(10 * 60_000);
    await client.send(new TransactWriteItemsCommand(request));
    expect(await balance("a")).toBe("72");
  });

  test("one item twice is refused", async () => {
    await expect(client.send(new TransactWriteItemsCommand({ TransactItems: move("a", "a", "1") }))).rejects.toMatchObject({
      name: "ValidationException",
      message: "Transaction request cannot include multiple operations on one item",
    });
  });

  test("gets answer in order, with nothing for what is not there", async () => {
    const get = (id: string) => ({ Get: { TableName, Key: { id: { S: id } }, ProjectionExpression: "id" } });
    const { Responses } = await client.send(new TransactGetItemsCommand({ TransactItems: [get("b"), get("none"), get("a")] }));
    expect(Responses).toEqual([{ Item: { id: { S: "b" } } }, {}, { Item: { id: { S: "a" } } }]);
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
  test("a batch gets what is there, and refuses a key twice", async () => {
    const Keys = [{ id: { S: "a" } }, { id: { S: "none" } }];
    const batch = await client.send(
      new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys, ConsistentRead: true } }, ReturnConsumedCapacity: "TOTAL" }),
    );
    expect(batch).toMatchObject({
      Responses: { [TableName]: [{ id: { S: "a" } }] },
      UnprocessedKeys: {},
      ConsumedCapacity: [{ CapacityUnits: 2 }],
    });
    await expect(
      client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [...Keys, { id: { S: "a" } }] } } })),
    ).rejects.toMatchObject({
      message: "Provided list of item keys contains duplicates",
    });
  });
});
