import type { Output } from "../../../aws/clients.ts";
import type { Annotation } from "../segments/document.ts";
import { keyOf, type Segment, type ServiceName, type TraceModel } from "./model.ts";
import { outcomeOf } from "./outcome.ts";
import { partsOf, rootCausesOf } from "./root-causes.ts";

export type TraceSummary = NonNullable<Output<"xray", "GetTraceSummaries">["TraceSummaries"]>[number];
type ServiceId = NonNullable<TraceSummary["EntryPoint"]>;

/** https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html#api-segmentdocuments-annotations */
const MOST_ANNOTATIONS = 50;

export function serviceIdOf({ name, type }: ServiceName, account: string): ServiceId {
  return { Name: name, Names: [name], AccountId: account, ...(type === undefined ? {} : { Type: type }) };
}

/** https://docs.aws.amazon.com/xray/latest/api/API_TraceSummary.html */
export function summaryOf(trace: TraceModel, account: string): TraceSummary {
  const { root } = trace;
  const outcome = root === undefined ? undefined : outcomeOf(root.document);
  const causes = rootCausesOf(trace, account);
  return {
    Id: trace.id,
    StartTime: new Date(trace.start * 1_000),
    Duration: round(trace.end - trace.start),
    ...(outcome?.duration === undefined ? {} : { ResponseTime: round(outcome.duration) }),
    HasFault: outcome?.fault ?? false,
    HasError: outcome?.error ?? false,
    HasThrottle: outcome?.throttle ?? false,
    IsPartial: trace.partial,
    Http: root === undefined ? {} : httpOf(root),
    Annotations: annotationsOf(trace, account),
    Users: usersOf(trace, account),
    ServiceIds: distinct(trace.segments.map(({ service }) => service)).map((service) => serviceIdOf(service, account)),
    ResourceARNs: textsOf(trace, ({ document }) => document.resource_arn).map((ARN) => ({ ARN })),
    InstanceIds: textsOf(trace, ({ document }) => document.aws?.ec2?.instance_id).map((Id) => ({ Id })),
    AvailabilityZones: textsOf(trace, ({ document }) => document.aws?.ec2?.availability_zone).map((Name) => ({ Name })),
    ...(root === undefined ? {} : { EntryPoint: serviceIdOf(root.service, account) }),
    FaultRootCauses: causes.fault,
    ErrorRootCauses: causes.error,
    ResponseTimeRootCauses: causes.responsetime,
    Revision: trace.revision,
  };
}

export function round(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}

function httpOf({ document: { http } }: Segment): NonNullable<TraceSummary["Http"]> {
  const { request, response } = http ?? {};
  return {
    ...(request?.url === undefined ? {} : { HttpURL: request.url }),
    ...(response?.status === undefined ? {} : { HttpStatus: response.status }),
    ...(request?.method === undefined ? {} : { HttpMethod: request.method }),
    ...(request?.user_agent === undefined ? {} : { UserAgent: request.user_agent }),
    ...(request?.client_ip === undefined ? {} : { ClientIp: request.client_ip }),
  };
}

function distinct(services: readonly ServiceName[]): ServiceName[] {
  return [...new Map(services.map((service) => [keyOf(service), service])).values()];
}

function textsOf(trace: TraceModel, read: (segment: Segment) => string | undefined): string[] {
  return [...new Set(trace.segments.map(read).filter((text) => text !== undefined))];
}

function usersOf(trace: TraceModel, account: string): NonNullable<TraceSummary["Users"]> {
  const users = textsOf(trace, ({ document }) => document.user);
  return users.map((UserName) => {
    const segments = trace.segments.filter(({ document }) => document.user === UserName);
    return { UserName, ServiceIds: distinct(segments.map(({ service }) => service)).map((service) => serviceIdOf(service, account)) };
  });
}

function annotationsOf(trace: TraceModel, account: string): NonNullable<TraceSummary["Annotations"]> {
  const found = new Map<string, Map<Annotation, ServiceName[]>>();
  for (const segment of trace.segments) {
    for (const [key, value] of partsOf(segment).flatMap(({ annotations }) => Object.entries(annotations ?? {}))) {
      if (!found.has(key) && found.size >= MOST_ANNOTATIONS) continue;
      const values = found.get(key) ?? new Map<Annotation, ServiceName[]>();
      found.set(key, values.set(value, [...(values.get(value) ?? []), segment.service]));
    }
  }
  return Object.fromEntries(
    [...found].map(([key, values]) => [
      key,
      [...values].map(([value, services]) => ({
        AnnotationValue: annotationOf(value),
        ServiceIds: distinct(services).map((service) => serviceIdOf(service, account)),
      })),
    ]),
  );
}

function annotationOf(value: Annotation) {
  if (typeof value === "number") return { NumberValue: value };
  return typeof value === "boolean" ? { BooleanValue: value } : { StringValue: value };
}
