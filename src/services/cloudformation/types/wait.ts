import type { Context } from "../../../aws/context.ts";
import type { ResourceType } from "../../../aws/resource.ts";
import type { Message } from "../../../aws/service.ts";
import { liveResource, resourcesOf } from "../engine/model.ts";
import { ResourceFailure } from "../engine/request.ts";
import * as store from "../store.ts";
import { isRecord } from "../template/parse.ts";
import { answerAt, answerUrl } from "./response-bucket.ts";

/** A handle's `Ref` is the URL to which signals are sent. */
export const waitConditionHandle: ResourceType = {
  create: async (ctx, request) => ({ physicalId: await answerUrl(ctx, `${request.stackId}|${request.logicalId}|handle`) }),
  update: async (_ctx, request) => ({ physicalId: request.physicalId }),
  delete: async () => undefined,
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-waitcondition.html */
export const waitCondition: ResourceType = {
  create: async (ctx, request) => {
    const count = Number(request.properties["Count"] ?? 1);
    const seconds = Number(request.properties["Timeout"] ?? 43_200);
    const began = ctx.claimed() ?? begin(ctx);
    const deadline = Number(began.split("@")[1]) + seconds * 1_000;
    const signals = signalsFor(ctx, request.stackId, request.logicalId, request.properties["Handle"]);
    const failure = signals.find((one) => one.status === "FAILURE");
    if (failure !== undefined)
      throw new ResourceFailure(`WaitCondition received failed message: '${failure.data ?? ""}' for uniqueId: ${failure.id}`, began);
    if (signals.length >= count) {
      const data = JSON.stringify(Object.fromEntries(signals.map((one) => [one.id, one.data ?? ""])));
      return { physicalId: `${request.stackId}/${request.logicalId}`, attributes: { Data: data } };
    }
    if (ctx.now >= deadline) {
      throw new ResourceFailure(`WaitCondition timed out. Received ${signals.length} conditions when expecting ${count}`, began);
    }
    return { again: deadline };
  },
  delete: async () => undefined,
};

function begin(ctx: Context): string {
  const text = `${ctx.cloud.ids.uuid()}@${ctx.now}`;
  ctx.tx(() => ctx.claim(text));
  return text;
}

/** Signals by SignalResource go to the condition, those by HTTP to its handle. */
function signalsFor(ctx: Context, stack: string, logical: string, handle: unknown) {
  const own = ctx.all(store.signalsOf, { stack, logical });
  const owner = resourcesOf(ctx, stack).find((one) => one.physical !== null && one.physical === handle);
  const sent = owner === undefined ? [] : ctx.all(store.signalsOf, { stack, logical: owner.logical });
  return [...own, ...sent];
}

/** `cloudformation.answer {key}`: something was PUT to one of our URLs: note a signal, and wake those who wait. */
export async function answered(ctx: Context, message: Message): Promise<void> {
  const [stack = "", logical = "", id = ""] = String(message.payload["key"]).split("|");
  const version = message.payload["version"];
  const at = { key: `${stack}|${logical}|${id}`, version: typeof version === "string" ? version : undefined };
  const text = id === "handle" ? await answerAt(ctx, at.key, at.version) : undefined;
  ctx.tx(() => {
    if (text !== undefined) note(ctx, { stack, logical }, text);
    const own = liveResource(ctx, stack, logical);
    for (const task of ctx.all(store.runningTasksOfStack, { stack })) {
      if (id !== "handle" && own !== undefined && task.logical !== logical) continue;
      ctx.send("cloudformation.attempt", { task: task.id }, { lane: `cloudformation.attempt:${task.id}` });
    }
  });
}

function note(ctx: Context, at: { readonly stack: string; readonly logical: string }, text: string): void {
  let signal: unknown;
  try {
    signal = JSON.parse(text);
  } catch {
    return;
  }
  if (!isRecord(signal)) return;
  const failed = signal["Status"] === "FAILURE";
  const data = failed ? signal["Reason"] : signal["Data"];
  const id = String(signal["UniqueId"] ?? ctx.cloud.ids.uuid());
  ctx.run(store.addSignal, { ...at, id, status: failed ? "FAILURE" : "SUCCESS", data: data === undefined ? null : String(data) });
}
