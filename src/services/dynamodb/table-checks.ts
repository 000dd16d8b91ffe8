import type { AttributeDefinition, BillingMode, KeySchemaElement, Projection, ProvisionedThroughput } from "@aws-sdk/client-dynamodb";
import { notImplemented } from "../../aws/exception.ts";
import { invalidValues, validation } from "./errors.ts";

/** An index as a request describes it. */
export interface IndexRequest {
  readonly IndexName?: string | undefined;
  readonly KeySchema?: KeySchemaElement[] | undefined;
  readonly Projection?: Projection | undefined;
}
export interface SchemaRequest {
  readonly attributes: readonly AttributeDefinition[];
  readonly keySchema: readonly KeySchemaElement[];
  readonly global: readonly IndexRequest[];
  readonly local: readonly IndexRequest[];
}

const MAX_GLOBAL = 20;
const MAX_LOCAL = 5;
const NAME = /^[a-zA-Z0-9_.-]+$/;

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html */
export function checkTableName(name: string): void {
  if (name.length < 3 || name.length > 255) {
    throw validation("TableName must be at least 3 characters long and at most 255 characters long");
  }
  if (!NAME.test(name)) {
    throw validation(
      `1 validation error detected: Value '${name}' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+`,
    );
  }
}

/**
 * Checks keys, attribute definitions and indexes against one another.
 * @throws AwsException ValidationException
 */
export function checkSchema({ attributes, keySchema, global, local }: SchemaRequest): void {
  const defined = attributes.map(({ AttributeName = "" }) => AttributeName);
  checkKeySchema(keySchema);
  checkDefined(keySchema, defined);
  checkDuplicateDefinitions(defined);
  checkIndexCount(global, local);
  const names = new Set<string>();
  for (const index of [...global, ...local]) {
    const name = index.IndexName ?? "";
    if (names.has(name)) throw invalidValues(`Duplicate index name: ${name}`);
    names.add(name);
    checkKeySchema(index.KeySchema ?? []);
    checkDefined(index.KeySchema ?? [], defined);
    checkProjection(index);
  }
  for (const index of local) checkLocal(index, keySchema);
  const used = new Set(
    [...keySchema, ...[...global, ...local].flatMap(({ KeySchema = [] }) => KeySchema)].map(({ AttributeName }) => AttributeName),
  );
  const unused = defined.filter((name) => !used.has(name));
  if (unused.length > 0) throw tooManyDefinitions(names.size, defined, used);
}

function tooManyDefinitions(indexes: number, defined: readonly string[], used: ReadonlySet<string | undefined>): Error {
  return invalidValues(
    indexes === 0
      ? "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"
      : `Some AttributeDefinitions are not used. AttributeDefinitions: [${defined.join(", ")}], keys used: [${[...used].join(", ")}]`,
  );
}

function checkKeySchema(schema: readonly KeySchemaElement[]): void {
  if (schema.length > 2) throw notImplemented("dynamodb", "CreateTable", "keys of several partition or sort attributes (KeySchema)");
  const [hash, range] = schema;
  if (hash?.KeyType !== "HASH") throw validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
  if (range === undefined) return;
  if (range.KeyType !== "RANGE") throw validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
  if (range.AttributeName === hash.AttributeName) {
    throw validation("Both the Hash Key and the Range Key element in the KeySchema have the same name");
  }
}

function checkDefined(schema: readonly KeySchemaElement[], defined: readonly string[]): void {
  const keys = schema.map(({ AttributeName = "" }) => AttributeName);
  if (keys.every((name) => defined.includes(name))) return;
  throw invalidValues(
    `Some index key attributes are not defined in AttributeDefinitions. Keys: [${keys.join(", ")}], AttributeDefinitions: [${defined.join(", ")}]`,
  );
}

function checkDuplicateDefinitions(defined: readonly string[]): void {
  const twice = defined.find((name, i) => defined.indexOf(name) !== i);
  if (twice !== undefined) throw invalidValues(`Duplicate AttributeName in AttributeDefinitions: ${twice}`);
}

function checkIndexCount(global: readonly IndexRequest[], local: readonly IndexRequest[]): void {
  if (global.length > MAX_GLOBAL) {
    throw invalidValues(`GlobalSecondaryIndex count exceeds the per-table limit of ${MAX_GLOBAL}`);
  }
  if (local.length > MAX_LOCAL) throw invalidValues(`Number of LocalSecondaryIndexes exceeds per-table limit of ${MAX_LOCAL}`);
}

function checkProjection({ Projection: projection, IndexName = "" }: IndexRequest): void {
  const type = projection?.ProjectionType;
  const attributes = projection?.NonKeyAttributes;
  if (type === undefined) throw invalidValues("Unknown ProjectionType: null");
  if (type === "INCLUDE") {
    if (attributes === undefined) throw invalidValues("ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
    if (new Set(attributes).size < attributes.length) throw invalidValues(`Duplicate NonKeyAttributes in index: ${IndexName}`);
  } else if (attributes !== undefined) {
    throw invalidValues(`ProjectionType is ${type}, but NonKeyAttributes is specified`);
  }
}

function checkLocal({ IndexName = "", KeySchema = [] }: IndexRequest, tableKeys: readonly KeySchemaElement[]): void {
  const [tableHash, tableRange] = tableKeys;
  const [hash, range] = KeySchema;
  if (tableRange === undefined) {
    throw invalidValues("Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex");
  }
  if (range === undefined) throw invalidValues(`Index KeySchema does not have a range key for index: ${IndexName}`);
  if (hash?.AttributeName !== tableHash?.AttributeName) {
    throw invalidValues(
      `Index KeySchema does not have the same leading hash key as table KeySchema for index: ${IndexName}. index hash key: ${hash?.AttributeName}, table hash key: ${tableHash?.AttributeName}`,
    );
  }
}

/** @throws AwsException ValidationException when billing mode and throughput do not go together */
export function checkBilling(
  mode: BillingMode,
  throughput: ProvisionedThroughput | undefined,
  indexes: readonly { readonly IndexName?: string | undefined; readonly ProvisionedThroughput?: ProvisionedThroughput | undefined }[],
): void {
  if (mode === "PAY_PER_REQUEST") {
    if (throughput !== undefined) {
      throw invalidValues("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
    }
    const named = indexes.find(({ ProvisionedThroughput: own }) => own !== undefined);
    if (named !== undefined) {
      throw invalidValues(
        `ProvisionedThroughput should not be specified for index: ${named.IndexName} when BillingMode is PAY_PER_REQUEST`,
      );
    }
    return;
  }
  if (throughput === undefined) {
    throw invalidValues("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED");
  }
  const without = indexes.find(({ ProvisionedThroughput: own }) => own === undefined);
  if (without !== undefined) {
    throw invalidValues(`ProvisionedThroughput must be specified for index: ${without.IndexName}`);
  }
}
