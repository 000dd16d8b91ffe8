import type { Output } from "../../../aws/clients.ts";
import type { SeenRow } from "../store.ts";

export const NAMESPACE = "ApplicationSignals";
const HOUR_MS = 3_600_000;
const NONE = "";

export type KeyAttributes = Readonly<Record<string, string>>;
export type MetricReferences = NonNullable<Output<"application-signals", "ListServices">["ServiceSummaries"]>[number]["MetricReferences"];

/** What an operation calls. */
export interface Remote {
  /** As the dimension RemoteService has it. */
  readonly service: string;
  readonly operation: string;
  readonly attributes: KeyAttributes;
}

export interface Caller {
  readonly service: string;
  readonly environment: string;
  readonly operation: string;
  readonly platform: string;
}

export function hourOf(time: number): number {
  return Math.floor(time / HOUR_MS) * HOUR_MS;
}

export function serviceAttributes({ service, environment }: Pick<SeenRow, "service" | "environment">): KeyAttributes {
  return { Type: "Service", Name: service, Environment: environment };
}

/** Same members, in whatever order. */
export function isSame(a: KeyAttributes, b: KeyAttributes): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

export function remoteOf({ remote }: Pick<SeenRow, "remote">): Remote | undefined {
  return remote === NONE ? undefined : (JSON.parse(remote) as Remote);
}

type Dimensions = Record<string, string>;

/** Dimensions are up to 1,024 ASCII characters, and names of hosts and paths may be anything. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html */
function fitting(set: Dimensions): Dimensions {
  return Object.fromEntries(
    Object.entries(set).map(([name, value]) => [
      name,
      value
        .replace(/[^ -~]/g, "_")
        .slice(0, 1_024)
        .trim() || "unknown",
    ]),
  );
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AppSignals-MetricsCollected.html#AppSignals-StandardMetrics-Dimensions */
export function serviceSets({ service, environment, operation }: Omit<Caller, "platform">): Dimensions[] {
  const all = { Environment: environment, Service: service };
  return [{ ...all, Operation: operation }, all].map(fitting);
}

/** The first is the most exact one. */
export function dependencySets({ service, environment, operation }: Omit<Caller, "platform">, remote: Remote): Dimensions[] {
  const from = { Environment: environment, Service: service };
  const call = { RemoteService: remote.service, RemoteOperation: remote.operation };
  const { ResourceType: type, Identifier: id } = remote.attributes;
  const resource = type === undefined || id === undefined ? undefined : { RemoteResourceIdentifier: id, RemoteResourceType: type };
  const sets: Dimensions[] = [
    ...(resource === undefined ? [] : [{ ...from, Operation: operation, ...call, ...resource }]),
    { ...from, Operation: operation, ...call },
    ...(resource === undefined ? [] : [{ ...from, ...call, ...resource }]),
    { ...from, ...call },
    { ...from, RemoteService: remote.service },
    { RemoteService: remote.service },
    ...(resource === undefined ? [] : [{ RemoteService: remote.service, ...resource }]),
  ];
  return sets.map(fitting);
}

/** https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_MetricReference.html */
export function metricReferences(dimensions: Readonly<Record<string, string>>): MetricReferences {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  return [
    { Namespace: NAMESPACE, MetricType: "LATENCY", Dimensions, MetricName: "Latency" },
    { Namespace: NAMESPACE, MetricType: "FAULT", Dimensions, MetricName: "Fault" },
    { Namespace: NAMESPACE, MetricType: "ERROR", Dimensions, MetricName: "Error" },
  ];
}

const PARTS: readonly string[] = ["Type", "ResourceType", "Name", "Identifier", "Environment"];
const TYPES: readonly string[] = ["Service", "RemoteService", "AWS::Service", "Resource", "AWS::Resource"];

/** What is wrong with key attributes of a service, in words; undefined for nothing. */
export function faultOfKeys(attributes: KeyAttributes | undefined): string | undefined {
  if (attributes === undefined) return "KeyAttributes must be specified.";
  const unknown = Object.keys(attributes).find((key) => !PARTS.includes(key));
  if (unknown !== undefined) return `KeyAttributes has the unknown key ${unknown}.`;
  const { Type: type } = attributes;
  if (type === undefined || !TYPES.includes(type)) return `KeyAttributes must have a Type of ${TYPES.join(", ")}.`;
  if (type.endsWith("Resource")) {
    const missing = ["ResourceType", "Identifier"].find((key) => attributes[key] === undefined);
    return missing === undefined ? undefined : `KeyAttributes of the type ${type} must have ${missing}.`;
  }
  if (attributes["Name"] === undefined) return `KeyAttributes of the type ${type} must have Name.`;
  return type === "Service" && attributes["Environment"] === undefined ? "KeyAttributes of a Service must have Environment." : undefined;
}
