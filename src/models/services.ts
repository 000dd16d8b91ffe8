import { readFileSync } from "node:fs";
import { join } from "node:path";
import { generatedDir } from "./generated.ts";

export type ProtocolName = "awsJson1_0" | "awsJson1_1" | "awsQuery" | "ec2Query" | "restJson" | "restXml" | "rpcV2Cbor";

/** What is known of a service without loading its schemas. */
export interface ServiceMeta {
  /** Suffix of the SDK package: `cloudwatch-logs`. */
  readonly id: string;
  /** The SDK's service id: `CloudWatch Logs`. */
  readonly serviceId: string;
  /** Names under which requests are signed, the usual one first. */
  readonly signingNames: readonly string[];
  /** What the JavaScript client speaks. */
  readonly protocol: ProtocolName;
  /** All that the service speaks. */
  readonly protocols: readonly ProtocolName[];
  readonly namespace: string;
  readonly xmlNamespace: string;
  readonly version: string;
  /** Left part of `X-Amz-Target`. */
  readonly target: string;
  /** True for services that were query services before: their errors carry `x-amzn-query-error`. */
  readonly queryCompatible: boolean;
  /** Operations that clients call without a signature. */
  readonly unsigned: readonly string[];
  /** Names, sorted. */
  readonly operations: readonly string[];
}

let metas: Readonly<Record<string, ServiceMeta>> | undefined;

/** Every service that has schemas, by id. */
export function serviceMetas(): Readonly<Record<string, ServiceMeta>> {
  metas ??= JSON.parse(readFileSync(join(generatedDir(), "services.json"), "utf8")) as Record<string, ServiceMeta>;
  return metas;
}
