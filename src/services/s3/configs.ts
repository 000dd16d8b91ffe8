import type { LoggingEnabled, ReplicationConfiguration, ServerSideEncryptionConfiguration, WebsiteConfiguration } from "@aws-sdk/client-s3";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { bucketArn, bucketOf, configOf, homeOf, requiredConfig, setConfig } from "./bucket.ts";
import { invalidArgument, malformedXml } from "./errors.ts";
import { buckets } from "./store.ts";

const NO_WEBSITE = { code: "NoSuchWebsiteConfiguration", message: "The specified bucket does not have a website configuration" };
const NO_REPLICATION = { code: "ReplicationConfigurationNotFoundError", message: "The replication configuration was not found" };
const DEFAULT_ENCRYPTION: ServerSideEncryptionConfiguration = {
  Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" }, BucketKeyEnabled: false }],
};

/** Settings of a bucket that are stored; those that act are applied where objects are written and read. */
export const configOperations = {
  PutBucketVersioning: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    const status = input.VersioningConfiguration?.Status;
    if (input.MFA !== undefined || input.VersioningConfiguration?.MFADelete === "Enabled")
      throw notImplemented("s3", "PutBucketVersioning", "MFADelete");
    if (status !== "Enabled" && status !== "Suspended")
      throw new AwsException("IllegalVersioningConfigurationException", "The Versioning element must be specified", { status: 400 });
    if (status === "Suspended" && configOf(ctx, bucket.name, "objectLock") !== undefined) {
      throw new AwsException(
        "InvalidBucketState",
        "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
        { status: 409 },
      );
    }
    ctx.tx(() => {
      ctx.run(buckets.setVersioning, { name: bucket.name, versioning: status });
      const detail = { bucket: bucket.name, configuration: "versioning", status };
      homeOf(ctx, bucket).emit({ source: "aws.s3", type: "Bucket configuration changed", resources: [bucketArn(bucket.name)], detail });
    });
    return {};
  },
  GetBucketVersioning: (input, ctx) => {
    const { versioning } = bucketOf(ctx, input);
    return versioning === null ? {} : { Status: versioning };
  },

  PutBucketEncryption: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    const rules = input.ServerSideEncryptionConfiguration?.Rules ?? [];
    const defaults = rules[0]?.ApplyServerSideEncryptionByDefault;
    if (rules.length !== 1) throw malformedXml();
    if (defaults?.SSEAlgorithm === "AES256" && defaults.KMSMasterKeyID !== undefined) {
      throw invalidArgument("a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms");
    }
    setConfig(ctx, bucket, "encryption", { Rules: rules.map((rule) => ({ ...rule, BucketKeyEnabled: rule.BucketKeyEnabled ?? false })) });
    return {};
  },
  GetBucketEncryption: (input, ctx) => ({
    ServerSideEncryptionConfiguration:
      configOf<ServerSideEncryptionConfiguration>(ctx, bucketOf(ctx, input).name, "encryption") ?? DEFAULT_ENCRYPTION,
  }),
  DeleteBucketEncryption: (input, ctx) => {
    setConfig(ctx, bucketOf(ctx, input), "encryption", undefined);
    return {};
  },

  PutBucketWebsite: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    const config = input.WebsiteConfiguration;
    if (config?.RedirectAllRequestsTo === undefined && config?.IndexDocument?.Suffix === undefined) {
      throw invalidArgument("A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty", "IndexDocument", "null");
    }
    setConfig(ctx, bucket, "website", config);
    return {};
  },
  GetBucketWebsite: (input, ctx) => requiredConfig<WebsiteConfiguration>(ctx, bucketOf(ctx, input).name, "website", NO_WEBSITE),
  DeleteBucketWebsite: (input, ctx) => {
    setConfig(ctx, bucketOf(ctx, input), "website", undefined);
    return {};
  },

  PutBucketLogging: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    setConfig(ctx, bucket, "logging", input.BucketLoggingStatus?.LoggingEnabled);
    return {};
  },
  GetBucketLogging: (input, ctx) => {
    const LoggingEnabled = configOf<LoggingEnabled>(ctx, bucketOf(ctx, input).name, "logging");
    return LoggingEnabled === undefined ? {} : { LoggingEnabled };
  },

  PutBucketReplication: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    if (bucket.versioning !== "Enabled") {
      throw new AwsException("InvalidRequest", "Versioning must be 'Enabled' on the bucket to apply a replication configuration", {
        status: 400,
      });
    }
    setConfig(ctx, bucket, "replication", input.ReplicationConfiguration);
    return {};
  },
  GetBucketReplication: (input, ctx) => ({
    ReplicationConfiguration: requiredConfig<ReplicationConfiguration>(ctx, bucketOf(ctx, input).name, "replication", NO_REPLICATION),
  }),
  DeleteBucketReplication: (input, ctx) => {
    setConfig(ctx, bucketOf(ctx, input), "replication", undefined);
    return {};
  },

  PutBucketAccelerateConfiguration: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    const status = input.AccelerateConfiguration?.Status;
    if (status === undefined) throw malformedXml();
    setConfig(ctx, bucket, "accelerate", status);
    return {};
  },
  GetBucketAccelerateConfiguration: (input, ctx) => {
    const Status = configOf<"Enabled">(ctx, bucketOf(ctx, input).name, "accelerate");
    return Status === undefined ? {} : { Status };
  },

  PutBucketRequestPayment: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    setConfig(ctx, bucket, "requestPayment", input.RequestPaymentConfiguration?.Payer);
    return {};
  },
  GetBucketRequestPayment: (input, ctx) => ({
    Payer: configOf<"Requester">(ctx, bucketOf(ctx, input).name, "requestPayment") ?? "BucketOwner",
  }),
} satisfies Operations<"s3">;
