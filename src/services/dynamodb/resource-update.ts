import type { GlobalSecondaryIndexUpdate, ProvisionedThroughput, TableDescription, UpdateTableInput } from "@aws-sdk/client-dynamodb";
import type { DesiredTable } from "./resource-properties.ts";

export type TableChange = Omit<UpdateTableInput, "TableName">;

/**
 * The next step from a table that rests to the one that a template wants: DynamoDB takes one kind of change at a time.
 * Undefined when there is nothing left to do, so that it can be asked again after any interruption.
 */
export function nextChange(
  live: TableDescription,
  { definition: desired }: DesiredTable,
  { definition: previous }: DesiredTable,
): TableChange | undefined {
  return (
    indexRemoval(live, desired) ??
    billingChange(live, desired) ??
    indexCreation(live, desired) ??
    indexThroughput(live, desired) ??
    settingChange(live, desired, previous)
  );
}

type Definition = DesiredTable["definition"];

function billingChange(live: TableDescription, desired: Definition): TableChange | undefined {
  const current = live.BillingModeSummary?.BillingMode ?? "PROVISIONED";
  const mode = desired.BillingMode ?? "PROVISIONED";
  if (mode === "PAY_PER_REQUEST") return current === mode ? undefined : { BillingMode: mode };
  const same = sameThroughput(live.ProvisionedThroughput, desired.ProvisionedThroughput);
  if (current === mode && same) return undefined;
  const updates = current === mode ? [] : throughputUpdates(live, desired);
  return {
    BillingMode: mode,
    ...(same ? {} : { ProvisionedThroughput: desired.ProvisionedThroughput }),
    ...(updates.length === 0 ? {} : { GlobalSecondaryIndexUpdates: updates }),
  };
}

function sameThroughput(
  a: ProvisionedThroughput | TableDescription["ProvisionedThroughput"],
  b: ProvisionedThroughput | undefined,
): boolean {
  return a?.ReadCapacityUnits === b?.ReadCapacityUnits && a?.WriteCapacityUnits === b?.WriteCapacityUnits;
}

function indexRemoval(live: TableDescription, desired: Definition): TableChange | undefined {
  const wanted = new Set((desired.GlobalSecondaryIndexes ?? []).map(({ IndexName }) => IndexName));
  const gone = live.GlobalSecondaryIndexes?.find(({ IndexName }) => !wanted.has(IndexName));
  return gone === undefined ? undefined : { GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: gone.IndexName } }] };
}

function indexCreation(live: TableDescription, desired: Definition): TableChange | undefined {
  const there = new Set((live.GlobalSecondaryIndexes ?? []).map(({ IndexName }) => IndexName));
  const made = desired.GlobalSecondaryIndexes?.find(({ IndexName }) => !there.has(IndexName));
  if (made === undefined) return undefined;
  return { AttributeDefinitions: desired.AttributeDefinitions, GlobalSecondaryIndexUpdates: [{ Create: made }] };
}

function indexThroughput(live: TableDescription, desired: Definition): TableChange | undefined {
  const updates = desired.BillingMode === "PAY_PER_REQUEST" ? [] : throughputUpdates(live, desired);
  return updates.length === 0 ? undefined : { GlobalSecondaryIndexUpdates: updates };
}

function throughputUpdates(live: TableDescription, desired: Definition): GlobalSecondaryIndexUpdate[] {
  return (desired.GlobalSecondaryIndexes ?? []).flatMap(({ IndexName, ProvisionedThroughput }) => {
    const index = live.GlobalSecondaryIndexes?.find((other) => other.IndexName === IndexName);
    if (index === undefined || ProvisionedThroughput === undefined || sameThroughput(index.ProvisionedThroughput, ProvisionedThroughput))
      return [];
    return [{ Update: { IndexName, ProvisionedThroughput } }];
  });
}

function settingChange(live: TableDescription, desired: Definition, previous: Definition): TableChange | undefined {
  const tableClass = desired.TableClass ?? (previous.TableClass === undefined ? undefined : "STANDARD");
  const protection = desired.DeletionProtectionEnabled ?? false;
  const onDemand = desired.OnDemandThroughput;
  const sse = desired.SSESpecification ?? (previous.SSESpecification === undefined ? undefined : { Enabled: false });
  const change: TableChange = {
    ...(tableClass === undefined || (live.TableClassSummary?.TableClass ?? "STANDARD") === tableClass ? {} : { TableClass: tableClass }),
    ...(live.DeletionProtectionEnabled === protection ? {} : { DeletionProtectionEnabled: protection }),
    ...(onDemand === undefined || sameOnDemand(live.OnDemandThroughput, onDemand) ? {} : { OnDemandThroughput: onDemand }),
    ...(sse === undefined || !keyChanges(live.SSEDescription?.KMSMasterKeyArn, sse) ? {} : { SSESpecification: sse }),
  };
  return Object.keys(change).length === 0 ? undefined : change;
}

function sameOnDemand(a: TableDescription["OnDemandThroughput"], b: NonNullable<Definition["OnDemandThroughput"]>): boolean {
  return a?.MaxReadRequestUnits === b.MaxReadRequestUnits && a?.MaxWriteRequestUnits === b.MaxWriteRequestUnits;
}

/** A table's description shows its key's ARN; a template may name the key by that, its id, or not at all. */
function keyChanges(
  arn: string | undefined,
  { Enabled = false, KMSMasterKeyId: id }: NonNullable<Definition["SSESpecification"]>,
): boolean {
  if (arn === undefined || !Enabled) return Enabled !== (arn !== undefined);
  return id !== undefined && !id.startsWith("alias/") && !arn.endsWith(id);
}
