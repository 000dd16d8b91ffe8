import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { aws, client, has, type Server, startServer } from "../support/server.ts";

/** Everyday use of each service by the AWS CLI, as its reference pages show it: https://docs.aws.amazon.com/cli/latest/reference/ */
let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const run = (...args: string[]): Promise<Record<string, unknown>> => aws(server, ...args);

describe.skipIf(!has("aws", "--version"))("the AWS CLI", () => {
  test("sts and iam", async () => {
    expect(await run("sts", "get-caller-identity")).toMatchObject({ Account: "000000000000", Arn: "arn:aws:iam::000000000000:root" });
    await run("iam", "create-user", "--user-name", "ana");
    const { AccessKey } = (await run("iam", "create-access-key", "--user-name", "ana")) as {
      AccessKey: { AccessKeyId: string; SecretAccessKey: string };
    };
    const asAna = {
      ...server,
      env: { ...server.env, AWS_ACCESS_KEY_ID: AccessKey.AccessKeyId, AWS_SECRET_ACCESS_KEY: AccessKey.SecretAccessKey },
    };
    expect(await aws(asAna, "sts", "get-caller-identity")).toMatchObject({ Arn: "arn:aws:iam::000000000000:user/ana" });
    const wrong = { ...server, env: { ...server.env, AWS_SECRET_ACCESS_KEY: "wrong" } };
    await expect(aws(wrong, "sts", "get-caller-identity")).rejects.toThrow("SignatureDoesNotMatch");
    const trust = {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { AWS: "arn:aws:iam::000000000000:root" }, Action: "sts:AssumeRole" }],
    };
    await run("iam", "create-role", "--role-name", "deployer", "--assume-role-policy-document", JSON.stringify(trust));
    const assumed = await run(
      "sts",
      "assume-role",
      "--role-arn",
      "arn:aws:iam::000000000000:role/deployer",
      "--role-session-name",
      "session",
    );
    expect(assumed["AssumedRoleUser"]).toMatchObject({ Arn: "arn:aws:sts::000000000000:assumed-role/deployer/session" });
  });

  test("s3: sync of 500 files, there and back, and only what changed the second time", async () => {
    const from = join(server.dataDir, "from");
    const to = join(server.dataDir, "to");
    for (const folder of ["a", "b c", "d/e"]) mkdirSync(join(from, folder), { recursive: true });
    const names = Array.from({ length: 500 }, (_, i) => join(["", "a", "b c", "d/e"][i % 4] ?? "", `file-${i} é.txt`));
    for (const [i, name] of names.entries()) writeFileSync(join(from, name), `${i}\n`.repeat(i));
    await client(server, "aws", ["s3", "mb", "s3://sync"]);
    expect((await client(server, "aws", ["s3", "sync", from, "s3://sync", "--only-show-errors"])).code).toBe(0);
    expect(((await run("s3api", "list-objects-v2", "--bucket", "sync")) as { Contents: unknown[] }).Contents).toHaveLength(500);
    expect((await client(server, "aws", ["s3", "sync", "s3://sync", to, "--only-show-errors"])).code).toBe(0);
    for (const name of names) expect(readFileSync(join(to, name))).toEqual(readFileSync(join(from, name)));
    expect((await client(server, "aws", ["s3", "sync", from, "s3://sync"])).out.trim()).toBe("");
    expect((await client(server, "aws", ["s3", "rm", "s3://sync", "--recursive", "--only-show-errors"])).code).toBe(0);
    expect((await client(server, "aws", ["s3", "rb", "s3://sync"])).code).toBe(0);
    expect(readdirSync(to).length).toBeGreaterThan(3);
  }, 180_000);

  test("s3: a large file goes up in parts and comes back whole", async () => {
    const file = join(server.dataDir, "large.bin");
    writeFileSync(file, Buffer.alloc(20 * 1024 * 1024, "0123456789"));
    await client(server, "aws", ["s3", "mb", "s3://large"]);
    expect((await client(server, "aws", ["s3", "cp", file, "s3://large/l", "--only-show-errors"])).code).toBe(0);
    expect((await run("s3api", "head-object", "--bucket", "large", "--key", "l"))["ETag"]).toMatch(/-3"$/);
    expect((await client(server, "aws", ["s3", "cp", "s3://large/l", `${file}.back`, "--only-show-errors"])).code).toBe(0);
    expect(readFileSync(`${file}.back`).equals(readFileSync(file))).toBe(true);
    const { out } = await client(server, "aws", ["s3", "presign", "s3://large/l"]);
    expect((await fetch(out.trim(), { headers: { range: "bytes=0-9" } })).status).toBe(206);
  });

  test("dynamodb", async () => {
    await run(
      "dynamodb",
      "create-table",
      "--table-name",
      "things",
      "--attribute-definitions",
      "AttributeName=id,AttributeType=S",
      "--key-schema",
      "AttributeName=id,KeyType=HASH",
      "--billing-mode",
      "PAY_PER_REQUEST",
    );
    await run("dynamodb", "wait", "table-exists", "--table-name", "things");
    await run("dynamodb", "put-item", "--table-name", "things", "--item", '{"id":{"S":"a"},"n":{"N":"1"}}');
    const add = ["--update-expression", "ADD n :one", "--expression-attribute-values", '{":one":{"N":"41"}}', "--return-values", "ALL_NEW"];
    expect(await run("dynamodb", "update-item", "--table-name", "things", "--key", '{"id":{"S":"a"}}', ...add)).toEqual({
      Attributes: { id: { S: "a" }, n: { N: "42" } },
    });
    expect(await run("dynamodb", "scan", "--table-name", "things")).toMatchObject({ Count: 1, ScannedCount: 1 });
  });

  test("sqs", async () => {
    const { QueueUrl } = (await run("sqs", "create-queue", "--queue-name", "q")) as { QueueUrl: string };
    await run("sqs", "send-message", "--queue-url", QueueUrl, "--message-body", "hello");
    const { Messages } = (await run("sqs", "receive-message", "--queue-url", QueueUrl)) as {
      Messages: { Body: string; ReceiptHandle: string }[];
    };
    expect(Messages[0]?.Body).toBe("hello");
    await run("sqs", "delete-message", "--queue-url", QueueUrl, "--receipt-handle", Messages[0]?.ReceiptHandle ?? "");
  });

  test("ssm, kms", async () => {
    await run("ssm", "put-parameter", "--name", "/app/secret", "--type", "SecureString", "--value", "hush");
    expect(await run("ssm", "get-parameter", "--name", "/app/secret", "--with-decryption")).toMatchObject({
      Parameter: { Value: "hush", Version: 1 },
    });
    const { KeyMetadata } = (await run("kms", "create-key")) as { KeyMetadata: { KeyId: string } };
    const { CiphertextBlob } = (await run("kms", "encrypt", "--key-id", KeyMetadata.KeyId, "--plaintext", "hi")) as {
      CiphertextBlob: string;
    };
    // The CLI's version 1 takes a blob on its command line as it is: binary ones come from files.
    const file = join(server.dataDir, "ciphertext");
    writeFileSync(file, Buffer.from(CiphertextBlob, "base64"));
    expect(await run("kms", "decrypt", "--ciphertext-blob", `fileb://${file}`)).toMatchObject({ Plaintext: "aGk=" });
  });

  test("logs and cloudwatch", async () => {
    await run("logs", "create-log-group", "--log-group-name", "g");
    await run("logs", "create-log-stream", "--log-group-name", "g", "--log-stream-name", "session");
    await run(
      "logs",
      "put-log-events",
      "--log-group-name",
      "g",
      "--log-stream-name",
      "session",
      "--log-events",
      `timestamp=${Date.now()},message=hello`,
    );
    expect(await run("logs", "filter-log-events", "--log-group-name", "g", "--filter-pattern", "hello")).toMatchObject({
      events: [{ message: "hello" }],
    });
    await run("cloudwatch", "put-metric-data", "--namespace", "app", "--metric-name", "latency", "--value", "12");
    expect(await run("cloudwatch", "list-metrics", "--namespace", "app")).toMatchObject({ Metrics: [{ MetricName: "latency" }] });
  });

  test("events, to a queue", async () => {
    const { QueueUrl } = (await run("sqs", "create-queue", "--queue-name", "events")) as { QueueUrl: string };
    await run("events", "put-rule", "--name", "r", "--event-pattern", '{"source":["shop"]}');
    await run("events", "put-targets", "--rule", "r", "--targets", "Id=1,Arn=arn:aws:sqs:us-east-1:000000000000:events");
    const policy = {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "sqs:SendMessage", Resource: "*" }],
    };
    await run("sqs", "set-queue-attributes", "--queue-url", QueueUrl, "--attributes", JSON.stringify({ Policy: JSON.stringify(policy) }));
    await run("events", "put-events", "--entries", JSON.stringify([{ Source: "shop", DetailType: "Sold", Detail: '{"n":1}' }]));
    const { Messages } = (await run("sqs", "receive-message", "--queue-url", QueueUrl, "--wait-time-seconds", "10")) as {
      Messages: { Body: string }[];
    };
    expect(JSON.parse(Messages[0]?.Body ?? "{}")).toMatchObject({ source: "shop", "detail-type": "Sold", detail: { n: 1 } });
  });

  test("ecr, sns, secretsmanager", async () => {
    expect(await run("ecr", "create-repository", "--repository-name", "app")).toMatchObject({ repository: { repositoryName: "app" } });
    const { TopicArn } = (await run("sns", "create-topic", "--name", "news")) as { TopicArn: string };
    expect(await run("sns", "publish", "--topic-arn", TopicArn, "--message", "hi")).toHaveProperty("MessageId");
    await run("secretsmanager", "create-secret", "--name", "db", "--secret-string", "hush");
    expect(await run("secretsmanager", "get-secret-value", "--secret-id", "db")).toMatchObject({ SecretString: "hush" });
  });

  test("what is not there says so", async () => {
    await expect(run("cloudformation", "create-stack-set", "--stack-set-name", "s", "--template-body", "{}")).rejects.toThrow(
      "NotImplemented",
    );
  });
});
