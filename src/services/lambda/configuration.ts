import type { FunctionConfiguration, LastUpdateStatusReasonCode } from "@aws-sdk/client-lambda";
import type { Context } from "../../aws/context.ts";
import { functionArn } from "./names.ts";
import type { FunctionRecord } from "./records.ts";
import { LATEST } from "./store.ts";

/** The service answers it for updates too, though the SDK's list of codes leaves it out. */
const CREATING: string = "Creating";

/** What AWS answers for a version. `qualified` decides whether the ARN names the version. */
export function configurationOf(ctx: Context, record: FunctionRecord, qualifier?: string): FunctionConfiguration {
  const shown = qualifier ?? (record.version === LATEST ? undefined : record.version);
  return {
    FunctionName: record.name,
    FunctionArn: functionArn(ctx, record.name, shown),
    Runtime: record.runtime,
    Role: record.role,
    Handler: record.handler,
    CodeSize: record.code.size,
    Description: record.description,
    Timeout: record.timeout,
    MemorySize: record.memory,
    LastModified: timestamp(record.lastModified),
    CodeSha256: record.code.sha256,
    Version: record.version,
    TracingConfig: { Mode: record.tracing },
    RevisionId: record.revisionId,
    PackageType: "Zip",
    Architectures: [record.architecture],
    EphemeralStorage: { Size: record.ephemeral },
    SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" },
    LoggingConfig: record.logging,
    RuntimeVersionConfig: { RuntimeVersionArn: `arn:aws:lambda:${ctx.region}::runtime:orrery-${record.runtime}` },
    ...optionalMembers(record),
    ...stateMembers(record),
  };
}

function optionalMembers(record: FunctionRecord): Partial<FunctionConfiguration> {
  const { variables, kmsKeyArn, deadLetterArn, layers } = record;
  return {
    ...(variables === undefined ? {} : { Environment: { Variables: { ...variables } } }),
    ...(kmsKeyArn === undefined ? {} : { KMSKeyArn: kmsKeyArn }),
    ...(deadLetterArn === undefined ? {} : { DeadLetterConfig: { TargetArn: deadLetterArn } }),
    ...(layers.length === 0 ? {} : { Layers: layers.map(({ arn, size }) => ({ Arn: arn, CodeSize: size })) }),
  };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html */
function stateMembers(record: FunctionRecord): Partial<FunctionConfiguration> {
  if (record.state === "Pending") {
    return { State: "Pending", StateReason: "The function is being created.", StateReasonCode: "Creating" };
  }
  if (!record.updating) return { State: "Active", LastUpdateStatus: "Successful" };
  return {
    State: "Active",
    LastUpdateStatus: "InProgress",
    LastUpdateStatusReason: "The function is being created.",
    LastUpdateStatusReasonCode: CREATING as LastUpdateStatusReasonCode,
  };
}

/** `2026-01-31T12:00:00.000+0000`, as Lambda writes it. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "+0000");
}
