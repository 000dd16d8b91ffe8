import type { Context } from "../../aws/context.ts";
import type { Subscription } from "../../aws/service.ts";
import type { TimelineEvent } from "../../kernel/events.ts";
import { selectRunsMentioning } from "./jobs-store.ts";
import { findActionByExternalId, wake } from "./wake.ts";

/** What an event tells that actions wait for: the provider, and the id that it answered as its external one. */
interface Told {
  readonly providers: readonly string[];
  readonly id: string;
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

function ofBuild({ detail }: TimelineEvent): Told | undefined {
  const status = text(detail["build-status"] ?? detail["build-batch-status"]);
  const id = text(detail["build-id"] ?? detail["build-batch-id"]).replace(/^.*:build(-batch)?\//, "");
  return status === "" || status === "IN_PROGRESS" ? undefined : { providers: ["CodeBuild", "Commands"], id };
}

function ofDeployment({ detail }: TimelineEvent): Told | undefined {
  return detail["state"] === "START" ? undefined : { providers: ["CodeDeploy"], id: text(detail["deploymentId"]) };
}

function ofStack({ detail }: TimelineEvent): Told | undefined {
  const { status } = (detail["status-details"] ?? {}) as { readonly status?: unknown };
  return text(status).endsWith("_IN_PROGRESS") ? undefined : { providers: ["CloudFormation"], id: text(detail["stack-id"]) };
}

const READERS: Readonly<Record<string, (event: TimelineEvent) => Told | undefined>> = {
  "CodeBuild Build State Change": ofBuild,
  "CodeBuild Build Batch State Change": ofBuild,
  "CodeDeploy Deployment State-change Notification": ofDeployment,
  "CloudFormation Stack Status Change": ofStack,
};

const ALARM = "CloudWatch Alarm State Change";

function wakeWatchers(ctx: Context, alarm: string): void {
  for (const provider of ["CloudWatchAlarm", "Lambda"]) {
    for (const { id } of ctx.all(selectRunsMentioning, { provider, text: alarm })) wake(ctx, id);
  }
}

/** The end of a build, a deployment or a stack, and the change of an alarm, wake the actions and rules that wait for it. */
export const wakes: Subscription = {
  name: "codepipeline.wakes",
  wants: ({ type }) => type === ALARM || Object.hasOwn(READERS, type),
  handle: (ctx, event) => {
    if (event.type === ALARM) return wakeWatchers(ctx, text(event.detail["alarmName"]));
    const told = READERS[event.type]?.(event);
    if (told === undefined || told.id === "") return;
    for (const provider of told.providers) {
      const found = findActionByExternalId(ctx, provider, told.id);
      if (found !== undefined) wake(ctx, found.actionExecutionId);
    }
  },
};
