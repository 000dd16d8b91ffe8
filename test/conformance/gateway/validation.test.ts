import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compilePattern } from "../../../src/gateway/validation/pattern.ts";
import { constraintsOf } from "../../../src/models/constraints.ts";
import { serviceMetas } from "../../../src/models/services.ts";
import { type RawRequest, send, serviceOf, startGateway, type TestGateway } from "./support.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway([
    serviceOf("kms", { DescribeKey: () => ({}), TagResource: () => ({}) }),
    serviceOf("iam", { CreateUser: () => ({}) }),
    serviceOf("lambda", { CreateFunction: () => ({}), GetFunction: () => ({}), ListFunctions: () => ({}) }),
    serviceOf("cloudwatch-logs", { CreateLogGroup: () => ({}) }),
    serviceOf("dynamodb", { CreateTable: () => ({}) }),
    serviceOf("sqs", { CreateQueue: () => ({}) }),
    serviceOf("ecr", { CreateRepository: () => ({}) }),
    serviceOf("ssm", { PutParameter: () => ({}) }),
  ]);
});
afterAll(() => gateway.stop());

function json(service: string, target: string, body: unknown): RawRequest {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { service, headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": target }, body: text };
}

async function problem(request: RawRequest): Promise<string> {
  const { status, text } = await send(gateway, request);
  const {
    __type = "",
    message,
    Message,
  } = text.startsWith("{") ? (JSON.parse(text) as { __type?: string; message?: string; Message?: string }) : {};
  return `${status} ${__type.split("#").at(-1)}: ${message ?? Message}`;
}

describe("constraints", () => {
  // documented: https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html; the wording is that of every AWS service of this kind
  it("names the value, the member and what it must satisfy", async () => {
    expect(await problem(json("kms", "TrentService.DescribeKey", { KeyId: "" }))).toBe(
      "400 ValidationException: 1 validation error detected: Value '' at 'keyId' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
  });

  // documented: https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html (ValidationError); assumed is how several are put together
  it("counts all that is wrong, with the place inside of lists", async () => {
    const input = { TagKeys: [], Tags: [{ TagKey: "k", TagValue: "v" }, { TagValue: "v" }] };
    expect(await problem(json("kms", "TrentService.TagResource", input))).toBe(
      "400 ValidationException: 2 validation errors detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null; Value null at 'tags.2.member.tagKey' failed to satisfy constraint: Member must not be null",
    );
  });

  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html, whose enum and minimum these are
  it("knows enums and ranges", async () => {
    const input = {
      TableName: "table",
      KeySchema: [{ AttributeName: "a", KeyType: "SORT" }],
      AttributeDefinitions: [],
      ProvisionedThroughput: { ReadCapacityUnits: 0, WriteCapacityUnits: 1 },
    };
    const text = await problem(json("dynamodb", "DynamoDB_20120810.CreateTable", input));
    expect(text).toContain(
      "Value 'SORT' at 'keySchema.1.member.keyType' failed to satisfy constraint: Member must satisfy enum value set: [HASH, RANGE]",
    );
    expect(text).toContain(
      "Value '0' at 'provisionedThroughput.readCapacityUnits' failed to satisfy constraint: Member must have value greater than or equal to 1",
    );
  });

  // documented: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
  it("uses each service's own code", async () => {
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const iam = await send(gateway, { service: "iam", headers: form, body: "Action=CreateUser&Version=2010-05-08&UserName=a%20b" });
    expect(iam.text).toContain(
      "<Code>ValidationError</Code><Message>1 validation error detected: Value 'a b' at 'userName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+</Message>",
    );
    expect(await problem(json("logs", "Logs_20140328.CreateLogGroup", {}))).toMatch(
      /^400 InvalidParameterException: 1 validation error detected: Value null at 'logGroupName'/,
    );
    // documented: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
    expect(await problem(json("sqs", "AmazonSQS.CreateQueue", {}))).toBe(
      "400 MissingParameter: The request must contain the parameter QueueName.",
    );
  });

  // documented: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html, https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
  it("uses the words of services that have their own", async () => {
    const ecr = await problem(json("ecr", "AmazonEC2ContainerRegistry_V20150921.CreateRepository", { repositoryName: "A B" }));
    expect(ecr).toMatch(
      /^400 InvalidParameterException: Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '\[a-z0-9\]/,
    );
    const create = { FunctionName: "f", Role: "arn:aws:iam::000000000000:role/r", Runtime: "nodejs99", Code: {} };
    const lambda = await send(gateway, { service: "lambda", path: "/2015-03-31/functions", body: JSON.stringify(create) });
    expect(lambda.headers.get("x-amzn-errortype")).toBe("InvalidParameterValueException");
    expect(lambda.text).toMatch(
      /Value nodejs99 at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: \[.*\] or be a valid ARN/,
    );
  });

  it("does not repeat what is secret", async () => {
    const text = await problem(json("ssm", "AmazonSSM.PutParameter", { Name: "n", Value: "secret", Type: "Wrong" }));
    expect(text).toContain("Value 'Wrong' at 'type'");
    expect(text).not.toContain("secret");
  });

  it("can read every pattern of every model", () => {
    const unread: string[] = [];
    for (const id of Object.keys(serviceMetas())) {
      for (const [name, { pattern }] of Object.entries(constraintsOf(id).shapes)) {
        if (pattern !== undefined && compilePattern(pattern) === undefined) unread.push(`${id} ${name} ${pattern}`);
      }
    }
    expect(unread).toEqual([]);
  });

  it("says on the first line of nothing generated that it was written by hand", () => {
    const folder = join(import.meta.dirname, "../../../src/models/constraints");
    for (const name of readdirSync(folder)) {
      expect(name).toMatch(/\.generated\.json$/);
      expect(Object.keys(JSON.parse(readFileSync(join(folder, name), "utf8")) as object)).toEqual(["structures", "shapes"]);
    }
  });
});

describe("types", () => {
  // documented: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html (SerializationException)
  it.each([
    [{ TableName: 5 }, "NUMBER_VALUE cannot be converted to String"],
    [{ TableName: true }, "TRUE_VALUE cannot be converted to String"],
    [{ TableName: {} }, "Start of structure or map found where not expected"],
    [{ KeySchema: "x" }, "Expected list or null"],
    [{ DeletionProtectionEnabled: "yes" }, "STRING_VALUE cannot be converted to Boolean"],
    ["{oops", "Could not parse request body into json: the body is not well-formed JSON"],
  ])("refuses %j", async (input, message) => {
    expect(await problem(json("dynamodb", "DynamoDB_20120810.CreateTable", input))).toBe(`400 SerializationException: ${message}`);
  });

  // assumed: AWS says 400 to what cannot be read, and not at which depth
  it("refuses nesting that is deeper than the stack, and names that are not UTF-8", async () => {
    const deep = `${'{"L":['.repeat(200_000)}${"]}".repeat(200_000)}`;
    expect((await send(gateway, json("dynamodb", "DynamoDB_20120810.CreateTable", `{"KeySchema":[${deep}]}`))).status).toBe(400);
    expect((await send(gateway, { service: "lambda", method: "GET", path: "/2015-03-31/functions/%E0%A4%A" })).status).toBe(400);
    expect((await send(gateway, { service: "lambda", method: "GET", path: "/2015-03-31/functions?MaxItems=many" })).status).toBe(400);
  });
});

describe("bodies", () => {
  // assumed: AWS documents limits by service; 413 is what HTTP has for it
  it("are bounded", async () => {
    const { status, text } = await send(gateway, json("kms", "TrentService.DescribeKey", `{"KeyId":"${"x".repeat(17 * 1024 * 1024)}"}`));
    expect(status).toBe(413);
    expect(text).toContain("RequestEntityTooLargeException");
  });
});

describe("what is not there", () => {
  it("answers 501 naming service and operation", async () => {
    expect(await problem(json("kms", "TrentService.CreateKey", {}))).toBe(
      "501 NotImplemented: kms:CreateKey is not implemented by Orrery. 'orrery coverage' lists what is.",
    );
    expect(await problem(json("ecs", "AmazonEC2ContainerServiceV20141113.ListClusters", {}))).toMatch(
      /^501 NotImplemented: ecs:ListClusters/,
    );
    expect(await problem(json("secretsmanager", "secretsmanager.ListSecrets", {}))).toMatch(
      /^501 NotImplemented: secrets-manager:ListSecrets/,
    );
  });

  // documented: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html (InvalidAction), https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html
  it("answers 400 for operations that do not exist", async () => {
    expect(await problem(json("kms", "TrentService.Conjure", {}))).toMatch(/^400 UnknownOperationException/);
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect((await send(gateway, { service: "iam", headers: form, body: "Action=Conjure&Version=2010-05-08" })).text).toContain(
      "<Code>InvalidAction</Code>",
    );
  });
});

it("in strict mode refuses a request whose member was not read, and names it", async () => {
  const strict = await startGateway([serviceOf("kms", { DescribeKey: (input) => ({ read: input["KeyId"] }) })], { strict: true });
  const request = json("kms", "TrentService.DescribeKey", { KeyId: "k", GrantTokens: ["t"] });
  const { status, headers, text } = await send(strict, request);
  expect(status).toBe(501);
  expect(headers.get("x-orrery-ignored")).toBe("GrantTokens");
  expect(text).toContain("kms:DescribeKey with GrantTokens is not implemented");
  await strict.stop();
});
