import type { Key } from "../../i18n/i18n.tsx";

/** An operation that one may try on a resource, with an input to begin with. */
export interface Trial {
  readonly service: string;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** What there is of one service, and what one may do with one of it. */
export interface Kind {
  readonly id: string;
  readonly title: Key;
  readonly service: string;
  readonly list: string;
  readonly input: object;
  /** Names in the answer of `list`. */
  names(answer: Readonly<Record<string, unknown>>): readonly string[];
  trials(name: string): readonly Trial[];
}

type Rows = readonly Readonly<Record<string, unknown>>[];
const field = (member: string, name: string) => (answer: Readonly<Record<string, unknown>>) =>
  ((answer[member] ?? []) as Rows).map((row) => String(row[name]));
const texts = (member: string) => (answer: Readonly<Record<string, unknown>>) => (answer[member] ?? []) as readonly string[];

export const KINDS: readonly Kind[] = [
  {
    id: "buckets",
    title: "kind.buckets",
    service: "s3",
    list: "ListBuckets",
    input: {},
    names: field("Buckets", "Name"),
    trials: (Bucket) => [
      { service: "s3", operation: "ListObjectsV2", input: { Bucket } },
      { service: "s3", operation: "GetObject", input: { Bucket, Key: "" } },
      { service: "s3", operation: "GetBucketPolicy", input: { Bucket } },
    ],
  },
  {
    id: "tables",
    title: "kind.tables",
    service: "dynamodb",
    list: "ListTables",
    input: {},
    names: texts("TableNames"),
    trials: (TableName) => [
      { service: "dynamodb", operation: "Scan", input: { TableName, Limit: 50 } },
      { service: "dynamodb", operation: "DescribeTable", input: { TableName } },
      { service: "dynamodb", operation: "ExecuteStatement", input: { Statement: `SELECT * FROM "${TableName}"` } },
      { service: "dynamodb", operation: "PutItem", input: { TableName, Item: { pk: { S: "a" } } } },
    ],
  },
  {
    id: "queues",
    title: "kind.queues",
    service: "sqs",
    list: "ListQueues",
    input: {},
    names: texts("QueueUrls"),
    trials: (QueueUrl) => [
      { service: "sqs", operation: "SendMessage", input: { QueueUrl, MessageBody: "hello" } },
      { service: "sqs", operation: "ReceiveMessage", input: { QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 } },
      { service: "sqs", operation: "GetQueueAttributes", input: { QueueUrl, AttributeNames: ["All"] } },
    ],
  },
  {
    id: "topics",
    title: "kind.topics",
    service: "sns",
    list: "ListTopics",
    input: {},
    names: field("Topics", "TopicArn"),
    trials: (TopicArn) => [
      { service: "sns", operation: "Publish", input: { TopicArn, Message: "hello" } },
      { service: "sns", operation: "ListSubscriptionsByTopic", input: { TopicArn } },
      { service: "sns", operation: "GetTopicAttributes", input: { TopicArn } },
    ],
  },
  {
    id: "apis",
    title: "kind.apis",
    service: "apigatewayv2",
    list: "GetApis",
    input: {},
    names: field("Items", "ApiId"),
    trials: (ApiId) => [
      { service: "apigatewayv2", operation: "GetRoutes", input: { ApiId } },
      { service: "apigatewayv2", operation: "GetApi", input: { ApiId } },
      { service: "apigatewayv2", operation: "GetStages", input: { ApiId } },
    ],
  },
  {
    id: "rules",
    title: "kind.rules",
    service: "eventbridge",
    list: "ListRules",
    input: {},
    names: field("Rules", "Name"),
    trials: (Name) => [
      { service: "eventbridge", operation: "DescribeRule", input: { Name } },
      { service: "eventbridge", operation: "ListTargetsByRule", input: { Rule: Name } },
      { service: "eventbridge", operation: "PutEvents", input: { Entries: [{ Source: "my.app", DetailType: "Tried", Detail: "{}" }] } },
    ],
  },
  {
    id: "parameters",
    title: "kind.parameters",
    service: "ssm",
    list: "DescribeParameters",
    input: {},
    names: field("Parameters", "Name"),
    trials: (Name) => [
      { service: "ssm", operation: "GetParameter", input: { Name } },
      { service: "ssm", operation: "PutParameter", input: { Name, Value: "", Overwrite: true } },
      { service: "ssm", operation: "GetParameterHistory", input: { Name } },
    ],
  },
  {
    id: "secrets",
    title: "kind.secrets",
    service: "secrets-manager",
    list: "ListSecrets",
    input: {},
    names: field("SecretList", "Name"),
    trials: (SecretId) => [
      { service: "secrets-manager", operation: "DescribeSecret", input: { SecretId } },
      { service: "secrets-manager", operation: "GetSecretValue", input: { SecretId } },
    ],
  },
  {
    id: "roles",
    title: "kind.roles",
    service: "iam",
    list: "ListRoles",
    input: {},
    names: field("Roles", "RoleName"),
    trials: (RoleName) => [
      { service: "iam", operation: "GetRole", input: { RoleName } },
      { service: "iam", operation: "ListRolePolicies", input: { RoleName } },
      { service: "iam", operation: "ListAttachedRolePolicies", input: { RoleName } },
    ],
  },
];
