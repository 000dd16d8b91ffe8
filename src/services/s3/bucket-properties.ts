import type { Context } from "../../aws/context.ts";
import { notImplemented } from "../../aws/exception.ts";
import type { Properties, ResourceRequest } from "../../aws/resource.ts";

export function text(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}

type Section = Readonly<Record<string, unknown>>;

function section(properties: Section, name: string): Section | undefined {
  const value = properties[name];
  return typeof value === "object" && value !== null ? (value as Section) : undefined;
}

function listOf(value: unknown): Section[] {
  return Array.isArray(value) ? (value as Section[]) : [];
}

const isTrue = (value: unknown): boolean => String(value) === "true";
const numberOf = (value: unknown): number | undefined => (value === undefined ? undefined : Number(value));

/** Read when the bucket is made, or beside the settings. */
const OTHERS = ["BucketName", "ObjectLockEnabled", "Tags"];

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html#cfn-s3-bucket-accesscontrol */
const CANNED: Readonly<Record<string, string>> = {
  AuthenticatedRead: "authenticated-read",
  AwsExecRead: "aws-exec-read",
  BucketOwnerFullControl: "bucket-owner-full-control",
  BucketOwnerRead: "bucket-owner-read",
  LogDeliveryWrite: "log-delivery-write",
  Private: "private",
  PublicRead: "public-read",
  PublicReadWrite: "public-read-write",
};

interface Setting {
  readonly property: string;
  put(ctx: Context, Bucket: string, value: Section): Promise<unknown>;
  remove(ctx: Context, Bucket: string): Promise<unknown>;
}

/** CloudFormation's words, turned into the API's, one property at a time. */
const SETTINGS: readonly Setting[] = [
  {
    property: "OwnershipControls",
    put: (ctx, Bucket, value) => {
      const Rules = listOf(value["Rules"]).map((rule) => ({ ObjectOwnership: text(rule["ObjectOwnership"]) as "ObjectWriter" }));
      return ctx.call("s3", "PutBucketOwnershipControls", { Bucket, OwnershipControls: { Rules } });
    },
    remove: (ctx, Bucket) => ctx.call("s3", "DeleteBucketOwnershipControls", { Bucket }),
  },
  {
    property: "VersioningConfiguration",
    put: (ctx, Bucket, value) => {
      const Status = text(value["Status"]) as "Enabled";
      return ctx.call("s3", "PutBucketVersioning", { Bucket, VersioningConfiguration: { Status } });
    },
    remove: (ctx, Bucket) => ctx.call("s3", "PutBucketVersioning", { Bucket, VersioningConfiguration: { Status: "Suspended" } }),
  },
  {
    property: "PublicAccessBlockConfiguration",
    put: (ctx, Bucket, value) => {
      const PublicAccessBlockConfiguration = {
        BlockPublicAcls: isTrue(value["BlockPublicAcls"]),
        IgnorePublicAcls: isTrue(value["IgnorePublicAcls"]),
        BlockPublicPolicy: isTrue(value["BlockPublicPolicy"]),
        RestrictPublicBuckets: isTrue(value["RestrictPublicBuckets"]),
      };
      return ctx.call("s3", "PutPublicAccessBlock", { Bucket, PublicAccessBlockConfiguration });
    },
    remove: (ctx, Bucket) => ctx.call("s3", "DeletePublicAccessBlock", { Bucket }),
  },
  {
    property: "BucketEncryption",
    put: (ctx, Bucket, value) => {
      const Rules = listOf(value["ServerSideEncryptionConfiguration"]).map((rule) => {
        if (rule["BlockedEncryptionTypes"] !== undefined) throw notImplemented("s3", "AWS::S3::Bucket", "BlockedEncryptionTypes");
        const defaults = section(rule, "ServerSideEncryptionByDefault");
        const key = text(defaults?.["KMSMasterKeyID"]);
        return {
          BucketKeyEnabled: isTrue(rule["BucketKeyEnabled"]),
          ...(defaults === undefined
            ? {}
            : {
                ApplyServerSideEncryptionByDefault: {
                  SSEAlgorithm: text(defaults["SSEAlgorithm"]) as "AES256",
                  ...(key === undefined ? {} : { KMSMasterKeyID: key }),
                },
              }),
        };
      });
      return ctx.call("s3", "PutBucketEncryption", { Bucket, ServerSideEncryptionConfiguration: { Rules } });
    },
    remove: (ctx, Bucket) => ctx.call("s3", "DeleteBucketEncryption", { Bucket }),
  },
  {
    property: "CorsConfiguration",
    put: (ctx, Bucket, value) => {
      const CORSRules = listOf(value["CorsRules"]).map((rule) => {
        const age = numberOf(rule["MaxAge"]);
        const id = text(rule["Id"]);
        return {
          ...(id === undefined ? {} : { ID: id }),
          AllowedHeaders: rule["AllowedHeaders"] as string[],
          AllowedMethods: rule["AllowedMethods"] as string[],
          AllowedOrigins: rule["AllowedOrigins"] as string[],
          ExposeHeaders: rule["ExposedHeaders"] as string[],
          ...(age === undefined ? {} : { MaxAgeSeconds: age }),
        };
      });
      return ctx.call("s3", "PutBucketCors", { Bucket, CORSConfiguration: { CORSRules } });
    },
    remove: (ctx, Bucket) => ctx.call("s3", "DeleteBucketCors", { Bucket }),
  },
  {
    property: "WebsiteConfiguration",
    put: (ctx, Bucket, value) => {
      const index = text(value["IndexDocument"]);
      const error = text(value["ErrorDocument"]);
      const all = section(value, "RedirectAllRequestsTo");
      if (value["RoutingRules"] !== undefined) throw notImplemented("s3", "AWS::S3::Bucket", "RoutingRules");
      const WebsiteConfiguration = {
        ...(index === undefined ? {} : { IndexDocument: { Suffix: index } }),
        ...(error === undefined ? {} : { ErrorDocument: { Key: error } }),
        ...(all === undefined
          ? {}
          : { RedirectAllRequestsTo: { HostName: text(all["HostName"]) ?? "", Protocol: text(all["Protocol"]) as "https" } }),
      };
      return ctx.call("s3", "PutBucketWebsite", { Bucket, WebsiteConfiguration });
    },
    remove: (ctx, Bucket) => ctx.call("s3", "DeleteBucketWebsite", { Bucket }),
  },
  {
    property: "LoggingConfiguration",
    put: (ctx, Bucket, value) => {
      if (value["TargetObjectKeyFormat"] !== undefined) throw notImplemented("s3", "AWS::S3::Bucket", "TargetObjectKeyFormat");
      const LoggingEnabled = {
        TargetBucket: text(value["DestinationBucketName"]) ?? Bucket,
        TargetPrefix: text(value["LogFilePrefix"]) ?? "",
      };
      return ctx.call("s3", "PutBucketLogging", { Bucket, BucketLoggingStatus: { LoggingEnabled } });
    },
    remove: (ctx, Bucket) => ctx.call("s3", "PutBucketLogging", { Bucket, BucketLoggingStatus: {} }),
  },
  {
    property: "AccelerateConfiguration",
    put: (ctx, Bucket, value) => {
      const Status = text(value["AccelerationStatus"]) as "Enabled";
      return ctx.call("s3", "PutBucketAccelerateConfiguration", { Bucket, AccelerateConfiguration: { Status } });
    },
    remove: (ctx, Bucket) =>
      ctx.call("s3", "PutBucketAccelerateConfiguration", { Bucket, AccelerateConfiguration: { Status: "Suspended" } }),
  },
  {
    property: "LifecycleConfiguration",
    put: (ctx, Bucket, value) => {
      const Rules = listOf(value["Rules"]).map(lifecycleRule);
      const minimum = text(value["TransitionDefaultMinimumObjectSize"]) as "varies_by_storage_class" | undefined;
      return ctx.call("s3", "PutBucketLifecycleConfiguration", {
        Bucket,
        LifecycleConfiguration: { Rules },
        ...(minimum === undefined ? {} : { TransitionDefaultMinimumObjectSize: minimum }),
      });
    },
    remove: (ctx, Bucket) => ctx.call("s3", "DeleteBucketLifecycle", { Bucket }),
  },
  {
    property: "ObjectLockConfiguration",
    put: (ctx, Bucket, value) => {
      const retention = section(section(value, "Rule") ?? {}, "DefaultRetention");
      const Days = numberOf(retention?.["Days"]);
      const Years = numberOf(retention?.["Years"]);
      const DefaultRetention = {
        Mode: text(retention?.["Mode"]) as "GOVERNANCE",
        ...(Days === undefined ? {} : { Days }),
        ...(Years === undefined ? {} : { Years }),
      };
      const ObjectLockConfiguration = {
        ObjectLockEnabled: text(value["ObjectLockEnabled"] ?? "Enabled") as "Enabled",
        ...(retention === undefined ? {} : { Rule: { DefaultRetention } }),
      };
      return ctx.call("s3", "PutObjectLockConfiguration", { Bucket, ObjectLockConfiguration });
    },
    remove: (ctx, Bucket) =>
      ctx.call("s3", "PutObjectLockConfiguration", { Bucket, ObjectLockConfiguration: { ObjectLockEnabled: "Enabled" } }),
  },
  {
    property: "NotificationConfiguration",
    put: (ctx, Bucket, value) => {
      const NotificationConfiguration = notification(value);
      return ctx.call("s3", "PutBucketNotificationConfiguration", { Bucket, NotificationConfiguration });
    },
    remove: (ctx, Bucket) => ctx.call("s3", "PutBucketNotificationConfiguration", { Bucket, NotificationConfiguration: {} }),
  },
];

function lifecycleRule(rule: Section) {
  const id = text(rule["Id"]);
  const days = numberOf(rule["ExpirationInDays"]);
  const date = text(rule["ExpirationDate"]);
  const noncurrent = section(rule, "NoncurrentVersionExpiration");
  const noncurrentDays = numberOf(noncurrent?.["NoncurrentDays"] ?? rule["NoncurrentVersionExpirationInDays"]);
  const newer = numberOf(noncurrent?.["NewerNoncurrentVersions"]);
  const abort = numberOf(section(rule, "AbortIncompleteMultipartUpload")?.["DaysAfterInitiation"]);
  const marker = rule["ExpiredObjectDeleteMarker"];
  const expires = days !== undefined || date !== undefined || marker !== undefined;
  return {
    ...(id === undefined ? {} : { ID: id }),
    Status: text(rule["Status"]) as "Enabled",
    Filter: lifecycleFilter(rule),
    ...(expires
      ? {
          Expiration: {
            ...(days === undefined ? {} : { Days: days }),
            ...(date === undefined ? {} : { Date: new Date(date) }),
            ...(marker === undefined ? {} : { ExpiredObjectDeleteMarker: isTrue(marker) }),
          },
        }
      : {}),
    ...(noncurrentDays === undefined
      ? {}
      : {
          NoncurrentVersionExpiration: {
            NoncurrentDays: noncurrentDays,
            ...(newer === undefined ? {} : { NewerNoncurrentVersions: newer }),
          },
        }),
    ...transitions(rule),
    ...(abort === undefined ? {} : { AbortIncompleteMultipartUpload: { DaysAfterInitiation: abort } }),
  };
}

function transitions(rule: Section) {
  const one = (name: string): Section[] => [
    ...listOf(rule[`${name}s`]),
    ...(section(rule, name) === undefined ? [] : [section(rule, name) ?? {}]),
  ];
  const current = one("Transition").map((entry) => {
    const days = numberOf(entry["TransitionInDays"]);
    const date = text(entry["TransitionDate"]);
    const StorageClass = text(entry["StorageClass"]) as "GLACIER";
    return { StorageClass, ...(days === undefined ? {} : { Days: days }), ...(date === undefined ? {} : { Date: new Date(date) }) };
  });
  const noncurrent = one("NoncurrentVersionTransition").map((entry) => {
    const newer = numberOf(entry["NewerNoncurrentVersions"]);
    const StorageClass = text(entry["StorageClass"]) as "GLACIER";
    const NoncurrentDays = Number(entry["TransitionInDays"]);
    return { StorageClass, NoncurrentDays, ...(newer === undefined ? {} : { NewerNoncurrentVersions: newer }) };
  });
  return {
    ...(current.length === 0 ? {} : { Transitions: current }),
    ...(noncurrent.length === 0 ? {} : { NoncurrentVersionTransitions: noncurrent }),
  };
}

function lifecycleFilter(rule: Section) {
  const more = numberOf(rule["ObjectSizeGreaterThan"]);
  const less = numberOf(rule["ObjectSizeLessThan"]);
  return {
    And: {
      Prefix: text(rule["Prefix"]) ?? "",
      Tags: listOf(rule["TagFilters"]).map((tag) => ({ Key: text(tag["Key"]) ?? "", Value: text(tag["Value"]) ?? "" })),
      ...(more === undefined ? {} : { ObjectSizeGreaterThan: more }),
      ...(less === undefined ? {} : { ObjectSizeLessThan: less }),
    },
  };
}

function notification(value: Section) {
  const common = (entry: Section) => {
    const rules = listOf(section(section(entry, "Filter") ?? {}, "S3Key")?.["Rules"]);
    const FilterRules = rules.map((rule) => ({ Name: text(rule["Name"])?.toLowerCase() as "prefix", Value: text(rule["Value"]) ?? "" }));
    return {
      Events: [text(entry["Event"]) as "s3:ObjectCreated:*"],
      ...(FilterRules.length === 0 ? {} : { Filter: { Key: { FilterRules } } }),
    };
  };
  const bridge = section(value, "EventBridgeConfiguration");
  return {
    LambdaFunctionConfigurations: listOf(value["LambdaConfigurations"]).map((entry) => ({
      LambdaFunctionArn: text(entry["Function"]) ?? "",
      ...common(entry),
    })),
    QueueConfigurations: listOf(value["QueueConfigurations"]).map((entry) => ({ QueueArn: text(entry["Queue"]) ?? "", ...common(entry) })),
    TopicConfigurations: listOf(value["TopicConfigurations"]).map((entry) => ({ TopicArn: text(entry["Topic"]) ?? "", ...common(entry) })),
    ...(bridge !== undefined && String(bridge["EventBridgeEnabled"] ?? true) === "true" ? { EventBridgeConfiguration: {} } : {}),
  };
}

/** Brings a bucket from its previous properties to the wanted ones: puts what is there, removes what went. */
export async function applyBucket(ctx: Context, Bucket: string, request: ResourceRequest, previous: Properties): Promise<void> {
  const { properties } = request;
  const known = new Set([...OTHERS, "AccessControl", ...SETTINGS.map(({ property }) => property)]);
  const unknown = Object.keys(properties).find((name) => !known.has(name) && properties[name] !== undefined);
  if (unknown !== undefined) throw notImplemented("s3", "AWS::S3::Bucket", unknown);
  for (const { property, put, remove } of SETTINGS) {
    const wanted = section(properties, property);
    if (wanted !== undefined) await put(ctx, Bucket, wanted);
    else if (previous[property] !== undefined) await remove(ctx, Bucket);
  }
  await applyAcl(ctx, Bucket, properties, previous);
  await applyTags(ctx, Bucket, request, previous);
}

/** After ownership and block public access, which decide whether an ACL may be. */
async function applyAcl(ctx: Context, Bucket: string, properties: Properties, previous: Properties): Promise<void> {
  const wanted = text(properties["AccessControl"]);
  if (wanted === undefined && previous["AccessControl"] === undefined) return;
  const ACL = CANNED[wanted ?? "Private"];
  if (ACL === undefined) throw notImplemented("s3", "AWS::S3::Bucket", `AccessControl ${wanted ?? ""}`);
  await ctx.call("s3", "PutBucketAcl", { Bucket, ACL: ACL as "private" });
}

async function applyTags(ctx: Context, Bucket: string, request: ResourceRequest, previous: Properties): Promise<void> {
  const own = listOf(request.properties["Tags"]).map((tag) => [text(tag["Key"]) ?? "", text(tag["Value"]) ?? ""] as const);
  const all = { ...request.stackTags, ...Object.fromEntries(own) };
  const TagSet = Object.entries(all).map(([Key, Value]) => ({ Key, Value }));
  if (TagSet.length > 0) await ctx.call("s3", "PutBucketTagging", { Bucket, Tagging: { TagSet } });
  else if (previous["Tags"] !== undefined) await ctx.call("s3", "DeleteBucketTagging", { Bucket });
}
