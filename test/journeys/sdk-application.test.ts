import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateEventSourceMappingCommand, CreateFunctionCommand, LambdaClient, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeZip } from "../../src/runtime/processes/zip.ts";
import { type Server, startServer } from "../support/server.ts";

/**
 * An application on the SDK for JavaScript: orders come over a queue, a function books them in transactions.
 * documented: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html and
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
 */
let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const WORKER = `
const { DynamoDBClient, TransactWriteItemsCommand } = require("@aws-sdk/client-dynamodb");
const client = new DynamoDBClient({});
exports.handler = async ({ Records }) => {
  const batchItemFailures = [];
  for (const record of Records) {
    const order = JSON.parse(record.body);
    try {
      await client.send(new TransactWriteItemsCommand({ TransactItems: [
        { Update: { TableName: "shop", Key: { id: { S: "stock" } }, UpdateExpression: "SET n = n - :q", ConditionExpression: "n >= :q", ExpressionAttributeValues: { ":q": { N: String(order.quantity) } } } },
        { Put: { TableName: "shop", Item: { id: { S: "order#" + order.id }, quantity: { N: String(order.quantity) } }, ConditionExpression: "attribute_not_exists(id)" } },
      ] }));
      console.log("booked", order.id);
    } catch (error) {
      if (order.quantity > 1000) { batchItemFailures.push({ itemIdentifier: record.messageId }); continue; }
      if (error.name !== "TransactionCanceledException") throw error;
      console.log("refused", order.id, error.CancellationReasons.map((r) => r.Code).join(","));
    }
  }
  return { batchItemFailures };
};`;

test("orders from a queue are booked once, in transactions; what cannot be handled ends in the dead-letter queue", async () => {
  const config = { endpoint: server.endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } };
  const dynamodb = new DynamoDBClient(config);
  const sqs = new SQSClient(config);
  const functions = new LambdaClient(config);
  const key = {
    AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" as const }],
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" as const }],
  };
  await dynamodb.send(new CreateTableCommand({ TableName: "shop", BillingMode: "PAY_PER_REQUEST", ...key }));
  await dynamodb.send(new PutItemCommand({ TableName: "shop", Item: { id: { S: "stock" }, n: { N: "10" } } }));

  const dead = await sqs.send(new CreateQueueCommand({ QueueName: "dead" }));
  const redrive = { deadLetterTargetArn: "arn:aws:sqs:us-east-1:000000000000:dead", maxReceiveCount: 2 };
  const orders = await sqs.send(
    new CreateQueueCommand({ QueueName: "orders", Attributes: { VisibilityTimeout: "1", RedrivePolicy: JSON.stringify(redrive) } }),
  );

  const trust = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
  };
  const role = await new IAMClient(config).send(
    new CreateRoleCommand({ RoleName: "worker", AssumeRolePolicyDocument: JSON.stringify(trust) }),
  );
  const code = { ZipFile: writeZip({ "index.js": WORKER }) };
  await functions.send(
    new CreateFunctionCommand({
      FunctionName: "worker",
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Role: role.Role?.Arn,
      Code: code,
      Timeout: 1,
    }),
  );
  await waitUntilFunctionActiveV2({ client: functions, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { FunctionName: "worker" });
  await functions.send(
    new CreateEventSourceMappingCommand({
      FunctionName: "worker",
      EventSourceArn: "arn:aws:sqs:us-east-1:000000000000:orders",
      BatchSize: 5,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
    }),
  );

  const sent = [
    { id: "a", quantity: 4 },
    { id: "b", quantity: 5 },
    { id: "c", quantity: 3 },
    { id: "bad", quantity: 5_000 },
  ];
  await sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: orders.QueueUrl,
      Entries: sent.map((order) => ({ Id: order.id, MessageBody: JSON.stringify(order) })),
    }),
  );

  const stock = async (): Promise<string | undefined> =>
    (await dynamodb.send(new GetItemCommand({ TableName: "shop", Key: { id: { S: "stock" } }, ConsistentRead: true }))).Item?.["n"]?.N;
  await expect.poll(stock, { timeout: 30_000 }).toMatch(/^[123]$/);
  const waiting = async (): Promise<string | undefined> =>
    (await sqs.send(new GetQueueAttributesCommand({ QueueUrl: dead.QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] })))
      .Attributes?.["ApproximateNumberOfMessages"];
  await expect.poll(waiting, { timeout: 30_000, interval: 200 }).toBe("1");
  const logged = async (): Promise<number> =>
    (
      await new CloudWatchLogsClient(config).send(
        new FilterLogEventsCommand({ logGroupName: "/aws/lambda/worker", filterPattern: "?booked ?refused" }),
      )
    ).events?.length ?? 0;
  await expect.poll(logged, { timeout: 10_000 }).toBe(3);

  const again = dynamodb.send(
    new TransactWriteItemsCommand({
      TransactItems: [
        { Put: { TableName: "shop", Item: { id: { S: "fine" } } } },
        {
          ConditionCheck: {
            TableName: "shop",
            Key: { id: { S: "stock" } },
            ConditionExpression: "n > :n",
            ExpressionAttributeValues: { ":n": { N: "100" } },
          },
        },
      ],
    }),
  );
  await expect(again).rejects.toThrow(TransactionCanceledException);
  await expect(again).rejects.toMatchObject({ CancellationReasons: [{ Code: "None" }, { Code: "ConditionalCheckFailed" }] });
}, 120_000);
