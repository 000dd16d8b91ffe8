import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";
import type { Context } from "../../aws/context.ts";
import { rootPrincipal } from "../../aws/identity.ts";
import { unscoped } from "../../kernel/store.ts";

const OTHER = "111122223333";
let cloud: TestCloud;
let other: Context;
beforeAll(async () => {
  cloud = await startCloud();
  other = cloud.ctx.with({ account: OTHER, principal: rootPrincipal(OTHER) });
});
beforeEach(() => cloud.reset());
afterAll(() => cloud.stop());

/** A bus whose events end in a queue of the same name. */
async function listen(ctx: Context, bus: string): Promise<void> {
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "sqs:SendMessage", Resource: "*" }],
  });
  await ctx.call("sqs", "CreateQueue", { QueueName: bus, Attributes: { Policy } });
  if (bus !== "default") await ctx.call("eventbridge", "CreateEventBus", { Name: bus });
  await rule(ctx, bus, ctx.arn("sqs", bus));
}

/** Sends all that comes to a bus to a target. */
async function rule(ctx: Context, EventBusName: string, Arn: string): Promise<void> {
  const Name = `to-${Arn.split(/[:/]/).at(-1)}`;
  await ctx.call("eventbridge", "PutRule", { Name, EventBusName, EventPattern: '{"source":[{"exists":true}]}' });
  await ctx.call("eventbridge", "PutTargets", { Rule: Name, EventBusName, Targets: [{ Id: "1", Arn }] });
}

async function put(EventBusName: string, detail: object): Promise<string | undefined> {
  const entry = { Source: "shop", DetailType: "Sold", Detail: JSON.stringify(detail), EventBusName };
  const { Entries: [result] = [] } = await cloud.ctx.call("eventbridge", "PutEvents", { Entries: [entry] });
  await cloud.cloud.clock.idle();
  return result?.ErrorCode;
}

async function received(ctx: Context, QueueName: string): Promise<unknown[]> {
  const { QueueUrl } = await ctx.call("sqs", "GetQueueUrl", { QueueName });
  const { Messages = [] } = await ctx.call("sqs", "ReceiveMessage", { QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 900 });
  return Messages.map(({ Body = "" }) => JSON.parse(Body) as unknown);
}

const bus = (ctx: Context, name: string): string => ctx.arn("events", `event-bus/${name}`);
const allow = () =>
  other.call("eventbridge", "PutPermission", {
    EventBusName: "shared",
    StatementId: "sender",
    Action: "events:PutEvents",
    Principal: cloud.ctx.account,
  });

// documented: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
describe("another account's bus", () => {
  it("takes events that are put into it once its policy allows", async () => {
    await listen(other, "shared");
    expect(await put(bus(other, "shared"), {})).toBe("AccessDeniedException");
    await allow();
    expect(await put(bus(other, "shared"), { n: 1 })).toBeUndefined();
    expect(await received(other, "shared")).toMatchObject([{ account: cloud.ctx.account, detail: { n: 1 } }]);
  });

  it("takes events that a rule forwards once its policy allows, and loses the others", async () => {
    await listen(other, "shared");
    await rule(cloud.ctx, "default", bus(other, "shared"));
    await put("default", { n: 1 });
    await allow();
    await put("default", { n: 2 });
    expect(await received(other, "shared")).toMatchObject([{ account: cloud.ctx.account, detail: { n: 2 } }]);
  });
});

// documented: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-bus-to-bus.html
it("an event is not routed on to a third bus, nor back", async () => {
  for (const name of ["default", "second", "third"]) await listen(cloud.ctx, name);
  await rule(cloud.ctx, "default", bus(cloud.ctx, "second"));
  await rule(cloud.ctx, "second", bus(cloud.ctx, "third"));
  await rule(cloud.ctx, "second", bus(cloud.ctx, "default"));
  await put("default", { n: 1 });
  expect(await received(cloud.ctx, "default")).toHaveLength(1);
  expect(await received(cloud.ctx, "second")).toHaveLength(1);
  expect(await received(cloud.ctx, "third")).toEqual([]);
  await put("second", { n: 2 });
  expect(await received(cloud.ctx, "third")).toHaveLength(1);
  expect(await received(cloud.ctx, "default")).toHaveLength(1);
});

// assumed: nothing on AWS tells what it keeps
it("events are kept no longer than their deliveries, be there none", async () => {
  const kept = unscoped<Record<never, never>, { n: number }>("SELECT count(*) AS n FROM eventbridge_events");
  await cloud.ctx.call("eventbridge", "PutRule", { Name: "idle", EventPattern: '{"source":["shop"]}' });
  await put("default", {});
  expect(cloud.cloud.store.get(kept, {})?.n).toBe(0);
});

// documented: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sns-permissions
it("a topic gets the event once its policy lets events in", async () => {
  const { ctx } = cloud;
  const { TopicArn = "" } = await ctx.call("sns", "CreateTopic", { Name: "sold" });
  const sender = { Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:SendMessage", Resource: "*" };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [sender] });
  await ctx.call("sqs", "CreateQueue", { QueueName: "sold", Attributes: { Policy } });
  const Attributes = { RawMessageDelivery: "true" };
  await ctx.call("sns", "Subscribe", { TopicArn, Protocol: "sqs", Endpoint: ctx.arn("sqs", "sold"), Attributes });
  await rule(ctx, "default", TopicArn);
  await put("default", { n: 1 });
  const Statement = [{ Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "sns:Publish", Resource: TopicArn }];
  const AttributeValue = JSON.stringify({ Version: "2012-10-17", Statement });
  await ctx.call("sns", "SetTopicAttributes", { TopicArn, AttributeName: "Policy", AttributeValue });
  await put("default", { n: 2 });
  expect(await received(ctx, "sold")).toMatchObject([{ source: "shop", detail: { n: 2 } }]);
});
