import type { Context } from "../../../aws/context.ts";
import type { Properties, ResourcePending, ResourceRequest, ResourceState, ResourceType } from "../../../aws/resource.ts";
import { type Stack, saveBody, stackById } from "../engine/model.ts";
import { ResourceFailure } from "../engine/request.ts";
import { isRecord } from "../template/parse.ts";

/** The end of the child wakes the parent's attempt; this is for an end that was missed. */
const LOOK_AGAIN_MS = 30_000;
/** Claimed by an update that had nothing to do. */
const UNCHANGED = "unchanged";
const ALL = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"] as const;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-stack.html */
export const nestedStack: ResourceType = {
  create: async (ctx, request) => {
    const id =
      ctx.claimed() ??
      (
        await ctx.call("cloudformation", "CreateStack", {
          StackName: request.generatedName(128),
          OnFailure: "DO_NOTHING",
          ...inputOf(request),
        })
      ).StackId ??
      "";
    return outcome(ctx, adopt(ctx, id, request.stackId), "created");
  },
  update: async (ctx, request) => {
    if (ctx.claimed() === undefined) {
      const unchanged = await ctx.call("cloudformation", "UpdateStack", { StackName: request.physicalId, ...inputOf(request) }).then(
        () => false,
        (error: unknown) => {
          if (error instanceof Error && error.message === "No updates are to be performed.") return true;
          throw error;
        },
      );
      if (unchanged) ctx.tx(() => ctx.claim(UNCHANGED));
    }
    return outcome(ctx, adopt(ctx, request.physicalId, request.stackId), "updated");
  },
  delete: async (ctx, deletion) => {
    const child = stackById(ctx, deletion.physicalId);
    if (child === undefined || child.status === "DELETE_COMPLETE") return undefined;
    if (child.status === "DELETE_FAILED" && ctx.claimed() !== undefined) {
      throw new ResourceFailure(`Embedded stack ${child.id} was not successfully deleted: ${child.reason ?? ""}`, child.id);
    }
    if (child.status !== "DELETE_IN_PROGRESS") {
      await ctx.call("cloudformation", "DeleteStack", { StackName: child.id });
      ctx.tx(() => ctx.claim(child.id));
    }
    return { again: ctx.now + LOOK_AGAIN_MS, quiet: true };
  },
};

function inputOf(request: ResourceRequest) {
  const { properties } = request;
  const url = properties["TemplateURL"];
  return {
    TemplateURL: typeof url === "string" ? url : undefined,
    Parameters: parametersOf(properties),
    Capabilities: [...ALL],
    Tags: Object.entries(request.stackTags).flatMap(([Key, Value]) => (Key.startsWith("aws:") ? [] : [{ Key, Value }])),
    ...(Array.isArray(properties["NotificationARNs"]) ? { NotificationARNs: properties["NotificationARNs"].map(String) } : {}),
    ...(properties["TimeoutInMinutes"] === undefined ? {} : { TimeoutInMinutes: Number(properties["TimeoutInMinutes"]) }),
  };
}

function parametersOf(properties: Properties): { ParameterKey: string; ParameterValue: string }[] {
  const parameters = properties["Parameters"];
  if (!isRecord(parameters)) return [];
  return Object.entries(parameters).map(([key, value]) => ({
    ParameterKey: key,
    ParameterValue: Array.isArray(value) ? value.join(",") : String(value),
  }));
}

/** The child knows its parent, so that its end can wake it. */
function adopt(ctx: Context, id: string, parentId: string): Stack | undefined {
  const child = stackById(ctx, id);
  if (child === undefined || child.body.parentId === parentId) return child;
  const rootId = stackById(ctx, parentId)?.body.rootId ?? parentId;
  return ctx.tx(() => saveBody(ctx, child, { parentId, rootId }));
}

function outcome(ctx: Context, child: Stack | undefined, verb: "created" | "updated"): ResourceState | ResourcePending {
  if (child === undefined) throw new ResourceFailure("The nested stack does not exist", undefined);
  if (child.status.endsWith("_IN_PROGRESS")) return { again: ctx.now + LOOK_AGAIN_MS, quiet: true };
  // A child that rolled back by itself is what a parent's rollback wants it to be.
  const asBefore = ctx.claimed() === UNCHANGED && child.status === "UPDATE_ROLLBACK_COMPLETE";
  if (!asBefore && !/^(CREATE|UPDATE)_COMPLETE$/.test(child.status)) {
    throw new ResourceFailure(`Embedded stack ${child.id} was not successfully ${verb}: ${child.reason ?? child.status}`, child.id);
  }
  return { physicalId: child.id, attributes: Object.fromEntries(child.body.outputs.map((one) => [`Outputs.${one.key}`, one.value])) };
}
