import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { client, has, type Server, startServer } from "../support/server.ts";

/** documented: https://boto3.amazonaws.com/v1/documentation/api/latest/index.html; what boto3_parts.py does, part by part. */
let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

describe.skipIf(!has("python3", "-c", "import boto3"))("boto3", () => {
  test.each<[string, unknown]>([
    ["s3_objects", [10, "1", 2, 1, "NoSuchKey", "404"]],
    ["dynamodb_resource", [15, 39, 7, true, "ConditionalCheckFailedException"]],
    ["sqs_queue", [10, "m0", "1"]],
    ["lambda_function", [{ doubled: 42, region: "us-east-1" }, "Unhandled", "KeyError", true]],
    ["parameters_and_secrets", [12, "two", "one"]],
    ["keys", [true, "InvalidCiphertextException"]],
    ["metrics", [[2.25], [4]]],
    ["cloudformation_stack", ["arn:aws:sqs:us-east-1:000000000000:from-stack", "ValidationError"]],
  ])("%s", async (part, value) => {
    const { out } = await client(server, "python3", [join(import.meta.dirname, "boto3_parts.py"), part]);
    const line = out.split("\n").find((text) => text.startsWith("{")) ?? out;
    expect(JSON.parse(line)).toEqual({ part, ok: true, value });
  });
});
