import { randomBytes } from "node:crypto";
import type { Context } from "../../aws/context.ts";
import { insertKey } from "./create.ts";
import { aliases, type KeyRow } from "./store.ts";

/** Services with a key of their own in every account, and what the key protects by AWS's description. */
const SERVICES: Readonly<Record<string, string>> = {
  acm: "Default key that protects my ACM private keys when no other key is defined",
  backup: "Default key that protects my Backup data when no other key is defined",
  codebuild: "Default key that protects my CodeBuild artifacts when no other key is defined",
  codecommit: "Default key that protects my CodeCommit repositories when no other key is defined",
  dynamodb: "Default key that protects my DynamoDB data when no other key is defined",
  ebs: "Default key that protects my EBS volumes when no other key is defined",
  ecr: "Default key that protects my ECR data when no other key is defined",
  elasticfilesystem: "Default key that protects my EFS filesystems when no other key is defined",
  es: "Default key that protects my Elasticsearch data when no other key is defined",
  kinesis: "Default key that protects my Kinesis streams when no other key is defined",
  lambda: "Default key that protects my Lambda functions when no other key is defined",
  rds: "Default key that protects my RDS database volumes when no other key is defined",
  s3: "Default key that protects my S3 objects when no other key is defined",
  secretsmanager: "Default key that protects my Secrets Manager data when no other key is defined",
  sns: "Default key that protects my SNS data when no other key is defined",
  sqs: "Default key that protects my SQS messages when no other key is defined",
  ssm: "Default key that protects my SSM parameters when no other key is defined",
};

/**
 * The AWS managed key behind `alias/aws/<service>`, made now: it is asked for only where there is none yet.
 * https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk
 */
export function serviceKey(ctx: Context, alias: string): KeyRow | undefined {
  const service = /^alias\/aws\/([a-z0-9-]+)$/.exec(alias)?.[1] ?? "";
  const description = SERVICES[service];
  if (description === undefined) return undefined;
  return ctx.tx(() => {
    const policy = servicePolicy(ctx, service);
    const row = insertKey(
      ctx,
      { spec: "SYMMETRIC_DEFAULT", usage: "ENCRYPT_DECRYPT", description, policy, manager: "AWS" },
      randomBytes(32),
    );
    ctx.run(aliases.insert, { name: alias, key_id: row.id, now: ctx.now });
    return row;
  });
}

/** The account's principals may use it through the service and look at it; nobody may change it. */
function servicePolicy(ctx: Context, service: string): string {
  const { account, region } = ctx;
  const use = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey"];
  const through = { StringEquals: { "kms:CallerAccount": account, "kms:ViaService": `${service}.${region}.amazonaws.com` } };
  const look = ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"];
  const statements = [
    {
      Sid: `Allow access through ${service} for all principals in the account that are authorized to use it`,
      Effect: "Allow",
      Principal: { AWS: "*" },
      Action: use,
      Resource: "*",
      Condition: through,
    },
    {
      Sid: "Allow direct access to key metadata to the account",
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${account}:root` },
      Action: look,
      Resource: "*",
    },
  ];
  return JSON.stringify({ Version: "2012-10-17", Id: `auto-${service}-1`, Statement: statements });
}
