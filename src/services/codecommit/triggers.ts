import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import type { MessageHandler } from "../../aws/service.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { RefChange } from "../../runtime/git/refs.ts";
import { fault } from "./errors.ts";
import { arnOf, findRepository, ownContext, saveRepository } from "./repository.ts";
import { type RepositoryRow, selectRepositoryById } from "./store.ts";

interface Trigger {
  readonly name: string;
  readonly destinationArn: string;
  readonly customData?: string;
  readonly branches?: readonly string[];
  readonly events: readonly string[];
}

/** https://docs.aws.amazon.com/codecommit/latest/userguide/limits.html */
const MOST_TRIGGERS = 10;
const EVENT_OF = {
  referenceCreated: "createReference",
  referenceUpdated: "updateReference",
  referenceDeleted: "deleteReference",
} as const;

export function triggersOf(row: RepositoryRow): Trigger[] {
  return JSON.parse(row.triggers) as Trigger[];
}

export function getRepositoryTriggers(
  input: Input<"codecommit", "GetRepositoryTriggers">,
  ctx: Context,
): Output<"codecommit", "GetRepositoryTriggers"> {
  const row = findRepository(ctx, input.repositoryName);
  return {
    ...(row.configuration_id === null ? {} : { configurationId: row.configuration_id }),
    triggers: JSON.parse(row.triggers) as NonNullable<Output<"codecommit", "GetRepositoryTriggers">["triggers"]>,
  };
}

export function putRepositoryTriggers(
  input: Input<"codecommit", "PutRepositoryTriggers">,
  ctx: Context,
): Output<"codecommit", "PutRepositoryTriggers"> {
  const triggers = checked(ctx, input.triggers);
  return ctx.tx(() => {
    const configurationId = ctx.cloud.ids.uuid();
    saveRepository(ctx, findRepository(ctx, input.repositoryName), {
      triggers: JSON.stringify(triggers),
      configuration_id: configurationId,
    });
    return { configurationId };
  });
}

type Given = NonNullable<Input<"codecommit", "PutRepositoryTriggers">["triggers"]>;

/** @throws what https://docs.aws.amazon.com/codecommit/latest/APIReference/API_PutRepositoryTriggers.html lists */
function checked(ctx: Context, triggers: Given | undefined): Trigger[] {
  if (triggers === undefined) throw fault("RepositoryTriggersListRequired", "The list of triggers for the repository is required.");
  if (triggers.length > MOST_TRIGGERS)
    throw fault("MaximumRepositoryTriggersExceeded", `The number of triggers allowed for the repository is ${MOST_TRIGGERS}.`);
  const names = new Set<string>();
  return triggers.map(({ name = "", destinationArn = "", customData, branches, events = [] }) => {
    if (name === "" || name.length > 100 || names.has(name))
      throw fault("InvalidRepositoryTriggerName", `The trigger name ${name} is not valid, or is used twice.`);
    names.add(name);
    const [, , service, region] = destinationArn.split(":");
    if (service !== "sns" && service !== "lambda")
      throw fault("InvalidRepositoryTriggerDestinationArn", `${destinationArn} is neither an SNS topic nor a Lambda function.`);
    if (region !== ctx.region)
      throw fault("InvalidRepositoryTriggerRegion", "The destination of a trigger must be in the same AWS Region as the repository.");
    if ((branches?.length ?? 0) > 10) throw fault("MaximumBranchesExceeded", "A trigger takes 10 branches at most.");
    if (events.length === 0) throw fault("RepositoryTriggerEventsListRequired", "At least one event for the trigger is required.");
    return { name, destinationArn, ...(customData === undefined ? {} : { customData }), branches: branches ?? [], events };
  });
}

/** Queues the triggers that a change of a ref starts. */
export function startTriggers(ctx: Context, row: RepositoryRow, change: RefChange): void {
  for (const trigger of triggersOf(row)) {
    if (!matches(trigger, change)) continue;
    const { name: ref, commitId, kind } = change;
    ctx.send("codecommit.trigger", {
      repositoryId: row.id,
      trigger: trigger.name,
      ref,
      commit: commitId ?? change.oldCommitId,
      kind,
      actor: ctx.principal.arn,
      eventId: ctx.cloud.ids.uuid(),
    });
  }
}

/** Branches narrow what is about branches; an empty list is all of them. */
function matches({ branches = [], events }: Trigger, { name, kind }: RefChange): boolean {
  if (!events.includes("all") && !events.includes(EVENT_OF[kind])) return false;
  if (branches.length === 0) return true;
  return name.startsWith("refs/heads/") && branches.includes(name.slice("refs/heads/".length));
}

interface Firing {
  readonly repositoryId: string;
  readonly trigger: string;
  readonly ref: string;
  readonly commit: string;
  readonly kind: RefChange["kind"];
  readonly actor: string;
  readonly eventId: string;
}

/** Calls one trigger's topic or function. */
export const fireTrigger: MessageHandler = async (ctx, message) => {
  const firing = message.payload as unknown as Firing;
  const row = ctx.cloud.store.get(selectRepositoryById, { id: firing.repositoryId });
  const trigger = row === undefined ? undefined : triggersOf(row).find(({ name }) => name === firing.trigger);
  if (row === undefined || trigger === undefined) return;
  try {
    await call(ownContext(ctx.cloud, row, ctx.cause), row, trigger, firing);
  } catch (error) {
    ctx.emit({
      source: "aws.codecommit",
      type: "Trigger failed",
      resources: [arnOf(row), trigger.destinationArn],
      detail: { trigger: trigger.name, destinationArn: trigger.destinationArn, reason: messageOf(error) },
      rule: `the trigger's target could not be called: ${messageOf(error)}`,
    });
  }
};

async function call(ctx: Context, row: RepositoryRow, trigger: Trigger, firing: Firing): Promise<void> {
  const body = JSON.stringify(recordsOf(ctx, row, trigger, firing));
  if (trigger.destinationArn.split(":")[2] === "sns") {
    await ctx.call("sns", "Publish", {
      TopicArn: trigger.destinationArn,
      Subject: `${row.name}: ${trigger.name}`.slice(0, 100),
      Message: body,
    });
  } else {
    await ctx.call("lambda", "Invoke", { FunctionName: trigger.destinationArn, InvocationType: "Event", Payload: Buffer.from(body) });
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-codecommit.html */
function recordsOf(ctx: Context, row: RepositoryRow, trigger: Trigger, firing: Firing): object {
  const flag = firing.kind === "referenceCreated" ? { created: true } : firing.kind === "referenceDeleted" ? { deleted: true } : {};
  return {
    Records: [
      {
        awsRegion: row.region,
        codecommit: { references: [{ commit: firing.commit, ref: firing.ref, ...flag }] },
        eventId: firing.eventId,
        eventName: "ReferenceChanges",
        eventPartNumber: 1,
        eventSource: "aws:codecommit",
        eventSourceARN: arnOf(row),
        eventTime: new Date(ctx.now).toISOString().replace("Z", "+0000"),
        eventTotalParts: 1,
        eventTriggerConfigId: row.configuration_id,
        eventTriggerName: trigger.name,
        eventVersion: "1.0",
        userIdentityARN: firing.actor,
        ...(trigger.customData === undefined ? {} : { customData: trigger.customData }),
      },
    ],
  };
}

/** Calls each of the given triggers with what the newest commit would have told them. */
export async function testRepositoryTriggers(
  input: Input<"codecommit", "TestRepositoryTriggers">,
  ctx: Context,
): Promise<Output<"codecommit", "TestRepositoryTriggers">> {
  const row = findRepository(ctx, input.repositoryName);
  const triggers = checked(ctx, input.triggers);
  const successfulExecutions: string[] = [];
  const failedExecutions: { trigger: string; failureMessage: string }[] = [];
  for (const trigger of triggers) {
    const branch = trigger.branches?.[0] ?? row.default_branch ?? "main";
    const firing = { repositoryId: row.id, trigger: trigger.name, ref: `refs/heads/${branch}`, kind: "referenceUpdated" } as const;
    const more = { commit: "0".repeat(40), actor: ctx.principal.arn, eventId: ctx.cloud.ids.uuid() };
    try {
      await call(ownContext(ctx.cloud, row, ctx.cause), row, trigger, { ...firing, ...more });
      successfulExecutions.push(trigger.name);
    } catch (error) {
      failedExecutions.push({ trigger: trigger.name, failureMessage: messageOf(error) });
    }
  }
  return { successfulExecutions, failedExecutions };
}
