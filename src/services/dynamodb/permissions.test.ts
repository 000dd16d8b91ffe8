import { afterAll, beforeAll, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";
import { permissions } from "./permissions.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.stop());

const arn = (resource: string) => `arn:aws:dynamodb:us-east-1:000000000000:${resource}`;

// documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/api-permissions-reference.html
test("a query of an index needs the index, another the table", () => {
  expect(permissions.Query?.({ TableName: "T", IndexName: "I" }, cloud.ctx)).toEqual([
    { action: "dynamodb:Query", resource: arn("table/T/index/I") },
  ]);
  expect(permissions.Query?.({ TableName: arn("table/T") }, cloud.ctx)).toEqual([{ action: "dynamodb:Query", resource: arn("table/T") }]);
});

// documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
test("a transaction needs what its parts do", () => {
  const Key = { id: { S: "1" } };
  const TransactItems = [
    { Put: { TableName: "T", Item: Key } },
    { ConditionCheck: { TableName: "U", Key, ConditionExpression: "attribute_exists(id)" } },
  ];
  expect(permissions.TransactWriteItems?.({ TransactItems }, cloud.ctx)).toEqual([
    { action: "dynamodb:PutItem", resource: arn("table/T") },
    { action: "dynamodb:ConditionCheckItem", resource: arn("table/U") },
  ]);
});
