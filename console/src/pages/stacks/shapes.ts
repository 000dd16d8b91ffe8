import type { Health } from "../../ui/graph/Graph.tsx";
import { isBad, isOpen } from "../../ui/Status.tsx";

export interface Resource {
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceType: string;
  readonly ResourceStatus: string;
  readonly ResourceStatusReason?: string;
  readonly Timestamp: string;
}

export const healthOf = (status: string | undefined): Health =>
  status === undefined ? "none" : isBad(status) ? "bad" : isOpen(status) ? "warning" : status.startsWith("DELETE") ? "none" : "good";

const PAGES: Readonly<Record<string, (id: string) => string>> = {
  "AWS::Lambda::Function": (id) => `/functions/${id}`,
  "AWS::CloudWatch::Alarm": (id) => `/alarms/${id}`,
  "AWS::CloudWatch::Dashboard": (id) => `/dashboards/${id}`,
  "AWS::CodePipeline::Pipeline": (id) => `/pipelines/${id}`,
  "AWS::Logs::LogGroup": (id) => `/logs/${id}`,
  "AWS::CloudFormation::Stack": (id) => `/stacks/${id.split("/")[1] ?? id}`,
  "AWS::S3::Bucket": (id) => `/resources/buckets/${id}`,
  "AWS::DynamoDB::Table": (id) => `/resources/tables/${id}`,
  "AWS::SQS::Queue": (id) => `/resources/queues/${id}`,
};

/** The page of the console that shows a resource. */
export function pageOf({
  ResourceType,
  PhysicalResourceId: id,
}: Pick<Resource, "ResourceType" | "PhysicalResourceId">): string | undefined {
  const page = PAGES[ResourceType];
  return page === undefined || id === undefined ? undefined : page(encodeURIComponent(id));
}

const CANCELLED = /cancel/i;

/** The first failure of the newest operation, from which the others followed. */
export function rootOf(events: readonly Resource[]): Resource | undefined {
  const begun = events.findIndex(
    ({ ResourceType, ResourceStatusReason }) => ResourceType === "AWS::CloudFormation::Stack" && ResourceStatusReason === "User Initiated",
  );
  const newest = begun === -1 ? events : events.slice(0, begun);
  return newest.findLast(
    ({ ResourceStatus, ResourceStatusReason = "" }) => ResourceStatus.endsWith("_FAILED") && !CANCELLED.test(ResourceStatusReason),
  );
}
