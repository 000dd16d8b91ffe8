import type {
  AttributeDefinition,
  CreateTableInput,
  GlobalSecondaryIndex,
  KeySchemaElement,
  LocalSecondaryIndex,
  OnDemandThroughput,
  Projection,
  ProvisionedThroughput,
  SSESpecification,
  Tag,
} from "@aws-sdk/client-dynamodb";
import { notImplemented } from "../../aws/exception.ts";
import type { Properties } from "../../aws/resource.ts";

/** What a template asks of a table, in the API's shapes. */
export interface DesiredTable {
  readonly definition: Omit<CreateTableInput, "TableName" | "Tags">;
  readonly ttl: { readonly AttributeName: string; readonly Enabled: boolean } | undefined;
  readonly tags: readonly Tag[];
}

const REFUSED = ["KinesisStreamSpecification", "ImportSourceSpecification", "ResourcePolicy", "WarmThroughput", "StreamSpecification"];

/**
 * `AWS::DynamoDB::Table` as what the API takes.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
 * @throws AwsException NotImplemented for what a table here cannot do
 */
export function desiredTable(properties: Properties): DesiredTable {
  for (const name of REFUSED) if (properties[name] !== undefined) throw notImplemented("dynamodb", "AWS::DynamoDB::Table", name);
  if (flag(group(properties["PointInTimeRecoverySpecification"])["PointInTimeRecoveryEnabled"]) === true) {
    throw notImplemented("dynamodb", "AWS::DynamoDB::Table", "PointInTimeRecoverySpecification");
  }
  if (flag(group(properties["ContributorInsightsSpecification"])["Enabled"]) === true) {
    throw notImplemented("dynamodb", "AWS::DynamoDB::Table", "ContributorInsightsSpecification");
  }
  const billing = text(properties["BillingMode"]);
  const tableClass = text(properties["TableClass"]);
  const protection = flag(properties["DeletionProtectionEnabled"]);
  const global = list(properties["GlobalSecondaryIndexes"]).map(globalIndex);
  const local = list(properties["LocalSecondaryIndexes"]).map(localIndex);
  const throughput = throughputOf(properties["ProvisionedThroughput"]);
  const onDemand = onDemandOf(properties["OnDemandThroughput"]);
  const sse = encryptionOf(properties["SSESpecification"]);
  return {
    definition: {
      AttributeDefinitions: list(properties["AttributeDefinitions"]) as unknown as AttributeDefinition[],
      KeySchema: list(properties["KeySchema"]) as unknown as KeySchemaElement[],
      BillingMode: billing === "PAY_PER_REQUEST" ? billing : "PROVISIONED",
      ...(global.length === 0 ? {} : { GlobalSecondaryIndexes: global }),
      ...(local.length === 0 ? {} : { LocalSecondaryIndexes: local }),
      ...(throughput === undefined ? {} : { ProvisionedThroughput: throughput }),
      ...(onDemand === undefined ? {} : { OnDemandThroughput: onDemand }),
      ...(sse === undefined ? {} : { SSESpecification: sse }),
      ...(tableClass === "STANDARD" || tableClass === "STANDARD_INFREQUENT_ACCESS" ? { TableClass: tableClass } : {}),
      ...(protection === undefined ? {} : { DeletionProtectionEnabled: protection }),
    },
    ttl: ttlOf(properties["TimeToLiveSpecification"]),
    tags: list(properties["Tags"]).map(({ Key, Value }) => ({ Key: String(Key), Value: String(Value) })),
  };
}

/**
 * A global table with one replica, in the stack's own region, is a table.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html
 * @throws AwsException NotImplemented for more replicas, another region, or auto scaling
 */
export function fromGlobalTable(properties: Properties, region: string): Properties {
  const type = "AWS::DynamoDB::GlobalTable";
  const replicas = list(properties["Replicas"]);
  const [replica, ...others] = replicas;
  if (replica === undefined || others.length > 0 || replica["Region"] !== region) {
    throw notImplemented("dynamodb", type, `replicas other than one in ${region} (Replicas)`);
  }
  for (const name of ["WriteProvisionedThroughputSettings", "MultiRegionConsistency", "GlobalTableWitnesses", "GlobalTableSourceArn"]) {
    if (properties[name] !== undefined) throw notImplemented("dynamodb", type, name);
  }
  const onDemand = { ...group(properties["WriteOnDemandThroughputSettings"]), ...group(replica["ReadOnDemandThroughputSettings"]) };
  const { Replicas: _replicas, WriteOnDemandThroughputSettings: _write, SSESpecification: sse, ...rest } = properties;
  const {
    Region: _region,
    GlobalSecondaryIndexes: _indexes,
    ReadOnDemandThroughputSettings: _read,
    SSESpecification: key,
    ...own
  } = replica;
  return {
    ...rest,
    ...own,
    ...(sse === undefined ? {} : { SSESpecification: { ...group(sse), ...group(key) } }),
    ...(Object.keys(onDemand).length === 0 ? {} : { OnDemandThroughput: onDemand }),
  };
}

type Group = Readonly<Record<string, unknown>>;

function group(value: unknown): Group {
  return typeof value === "object" && value !== null ? (value as Group) : {};
}

function list(value: unknown): Group[] {
  return Array.isArray(value) ? value.map(group) : [];
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Templates may write booleans as text. */
function flag(value: unknown): boolean | undefined {
  return value === undefined ? undefined : value === true || value === "true";
}

function throughputOf(value: unknown): ProvisionedThroughput | undefined {
  if (value === undefined) return undefined;
  const { ReadCapacityUnits, WriteCapacityUnits } = group(value);
  return { ReadCapacityUnits: Number(ReadCapacityUnits), WriteCapacityUnits: Number(WriteCapacityUnits) };
}

function onDemandOf(value: unknown): OnDemandThroughput | undefined {
  if (value === undefined) return undefined;
  const { MaxReadRequestUnits: read, MaxWriteRequestUnits: write } = group(value);
  return {
    ...(read === undefined ? {} : { MaxReadRequestUnits: Number(read) }),
    ...(write === undefined ? {} : { MaxWriteRequestUnits: Number(write) }),
  };
}

function encryptionOf(value: unknown): SSESpecification | undefined {
  if (value === undefined) return undefined;
  const { SSEEnabled, SSEType, KMSMasterKeyId } = group(value);
  // Without a key of its own kind the table has the one that AWS owns.
  if (flag(SSEEnabled) !== true) return { Enabled: false };
  return {
    Enabled: true,
    ...(SSEType === "KMS" ? { SSEType } : {}),
    ...(typeof KMSMasterKeyId === "string" ? { KMSMasterKeyId } : {}),
  };
}

function ttlOf(value: unknown): DesiredTable["ttl"] {
  if (value === undefined) return undefined;
  const { AttributeName, Enabled } = group(value);
  return { AttributeName: String(AttributeName ?? ""), Enabled: flag(Enabled) ?? false };
}

function localIndex(value: Group): LocalSecondaryIndex {
  return {
    IndexName: String(value["IndexName"]),
    KeySchema: list(value["KeySchema"]) as unknown as KeySchemaElement[],
    Projection: group(value["Projection"]) as unknown as Projection,
  };
}

function globalIndex(value: Group): GlobalSecondaryIndex {
  const throughput = throughputOf(value["ProvisionedThroughput"]);
  const onDemand = onDemandOf(value["OnDemandThroughput"] ?? value["WriteOnDemandThroughputSettings"]);
  if (value["WarmThroughput"] !== undefined)
    throw notImplemented("dynamodb", "AWS::DynamoDB::Table", "GlobalSecondaryIndexes.WarmThroughput");
  return {
    ...localIndex(value),
    ...(throughput === undefined ? {} : { ProvisionedThroughput: throughput }),
    ...(onDemand === undefined ? {} : { OnDemandThroughput: onDemand }),
  };
}
