import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { putMetrics } from "../../aws/metrics.ts";

/**
 * What a daemon counted. AWS keeps it to itself; here it is put where it can be read, as metrics.
 * https://docs.aws.amazon.com/xray/latest/api/API_PutTelemetryRecords.html
 */
export function putTelemetryRecords(input: Input<"xray", "PutTelemetryRecords">, ctx: Context): Output<"xray", "PutTelemetryRecords"> {
  const dimensions = {
    ...(input.Hostname === undefined ? {} : { Hostname: input.Hostname }),
    ...(input.EC2InstanceId === undefined ? {} : { InstanceId: input.EC2InstanceId }),
    ...(input.ResourceARN === undefined ? {} : { ResourceARN: input.ResourceARN }),
  };
  for (const record of input.TelemetryRecords ?? []) {
    const counts = {
      SegmentsReceived: record.SegmentsReceivedCount,
      SegmentsSent: record.SegmentsSentCount,
      SegmentsSpillover: record.SegmentsSpilloverCount,
      SegmentsRejected: record.SegmentsRejectedCount,
      BackendConnectionErrors: Object.values(record.BackendConnectionErrors ?? {}).reduce<number>((sum, count) => sum + (count ?? 0), 0),
    };
    const points = Object.entries(counts).flatMap(([name, value]) =>
      value === undefined ? [] : [{ name, value, unit: "Count" as const, dimensions }],
    );
    putMetrics(ctx, "Orrery/XRayDaemon", points);
  }
  return {};
}
