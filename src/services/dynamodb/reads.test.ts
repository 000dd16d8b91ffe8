import {
  type AttributeValue,
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
  type ScanCommandInput,
  UpdateItemCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

type Item = Record<string, AttributeValue>;

describe("query and scan", () => {
  let cloud: TestCloud;
  let client: DynamoDBClient;
  const TableName = "Things";

  beforeAll(async () => {
    cloud = await startCloud();
    client = new DynamoDBClient(cloud.clientConfig);
    const keys = (hash: string, range: string) => [
      { AttributeName: hash, KeyType: "HASH" as const },
      { AttributeName: range, KeyType: "RANGE" as const },
    ];
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [
          { AttributeName: "pk", AttributeType: "S" },
          { AttributeName: "sk", AttributeType: "N" },
          { AttributeName: "kind", AttributeType: "S" },
          { AttributeName: "grade", AttributeType: "N" },
        ],
        KeySchema: keys("pk", "sk"),
        GlobalSecondaryIndexes: [
          { IndexName: "byKind", KeySchema: keys("kind", "grade"), Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["label"] } },
        ],
        LocalSecondaryIndexes: [{ IndexName: "byRank", KeySchema: keys("pk", "grade"), Projection: { ProjectionType: "KEYS_ONLY" } }],
      }),
    );
    await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 1 }, { TableName });
    const items = Array.from(
      { length: 50 },
      (_, i): Item => ({
        pk: { S: `p${i % 5}` },
        sk: { N: String(i - 25) },
        kind: { S: i % 2 === 0 ? "even" : "odd" },
        grade: { N: String(i % 3) },
        label: { S: `label ${i}` },
        secret: { S: "s" },
      }),
    );
    for (let i = 0; i < items.length; i += 25) {
      const puts = items.slice(i, i + 25).map((Item) => ({ PutRequest: { Item } }));
      await client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: puts } }));
    }
  });
  afterAll(() => cloud.stop());

  const queryAll = async (input: Omit<QueryCommandInput, "TableName">): Promise<Item[]> => {
    const items: Item[] = [];
    let ExclusiveStartKey: Item | undefined;
    do {
      const page = await client.send(
        new QueryCommand({ TableName, ...input, ...(ExclusiveStartKey === undefined ? {} : { ExclusiveStartKey }) }),
      );
      items.push(...(page.Items ?? []));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
    return items;
  };
  const scanAll = async (input: Omit<ScanCommandInput, "TableName">): Promise<Item[]> => {
    const items: Item[] = [];
    let ExclusiveStartKey: Item | undefined;
    do {
      const page = await client.send(
        new ScanCommand({ TableName, ...input, ...(ExclusiveStartKey === undefined ? {} : { ExclusiveStartKey }) }),
      );
      items.push(...(page.Items ?? []));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
    return items;
  };
  const numbers = (items: Item[], name = "sk") => items.map((item) => Number(item[name]?.N));
  const p0 = { KeyConditionExpression: "pk = :p", ExpressionAttributeValues: { ":p": { S: "p0" } } };
  const expected = [-25, -20, -15, -10, -5, 0, 5, 10, 15, 20];

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
  test.each([1, 3, 10, 100])("pages of %i give each item once, in order", async (Limit) => {
    expect(numbers(await queryAll({ ...p0, Limit }))).toEqual(expected);
    expect(numbers(await queryAll({ ...p0, Limit, ScanIndexForward: false }))).toEqual([...expected].reverse());
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html: a LastEvaluatedKey does not mean that there is more
  test("a limit that ends with the last item still answers where it was", async () => {
    const page = await client.send(new QueryCommand({ TableName, ...p0, Limit: 10 }));
    expect(page).toMatchObject({ Count: 10, LastEvaluatedKey: { pk: { S: "p0" }, sk: { N: "20" } } });
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.FilterExpression.html
  test("a filter counts what it leaves out as scanned", async () => {
    const page = await client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: "pk = :p AND sk BETWEEN :a AND :b",
        FilterExpression: "kind = :k",
        ExpressionAttributeValues: { ":p": { S: "p0" }, ":a": { N: "-10" }, ":b": { N: "10.5" }, ":k": { S: "even" } },
        ReturnConsumedCapacity: "INDEXES",
      }),
    );
    expect(page).toMatchObject({
      Count: 2,
      ScannedCount: 5,
      ConsumedCapacity: { TableName, CapacityUnits: 0.5, Table: { CapacityUnits: 0.5 } },
    });
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html
  test("a global index gives its projection, paged where index keys are the same", async () => {
    const items = await queryAll({
      IndexName: "byKind",
      KeyConditionExpression: "kind = :k",
      ExpressionAttributeValues: { ":k": { S: "even" } },
      Limit: 2,
    });
    expect(items).toHaveLength(25);
    expect(new Set(numbers(items)).size).toBe(25);
    expect(numbers(items, "grade")).toEqual(numbers(items, "grade").toSorted());
    expect(Object.keys(items[0] ?? {}).sort()).toEqual(["grade", "kind", "label", "pk", "sk"]);
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html
  test("a local index fetches what it does not hold", async () => {
    const input = {
      IndexName: "byRank",
      KeyConditionExpression: "pk = :p AND grade = :r",
      ExpressionAttributeValues: { ":p": { S: "p1" }, ":r": { N: "1" } },
    };
    const held = await queryAll(input);
    expect(Object.keys(held[0] ?? {}).sort()).toEqual(["grade", "pk", "sk"]);
    const whole = await queryAll({ ...input, Select: "ALL_ATTRIBUTES", ConsistentRead: true });
    expect(whole[0]).toHaveProperty("secret");
    expect(whole).toHaveLength(held.length);
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html: indexes are kept up with their table
  test("an index follows updates and deletions", async () => {
    const query = { IndexName: "byKind", KeyConditionExpression: "kind = :k", ExpressionAttributeValues: { ":k": { S: "rare" } } };
    const Key = { pk: { S: "moving" }, sk: { N: "1" } };
    await client.send(new PutItemCommand({ TableName, Item: { ...Key, kind: { S: "rare" } } }));
    expect(await queryAll(query)).toHaveLength(0);
    const set = {
      TableName,
      Key,
      UpdateExpression: "SET #r = :one",
      ExpressionAttributeNames: { "#r": "grade" },
      ExpressionAttributeValues: { ":one": { N: "1" } },
    };
    await client.send(new UpdateItemCommand(set));
    expect(await queryAll(query)).toHaveLength(1);
    await client.send(new DeleteItemCommand({ TableName, Key }));
    expect(await queryAll(query)).toHaveLength(0);
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Scan.html#Scan.ParallelScan
  test.each([1, 4, 7])("%i segments together give every item once", async (TotalSegments) => {
    const segments = await Promise.all(
      Array.from({ length: TotalSegments }, (_, Segment) => scanAll({ Segment, TotalSegments, Limit: 3 })),
    );
    expect(numbers(segments.flat()).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i - 25));
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-indexes-general-sparse-indexes.html
  test("a scan of an index gives what has its keys", async () => {
    expect(await scanAll({ IndexName: "byKind", Limit: 4 })).toHaveLength(50);
    expect(await client.send(new ScanCommand({ TableName, Select: "COUNT" }))).toMatchObject({ Count: 50, ScannedCount: 50 });
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html
  test("a page ends at 1 MB", async () => {
    for (let i = 0; i < 5; i++) {
      await client.send(
        new PutItemCommand({ TableName, Item: { pk: { S: "large" }, sk: { N: String(i) }, data: { S: "x".repeat(390_000) } } }),
      );
    }
    const page = await client.send(
      new QueryCommand({ TableName, KeyConditionExpression: "pk = :p", ExpressionAttributeValues: { ":p": { S: "large" } } }),
    );
    expect(page).toMatchObject({ Count: 3, LastEvaluatedKey: { pk: { S: "large" }, sk: { N: "2" } } });
    for (let i = 0; i < 5; i++) await client.send(new DeleteItemCommand({ TableName, Key: { pk: { S: "large" }, sk: { N: String(i) } } }));
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html; texts assumed from AWS's own
  test.each<[string, Partial<QueryCommandInput>, string]>([
    [
      "no key condition",
      { KeyConditionExpression: undefined, ExpressionAttributeValues: undefined },
      "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
    ],
    [
      "a filter on a key",
      { FilterExpression: "sk = :p" },
      "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk",
    ],
    [
      "an unused value",
      { ExpressionAttributeValues: { ":p": { S: "p0" }, ":x": { S: "" } } },
      "Value provided in ExpressionAttributeValues unused in expressions: keys: {:x}",
    ],
    [
      "an unused name",
      { ExpressionAttributeNames: { "#x": "x" } },
      "Value provided in ExpressionAttributeNames unused in expressions: keys: {#x}",
    ],
    ["an unknown index", { IndexName: "none" }, "The table does not have the specified index: none"],
    [
      "all attributes of an index that lacks some",
      { IndexName: "byKind", KeyConditionExpression: "kind = :p", Select: "ALL_ATTRIBUTES" },
      "Select type ALL_ATTRIBUTES is not supported for global secondary index byKind because its projection type is not ALL",
    ],
    [
      "consistency of a global index",
      { IndexName: "byKind", KeyConditionExpression: "kind = :p", ConsistentRead: true },
      "Consistent reads are not supported on global secondary indexes",
    ],
    ["a start key of another shape", { ExclusiveStartKey: { pk: { S: "p0" } } }, "The provided starting key is invalid"],
    [
      "a start key elsewhere",
      { ExclusiveStartKey: { pk: { S: "p1" }, sk: { N: "1" } } },
      "The provided starting key is outside query boundaries based on provided conditions",
    ],
    [
      "both forms",
      { AttributesToGet: ["pk"] },
      "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {AttributesToGet} Expression parameters: {KeyConditionExpression}",
    ],
  ])("%s is refused", async (_what, change, message) => {
    await expect(client.send(new QueryCommand({ TableName, ...p0, ...change }))).rejects.toMatchObject({
      name: "ValidationException",
      message: expect.stringContaining(message),
    });
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
  test("the old parameters still work", async () => {
    const page = await client.send(
      new QueryCommand({
        TableName,
        KeyConditions: {
          pk: { ComparisonOperator: "EQ", AttributeValueList: [{ S: "p0" }] },
          sk: { ComparisonOperator: "GE", AttributeValueList: [{ N: "0" }] },
        },
        QueryFilter: { kind: { ComparisonOperator: "NE", AttributeValueList: [{ S: "even" }] } },
        AttributesToGet: ["sk"],
      }),
    );
    expect(page.Items).toEqual([{ sk: { N: "0" } }, { sk: { N: "10" } }, { sk: { N: "20" } }]);
  });
});
