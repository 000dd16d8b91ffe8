import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApiGatewayV2Client, CreateApiCommand, DeleteApiCommand, GetApiCommand } from "@aws-sdk/client-apigatewayv2";
import { CloudFormationClient, CreateStackCommand, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient, PutMetricAlarmCommand, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DescribeLogStreamsCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { BatchGetItemCommand, CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutEventsCommand, PutRuleCommand } from "@aws-sdk/client-eventbridge";
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  GetAccessKeyLastUsedCommand,
  GetRoleCommand,
  IAMClient,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from "@aws-sdk/client-iam";
import { CreateKeyCommand, DescribeKeyCommand, EncryptCommand, KMSClient } from "@aws-sdk/client-kms";
import { CreateFunctionCommand, GetFunctionCommand, GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  CopyObjectCommand,
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { CreateSecretCommand, GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { CreateTopicCommand, PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { CreateQueueCommand, GetQueueUrlCommand, SendMessageBatchCommand, SetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { GetParameterCommand, GetParametersByPathCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeZip } from "../../src/runtime/processes/zip.ts";
import { ACCOUNT, type ClientConfig, REGION, startCloud, type TestCloud } from "../support/cloud.ts";

/**
 * What a role may do is asked about what each operation really needs.
 * documented: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
let cloud: TestCloud;
let root: ClientConfig;
beforeEach(async () => {
  cloud = await startCloud();
  root = cloud.clientConfig;
});
afterEach(() => cloud.stop());

const ROLE = `arn:aws:iam::${ACCOUNT}:role/worker`;

interface Allowance {
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Effect?: string;
  readonly Condition?: object;
}

const policyOf = (...statements: readonly Allowance[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements.map((statement) => ({ Effect: "Allow", ...statement })) });

const trustOf = (Principal: object): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Principal, Action: "sts:AssumeRole" } });

/** A session of a role with these statements and no others. */
async function roleWith(...statements: readonly Allowance[]): Promise<ClientConfig> {
  const iam = new IAMClient(root);
  await iam.send(new CreateRoleCommand({ RoleName: "worker", AssumeRolePolicyDocument: trustOf({ AWS: ACCOUNT }) }));
  if (statements.length > 0) {
    await iam.send(new PutRolePolicyCommand({ RoleName: "worker", PolicyName: "own", PolicyDocument: policyOf(...statements) }));
  }
  const { Credentials: made } = await new STSClient(root).send(new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: "session" }));
  const credentials = {
    accessKeyId: made?.AccessKeyId ?? "",
    secretAccessKey: made?.SecretAccessKey ?? "",
    sessionToken: made?.SessionToken ?? "",
  };
  return { ...root, credentials };
}

/** What the timeline says would have been denied, in order: `action resource`. */
function denials(): string[] {
  return cloud.cloud.timeline
    .read({ type: "Access Would Be Denied" })
    .map(({ detail }) => `${String(detail["action"])} ${String(detail["resource"])}`);
}

const arn = (service: string, resource: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;

describe("S3", () => {
  // documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
  it("asks about the object, the bucket, and both ends of a copy", async () => {
    await new S3Client(root).send(new CreateBucketCommand({ Bucket: "shelf" }));
    await new S3Client(root).send(new PutObjectCommand({ Bucket: "shelf", Key: "in/a b", Body: "x" }));
    const s3 = new S3Client(
      await roleWith(
        { Action: "s3:GetObject", Resource: "arn:aws:s3:::shelf/in/*" },
        { Action: "s3:PutObject", Resource: "arn:aws:s3:::shelf/out/*" },
        { Action: "s3:ListBucket", Resource: "arn:aws:s3:::shelf", Condition: { StringLike: { "s3:prefix": "in/*" } } },
      ),
    );
    await s3.send(new GetObjectCommand({ Bucket: "shelf", Key: "in/a b" }));
    await s3.send(new ListObjectsV2Command({ Bucket: "shelf", Prefix: "in/" }));
    await s3.send(new CopyObjectCommand({ Bucket: "shelf", Key: "out/a", CopySource: "shelf/in/a%20b" }));
    expect(denials()).toEqual([]);
    await s3.send(new ListObjectsV2Command({ Bucket: "shelf", Prefix: "out/" }));
    await s3.send(new GetObjectCommand({ Bucket: "shelf", Key: "out/a" }));
    await s3.send(new PutObjectCommand({ Bucket: "shelf", Key: "out/a", Body: "y", Tagging: "k=v" }));
    expect(denials()).toEqual([
      "s3:ListBucket arn:aws:s3:::shelf",
      "s3:GetObject arn:aws:s3:::shelf/out/a",
      "s3:PutObjectTagging arn:aws:s3:::shelf/out/a",
    ]);
  });

  // documented: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-single-account.html
  it("takes what the bucket's policy allows for allowed, and what it denies for denied", async () => {
    await new S3Client(root).send(new CreateBucketCommand({ Bucket: "shelf" }));
    await new S3Client(root).send(new PutObjectCommand({ Bucket: "shelf", Key: "k", Body: "x" }));
    const s3 = new S3Client(await roleWith({ Action: "s3:ListBucket", Resource: "*" }));
    const allow = { Effect: "Allow", Principal: { AWS: ROLE }, Action: "s3:GetObject", Resource: "arn:aws:s3:::shelf/*" };
    const deny = { Effect: "Deny", Principal: "*", Action: "s3:ListBucket", Resource: "arn:aws:s3:::shelf" };
    const onTls = { ...deny, Action: "s3:*", Condition: { Bool: { "aws:SecureTransport": "false" } } };
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [allow, deny, onTls] });
    await new S3Client(root).send(new PutBucketPolicyCommand({ Bucket: "shelf", Policy }));
    await s3.send(new GetObjectCommand({ Bucket: "shelf", Key: "k" }));
    await s3.send(new ListObjectsV2Command({ Bucket: "shelf" }));
    expect(denials()).toEqual(["s3:ListBucket arn:aws:s3:::shelf"]);
  });
});

describe("messaging", () => {
  // documented: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
  it("asks for sqs:SendMessage for a batch, and hears the queue's policy", async () => {
    const admin = new SQSClient(root);
    const { QueueUrl } = await admin.send(new CreateQueueCommand({ QueueName: "jobs" }));
    const sqs = new SQSClient(await roleWith({ Action: "sqs:SendMessage", Resource: arn("sqs", "jobs") }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: "1", MessageBody: "x" }] }));
    expect(denials()).toEqual([]);
    await sqs.send(new GetQueueUrlCommand({ QueueName: "jobs" }));
    expect(denials()).toEqual([`sqs:GetQueueUrl ${arn("sqs", "jobs")}`]);
    const statement = { Effect: "Allow", Principal: { AWS: ROLE }, Action: "sqs:GetQueueUrl", Resource: arn("sqs", "jobs") };
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    await admin.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
    await sqs.send(new GetQueueUrlCommand({ QueueName: "jobs" }));
    expect(denials()).toHaveLength(1);
  });

  // documented: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
  it("asks about the topic", async () => {
    await new SNSClient(root).send(new CreateTopicCommand({ Name: "news" }));
    await new SNSClient(root).send(new CreateTopicCommand({ Name: "other" }));
    const sns = new SNSClient(await roleWith({ Action: "sns:Publish", Resource: arn("sns", "news") }));
    await sns.send(new PublishCommand({ TopicArn: arn("sns", "news"), Message: "x" }));
    await sns.send(new PublishCommand({ TopicArn: arn("sns", "other"), Message: "x" }));
    expect(denials()).toEqual([`sns:Publish ${arn("sns", "other")}`]);
  });

  // documented: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
  it("asks about the bus with each event's source, and about passing a rule's role", async () => {
    const events = new EventBridgeClient(
      await roleWith(
        {
          Action: "events:PutEvents",
          Resource: arn("events", "event-bus/default"),
          Condition: { StringEquals: { "events:source": "shop" } },
        },
        { Action: "events:PutRule", Resource: arn("events", "rule/mine-*") },
      ),
    );
    const entry = { DetailType: "Sold", Detail: "{}" };
    await events.send(new PutEventsCommand({ Entries: [{ ...entry, Source: "shop" }] }));
    await events.send(new PutRuleCommand({ Name: "mine-1", ScheduleExpression: "rate(1 hour)" }));
    expect(denials()).toEqual([]);
    await events.send(
      new PutEventsCommand({
        Entries: [
          { ...entry, Source: "shop" },
          { ...entry, Source: "bank" },
        ],
      }),
    );
    await events.send(new PutRuleCommand({ Name: "mine-2", ScheduleExpression: "rate(1 hour)", RoleArn: ROLE }));
    expect(denials()).toEqual([`events:PutEvents ${arn("events", "event-bus/default")}`, `iam:PassRole ${ROLE}`]);
  });
});

describe("parameters and secrets", () => {
  // documented: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html
  it("asks about the parameter or the path", async () => {
    await new SSMClient(root).send(new PutParameterCommand({ Name: "/app/key", Value: "v", Type: "String" }));
    await new SSMClient(root).send(new PutParameterCommand({ Name: "plain", Value: "v", Type: "String" }));
    const ssm = new SSMClient(
      await roleWith({ Action: ["ssm:GetParameter", "ssm:GetParametersByPath"], Resource: arn("ssm", "parameter/app*") }),
    );
    await ssm.send(new GetParameterCommand({ Name: "/app/key:1" }));
    await ssm.send(new GetParametersByPathCommand({ Path: "/app/" }));
    expect(denials()).toEqual([]);
    await ssm.send(new GetParameterCommand({ Name: "plain" }));
    expect(denials()).toEqual([`ssm:GetParameter ${arn("ssm", "parameter/plain")}`]);
  });

  // documented: https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html
  it("asks about the secret's whole ARN, whatever the caller calls it", async () => {
    const { ARN } = await new SecretsManagerClient(root).send(new CreateSecretCommand({ Name: "db", SecretString: "x" }));
    const { ARN: other } = await new SecretsManagerClient(root).send(new CreateSecretCommand({ Name: "dba", SecretString: "x" }));
    const secrets = new SecretsManagerClient(
      await roleWith({
        Action: ["secretsmanager:GetSecretValue", "secretsmanager:CreateSecret"],
        Resource: arn("secretsmanager", "secret:db-??????"),
      }),
    );
    for (const SecretId of ["db", ARN]) await secrets.send(new GetSecretValueCommand({ SecretId }));
    expect(denials()).toEqual([]);
    await secrets.send(new GetSecretValueCommand({ SecretId: "dba" }));
    expect(denials()).toEqual([`secretsmanager:GetSecretValue ${other}`]);
  });
});

describe("logs and metrics", () => {
  // documented: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html (policies name groups with `:*`)
  it("asks about the group's streams", async () => {
    const logs = new CloudWatchLogsClient(await roleWith({ Action: "logs:*", Resource: arn("logs", "log-group:/app:*") }));
    await logs.send(new CreateLogGroupCommand({ logGroupName: "/app" }));
    await logs.send(new CreateLogStreamCommand({ logGroupName: "/app", logStreamName: "one" }));
    const logEvents = [{ timestamp: cloud.ctx.now, message: "x" }];
    await logs.send(new PutLogEventsCommand({ logGroupName: "/app", logStreamName: "one", logEvents }));
    await logs.send(new DescribeLogStreamsCommand({ logGroupName: "/app" }));
    expect(denials()).toEqual([]);
    await logs.send(new CreateLogGroupCommand({ logGroupName: "/apple" }));
    expect(denials()).toEqual([`logs:CreateLogGroup ${arn("logs", "log-group:/apple:log-stream:")}`]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-namespace.html
  it("asks about alarms by name and about metrics by namespace", async () => {
    const cloudwatch = new CloudWatchClient(
      await roleWith(
        { Action: "cloudwatch:PutMetricData", Resource: "*", Condition: { StringEquals: { "cloudwatch:namespace": "Shop" } } },
        { Action: "cloudwatch:PutMetricAlarm", Resource: arn("cloudwatch", "alarm:shop-*") },
      ),
    );
    const MetricData = [{ MetricName: "sold", Value: 1 }];
    await cloudwatch.send(new PutMetricDataCommand({ Namespace: "Shop", MetricData }));
    const alarm = { EvaluationPeriods: 1, ComparisonOperator: "GreaterThanThreshold" as const, Threshold: 1, Period: 60 };
    const metric = { Namespace: "Shop", MetricName: "sold", Statistic: "Sum" as const };
    await cloudwatch.send(new PutMetricAlarmCommand({ AlarmName: "shop-low", ...alarm, ...metric }));
    expect(denials()).toEqual([]);
    await cloudwatch.send(new PutMetricDataCommand({ Namespace: "Bank", MetricData }));
    await cloudwatch.send(new PutMetricAlarmCommand({ AlarmName: "bank", ...alarm, ...metric }));
    expect(denials()).toEqual(["cloudwatch:PutMetricData *", `cloudwatch:PutMetricAlarm ${arn("cloudwatch", "alarm:bank")}`]);
  });
});

describe("functions and tables", () => {
  // documented: https://docs.aws.amazon.com/lambda/latest/dg/permissions-user-function.html
  it("asks about the function, and about passing its role", async () => {
    const code = { Code: { ZipFile: writeZip({ "index.js": "exports.handler = async () => 1;" }) } };
    const settings = { ...code, Runtime: "nodejs22.x" as const, Handler: "index.handler", Role: ROLE };
    const session = await roleWith({ Action: ["lambda:CreateFunction", "lambda:GetFunction"], Resource: arn("lambda", "function:mine") });
    const functions = new LambdaClient(session);
    await new IAMClient(root).send(
      new UpdateAssumeRolePolicyCommand({ RoleName: "worker", PolicyDocument: trustOf({ AWS: ACCOUNT, Service: "lambda.amazonaws.com" }) }),
    );
    await functions.send(new CreateFunctionCommand({ FunctionName: "mine", ...settings }));
    await functions.send(new GetFunctionCommand({ FunctionName: arn("lambda", "function:mine") }));
    expect(denials()).toEqual([`iam:PassRole ${ROLE}`]);
    await functions.send(new GetFunctionConfigurationCommand({ FunctionName: "mine" }));
    expect(denials().at(-1)).toBe(`lambda:GetFunctionConfiguration ${arn("lambda", "function:mine")}`);
  });

  // documented: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
  it("asks about each table of a batch", async () => {
    for (const TableName of ["one", "two"]) {
      const AttributeDefinitions = [{ AttributeName: "id", AttributeType: "S" as const }];
      const KeySchema = [{ AttributeName: "id", KeyType: "HASH" as const }];
      const table = { TableName, AttributeDefinitions, KeySchema, BillingMode: "PAY_PER_REQUEST" as const };
      await new DynamoDBClient(root).send(new CreateTableCommand(table));
    }
    const dynamodb = new DynamoDBClient(await roleWith({ Action: "dynamodb:BatchGetItem", Resource: arn("dynamodb", "table/one") }));
    const wanted = { Keys: [{ id: { S: "x" } }] };
    await dynamodb.send(new BatchGetItemCommand({ RequestItems: { one: wanted, two: wanted } }));
    expect(denials()).toEqual([`dynamodb:BatchGetItem ${arn("dynamodb", "table/two")}`]);
  });

  // documented: https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
  it("hears a key's policy, which may allow a role by itself", async () => {
    const session = await roleWith();
    const kms = new KMSClient(root);
    const all = { Effect: "Allow", Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: "kms:*", Resource: "*" };
    const encrypting = { Effect: "Allow", Principal: { AWS: ROLE }, Action: "kms:Encrypt", Resource: "*" };
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [all, encrypting] });
    const { KeyMetadata: key } = await kms.send(new CreateKeyCommand({ Policy }));
    const KeyId = key?.KeyId ?? "";
    await new KMSClient(session).send(new EncryptCommand({ KeyId, Plaintext: Buffer.from("x") }));
    await new KMSClient(session).send(new DescribeKeyCommand({ KeyId }));
    expect(denials()).toEqual([`kms:DescribeKey ${key?.Arn}`]);
  });
});

describe("what manages", () => {
  // documented: https://docs.aws.amazon.com/apigateway/latest/developerguide/security_iam_service-with-iam.html
  it("asks API Gateway's paths by HTTP method", async () => {
    const { ApiId = "" } = await new ApiGatewayV2Client(root).send(new CreateApiCommand({ Name: "a", ProtocolType: "HTTP" }));
    const apis = new ApiGatewayV2Client(await roleWith({ Action: "apigateway:GET", Resource: `arn:aws:apigateway:${REGION}::/apis/*` }));
    await apis.send(new GetApiCommand({ ApiId }));
    await apis.send(new DeleteApiCommand({ ApiId }));
    expect(denials()).toEqual([`apigateway:DELETE arn:aws:apigateway:${REGION}::/apis/${ApiId}`]);
  });

  // documented: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html
  it("asks about a stack by its name, whatever its id, and about all stacks", async () => {
    const stacks = new CloudFormationClient(
      await roleWith({
        Action: ["cloudformation:CreateStack", "cloudformation:DescribeStacks"],
        Resource: arn("cloudformation", "stack/mine/*"),
      }),
    );
    const TemplateBody = JSON.stringify({ Resources: { W: { Type: "AWS::CloudFormation::WaitConditionHandle" } } });
    await stacks.send(new CreateStackCommand({ StackName: "mine", TemplateBody }));
    await stacks.send(new DescribeStacksCommand({ StackName: "mine" }));
    expect(denials()).toEqual([]);
    await stacks.send(new DescribeStacksCommand({}));
    expect(denials()).toEqual(["cloudformation:DescribeStacks *"]);
  });

  // documented: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html ("No permissions are required")
  it("asks nothing of GetCallerIdentity, of AssumeRole beyond its own decision, and of the root", async () => {
    const worker = await roleWith();
    await new STSClient(worker).send(new GetCallerIdentityCommand({}));
    await expect(new STSClient(worker).send(new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: "again" }))).rejects.toMatchObject({
      name: "AccessDenied",
    });
    expect(denials()).toEqual([]);
  });
});

describe("last use", () => {
  // documented: https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyLastUsed.html
  it("tells when, where and for what a key was used", async () => {
    const iam = new IAMClient(root);
    await iam.send(new CreateUserCommand({ UserName: "ann" }));
    const { AccessKey: key } = await iam.send(new CreateAccessKeyCommand({ UserName: "ann" }));
    const ask = new GetAccessKeyLastUsedCommand({ AccessKeyId: key?.AccessKeyId ?? "" });
    expect((await iam.send(ask)).AccessKeyLastUsed).toEqual({ ServiceName: "N/A", Region: "N/A" });
    const credentials = { accessKeyId: key?.AccessKeyId ?? "", secretAccessKey: key?.SecretAccessKey ?? "" };
    await new STSClient({ ...root, region: "eu-central-1", credentials }).send(new GetCallerIdentityCommand({}));
    const { AccessKeyLastUsed: used } = await iam.send(ask);
    expect(used).toEqual({ ServiceName: "sts", Region: "eu-central-1", LastUsedDate: new Date(cloud.ctx.now) });
  });

  // documented: https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleLastUsed.html
  it("tells when a role's session was used, and keeps it", async () => {
    const iam = new IAMClient(root);
    const session = await roleWith();
    expect((await iam.send(new GetRoleCommand({ RoleName: "worker" }))).Role?.RoleLastUsed).toEqual({});
    await new STSClient(session).send(new GetCallerIdentityCommand({}));
    for (const _ of [1, 2]) {
      const { Role } = await iam.send(new GetRoleCommand({ RoleName: "worker" }));
      expect(Role?.RoleLastUsed?.Region).toBe(REGION);
      expect(Role?.RoleLastUsed?.LastUsedDate).toBeInstanceOf(Date);
    }
  });

  // documented: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html; that it outlives a restart is our own.
  it("remembers over a restart", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "orrery-audit-"));
    const first = await startCloud({ dataDir });
    const iam = new IAMClient(first.clientConfig);
    await iam.send(new CreateUserCommand({ UserName: "ann" }));
    const { AccessKey: key } = await iam.send(new CreateAccessKeyCommand({ UserName: "ann" }));
    const credentials = { accessKeyId: key?.AccessKeyId ?? "", secretAccessKey: key?.SecretAccessKey ?? "" };
    await new STSClient({ ...first.clientConfig, credentials }).send(new GetCallerIdentityCommand({}));
    await first.stop();
    const second = await startCloud({ dataDir });
    const ask = new GetAccessKeyLastUsedCommand({ AccessKeyId: credentials.accessKeyId });
    const { AccessKeyLastUsed: used } = await new IAMClient(second.clientConfig).send(ask);
    expect(used).toMatchObject({ ServiceName: "sts", Region: REGION, LastUsedDate: expect.any(Date) });
    await second.stop();
    rmSync(dataDir, { recursive: true });
  });
});
