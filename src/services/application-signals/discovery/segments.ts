import type { Caller, KeyAttributes, Remote } from "./keys.ts";

/** What of a segment document is read here. https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html */
export interface Segment {
  readonly id: string;
  readonly name: string;
  readonly parent_id?: string;
  readonly start_time: number;
  readonly end_time?: number;
  readonly type?: string;
  readonly namespace?: string;
  readonly origin?: string;
  readonly inferred?: boolean;
  readonly fault?: boolean;
  readonly error?: boolean;
  readonly throttle?: boolean;
  readonly http?: { readonly request?: { readonly method?: string; readonly url?: string } };
  readonly aws?: {
    readonly operation?: string;
    readonly table_name?: string;
    readonly bucket_name?: string;
    readonly queue_url?: string;
    readonly topic_arn?: string;
    readonly function_name?: string;
    readonly api_gateway?: { readonly stage?: string; readonly operation?: string };
  };
  readonly metadata?: { readonly otel?: { readonly resource?: Readonly<Record<string, unknown>> } };
  readonly subsegments?: readonly Segment[];
}

const FUNCTION = "AWS::Lambda::Function";
const STAGE = "AWS::ApiGateway::Stage";

/** Where programs run that tell of themselves. */
const HOSTS: Readonly<Record<string, readonly [environment: string, platform: string]>> = {
  "AWS::EC2::Instance": ["ec2:default", "AWS::EC2"],
  "AWS::ECS::Container": ["ecs:default", "AWS::ECS"],
  "AWS::ECS::EC2": ["ecs:default", "AWS::ECS"],
  "AWS::ECS::Fargate": ["ecs:default", "AWS::ECS"],
  "AWS::EKS::Container": ["eks:default", "AWS::EKS"],
  "AWS::ElasticBeanstalk::Environment": ["elastic-beanstalk:default", "AWS::ElasticBeanstalk"],
};

/** Its requests are counted where they are served, traced or not. */
export function isCountedElsewhere({ origin }: Segment): boolean {
  return origin === FUNCTION || origin === STAGE;
}

/** The service and operation that a segment is of; undefined for those that are no service of the account's, such as a table. */
export function callerOf(segment: Segment): Caller | undefined {
  const { name, origin, type, inferred, aws } = segment;
  if (inferred === true || type === "subsegment") return undefined;
  if (origin === FUNCTION) {
    return { service: name, environment: "lambda:default", operation: `${name}/FunctionHandler`, platform: "AWS::Lambda" };
  }
  const operation = operationOf(segment, "InternalOperation");
  if (origin === STAGE) {
    const { stage = "default", operation: route = operation } = aws?.api_gateway ?? {};
    return { service: name, environment: `api-gateway:${stage}`, operation: route, platform: "AWS::ApiGateway" };
  }
  const host = origin === undefined ? (["generic:default", "Generic"] as const) : HOSTS[origin];
  if (host === undefined) return undefined;
  const resource = segment.metadata?.otel?.resource ?? {};
  const told = resource["deployment.environment.name"] ?? resource["deployment.environment"];
  return { service: name, environment: typeof told === "string" ? told : host[0], operation, platform: host[1] };
}

/** Method and first part of the path, as AWS's instrumentation names operations that have no route. */
function operationOf({ http }: Segment, otherwise: string): string {
  const { method, url } = http?.request ?? {};
  if (url === undefined) return method ?? otherwise;
  const path = /^(?:[a-z]+:\/\/[^/]*)?\/?([^/?#]*)/i.exec(url)?.[1] ?? "";
  return `${method ?? "GET"} /${path}`;
}

/** All calls that a segment made of something else. */
export function callsOf({ subsegments = [] }: Segment): Segment[] {
  return subsegments.flatMap((part) => [...(part.namespace === undefined ? [] : [part]), ...callsOf(part)]);
}

/** What a call went to; `callee` is the segment that the called one sent itself, where there is one. */
export function remoteOfCall(call: Segment, callee: Segment | undefined): Remote {
  const operation = call.aws?.operation;
  const name = call.aws?.function_name;
  if (name !== undefined) {
    const service = name.replace(/^.*:function:/, "").replace(/:.*$/, "");
    return { service, operation: operation ?? "Invoke", attributes: { Type: "Service", Name: service, Environment: "lambda:default" } };
  }
  if (call.namespace === "aws") {
    const service = call.name.startsWith("AWS::") ? call.name : `AWS::${call.name}`;
    return { service, operation: operation ?? "UnknownRemoteOperation", attributes: resourceOf(call, service) };
  }
  const called = callee === undefined ? undefined : callerOf(callee);
  if (called !== undefined) {
    const { service, environment } = called;
    return { service, operation: called.operation, attributes: { Type: "Service", Name: service, Environment: environment } };
  }
  const service = call.name;
  return { service, operation: operationOf(call, "UnknownRemoteOperation"), attributes: { Type: "RemoteService", Name: service } };
}

function resourceOf({ aws }: Segment, service: string): KeyAttributes {
  const found = [
    ["AWS::DynamoDB::Table", aws?.table_name],
    ["AWS::S3::Bucket", aws?.bucket_name],
    ["AWS::SQS::Queue", aws?.queue_url?.split("/").at(-1)],
    ["AWS::SNS::Topic", aws?.topic_arn?.split(":").at(-1)],
  ].find(([, id]) => id !== undefined);
  const [type, id] = found ?? [];
  if (type === undefined || id === undefined) return { Type: "AWS::Service", Name: service };
  return { Type: "AWS::Resource", ResourceType: type, Identifier: id };
}
