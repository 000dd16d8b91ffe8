import {
  CreateEventBusCommand,
  DeleteEventBusCommand,
  DeleteRuleCommand,
  DescribeEventBusCommand,
  DescribeRuleCommand,
  DisableRuleCommand,
  EventBridgeClient,
  ListEventBusesCommand,
  ListRuleNamesByTargetCommand,
  ListRulesCommand,
  ListTagsForResourceCommand,
  ListTargetsByRuleCommand,
  PutEventsCommand,
  PutPermissionCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemovePermissionCommand,
  RemoveTargetsCommand,
  TagResourceCommand,
  TestEventPatternCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-eventbridge";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
let client: EventBridgeClient;

beforeAll(async () => {
  cloud = await startCloud();
  client = new EventBridgeClient(cloud.clientConfig);
});
beforeEach(() => cloud.reset());
afterAll(() => cloud.stop());

const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "no error",
    (error: Error) => `${error.name}: ${error.message}`,
  );

describe("buses", () => {
  // documented: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateEventBus.html
  it("are made beside the default one, listed and deleted", async () => {
    const made = await client.send(new CreateEventBusCommand({ Name: "orders", Description: "d", Tags: [{ Key: "a", Value: "b" }] }));
    expect(made.EventBusArn).toBe("arn:aws:events:us-east-1:000000000000:event-bus/orders");
    const { EventBuses = [] } = await client.send(new ListEventBusesCommand({}));
    expect(EventBuses.map(({ Name }) => Name)).toEqual(["default", "orders"]);
    expect(await code(client.send(new CreateEventBusCommand({ Name: "orders" })))).toBe(
      "ResourceAlreadyExistsException: Event bus orders already exists.",
    );
    await client.send(new DeleteEventBusCommand({ Name: "orders" }));
    expect(await code(client.send(new DescribeEventBusCommand({ Name: "orders" })))).toBe(
      "ResourceNotFoundException: Event bus orders does not exist.",
    );
  });

  // documented: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html
  it("keep a policy of statements", async () => {
    await client.send(new PutPermissionCommand({ Action: "events:PutEvents", Principal: "111111111111", StatementId: "one" }));
    await client.send(new PutPermissionCommand({ Action: "events:PutEvents", Principal: "*", StatementId: "two" }));
    await client.send(new RemovePermissionCommand({ StatementId: "two" }));
    const { Policy } = await client.send(new DescribeEventBusCommand({}));
    expect(JSON.parse(Policy ?? "")).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "one",
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::111111111111:root" },
          Action: "events:PutEvents",
          Resource: "arn:aws:events:us-east-1:000000000000:event-bus/default",
        },
      ],
    });
  });
});

describe("rules", () => {
  // documented: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
  it("are written, read, listed by target and deleted once they have no targets", async () => {
    const EventPattern = '{"source":["shop"]}';
    const { RuleArn } = await client.send(new PutRuleCommand({ Name: "r", EventPattern, Tags: [{ Key: "k", Value: "v" }] }));
    expect(RuleArn).toBe("arn:aws:events:us-east-1:000000000000:rule/r");
    const Arn = "arn:aws:sqs:us-east-1:000000000000:q";
    await client.send(new PutTargetsCommand({ Rule: "r", Targets: [{ Id: "1", Arn }] }));
    expect(await client.send(new DescribeRuleCommand({ Name: "r" }))).toMatchObject({
      EventPattern,
      State: "ENABLED",
      EventBusName: "default",
      CreatedBy: "000000000000",
    });
    expect((await client.send(new ListRuleNamesByTargetCommand({ TargetArn: Arn }))).RuleNames).toEqual(["r"]);
    expect(await code(client.send(new DeleteRuleCommand({ Name: "r" })))).toBe(
      "ValidationException: Rule can't be deleted since it has targets.",
    );
    await client.send(new RemoveTargetsCommand({ Rule: "r", Ids: ["1"] }));
    await client.send(new DeleteRuleCommand({ Name: "r" }));
    expect((await client.send(new ListRulesCommand({}))).Rules).toEqual([]);
    expect(await code(client.send(new DescribeRuleCommand({ Name: "r" })))).toBe(
      "ResourceNotFoundException: Rule r does not exist on EventBus default.",
    );
  });

  // assumed: texts as AWS's clients report them
  it("are refused with AWS's reasons", async () => {
    expect(await code(client.send(new PutRuleCommand({ Name: "r" })))).toBe(
      "ValidationException: Parameter(s) EventPattern or ScheduleExpression must be specified.",
    );
    expect(await code(client.send(new PutRuleCommand({ Name: "r", EventPattern: "[]" })))).toBe(
      "InvalidEventPatternException: Event pattern is not valid. Reason: Filter is not an object",
    );
    expect(await code(client.send(new PutRuleCommand({ Name: "r", ScheduleExpression: "rate(1 minutes)" })))).toBe(
      "ValidationException: Parameter ScheduleExpression is not valid.",
    );
    await client.send(new PutRuleCommand({ Name: "r", EventPattern: '{"source":["a"]}' }));
    const target = { Id: "1", Arn: "arn:aws:states:us-east-1:000000000000:stateMachine:x", RoleArn: "arn:aws:iam::000000000000:role/r" };
    expect(await code(client.send(new PutTargetsCommand({ Rule: "r", Targets: [target] })))).toContain('service "states"');
  });

  // documented: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListRules.html
  it("are listed in pages", async () => {
    for (const Name of ["a", "b", "c"]) await client.send(new PutRuleCommand({ Name, EventPattern: '{"source":["a"]}' }));
    const first = await client.send(new ListRulesCommand({ Limit: 2 }));
    expect(first.Rules?.map(({ Name }) => Name)).toEqual(["a", "b"]);
    const second = await client.send(new ListRulesCommand({ Limit: 2, NextToken: first.NextToken }));
    expect(second.Rules?.map(({ Name }) => Name)).toEqual(["c"]);
    expect(second.NextToken).toBeUndefined();
  });

  // documented: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TagResource.html
  it("carry tags", async () => {
    const { RuleArn: ResourceARN } = await client.send(new PutRuleCommand({ Name: "r", EventPattern: '{"source":["a"]}' }));
    await client.send(
      new TagResourceCommand({
        ResourceARN,
        Tags: [
          { Key: "a", Value: "1" },
          { Key: "b", Value: "2" },
        ],
      }),
    );
    await client.send(new UntagResourceCommand({ ResourceARN, TagKeys: ["a"] }));
    expect((await client.send(new ListTagsForResourceCommand({ ResourceARN }))).Tags).toEqual([{ Key: "b", Value: "2" }]);
  });

  // documented: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TestEventPattern.html
  it("are tried without being written", async () => {
    const Event = JSON.stringify({
      id: "1",
      account: "1",
      source: "a",
      time: "2026-01-01T00:00:00Z",
      region: "r",
      resources: [],
      "detail-type": "t",
    });
    expect((await client.send(new TestEventPatternCommand({ EventPattern: '{"source":["a"]}', Event }))).Result).toBe(true);
    expect((await client.send(new TestEventPatternCommand({ EventPattern: '{"source":["b"]}', Event }))).Result).toBe(false);
  });
});

describe("PutEvents", () => {
  // documented: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html
  it("answers each entry by itself", async () => {
    const good = { Source: "shop", DetailType: "Sold", Detail: '{"n":1}' };
    const { FailedEntryCount, Entries = [] } = await client.send(
      new PutEventsCommand({
        Entries: [good, { ...good, Detail: "[1]" }, { Source: "shop", Detail: "{}" }, { ...good, Source: "aws.shop" }],
      }),
    );
    expect(FailedEntryCount).toBe(3);
    expect(Entries.map(({ ErrorCode }) => ErrorCode)).toEqual([undefined, "MalformedDetail", "InvalidArgument", "NotAuthorizedForSource"]);
    expect(Entries[0]?.EventId).toMatch(/^[0-9a-f-]{36}$/);
  });
});

/** A queue that EventBridge may send to; answers its ARN and a reader of the bodies in it. */
async function makeQueue(name: string): Promise<{ arn: string; bodies(): Promise<string[]> }> {
  const arn = `arn:aws:sqs:us-east-1:000000000000:${name}`;
  const Statement = [{ Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "sqs:SendMessage", Resource: arn }];
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
  const { QueueUrl } = await cloud.ctx.call("sqs", "CreateQueue", { QueueName: name, Attributes: { Policy } });
  return {
    arn,
    bodies: async () => {
      const { Messages = [] } = await cloud.ctx.call("sqs", "ReceiveMessage", { QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 });
      return Messages.map(({ Body = "" }) => Body).sort();
    },
  };
}

describe("deliveries", () => {
  // documented: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
  it("bring matching events to the queue, transformed as the target says", async () => {
    const whole = await makeQueue("whole");
    const filled = await makeQueue("filled");
    await client.send(new PutRuleCommand({ Name: "r", EventPattern: '{"source":["shop"],"detail":{"n":[{"numeric":[">",1]}]}}' }));
    const InputTransformer = { InputPathsMap: { n: "$.detail.n" }, InputTemplate: '{"number": <n>, "rule": "<aws.events.rule-name>"}' };
    const Targets = [
      { Id: "1", Arn: whole.arn },
      { Id: "2", Arn: filled.arn, InputTransformer },
    ];
    await client.send(new PutTargetsCommand({ Rule: "r", Targets }));
    const entry = { Source: "shop", DetailType: "Sold", Time: new Date("2026-01-02T03:04:05Z") };
    const { Entries = [] } = await client.send(
      new PutEventsCommand({
        Entries: [
          { ...entry, Detail: '{"n":1}' },
          { ...entry, Detail: '{"n":2}', Resources: ["x"] },
        ],
      }),
    );
    await cloud.cloud.clock.idle();
    expect((await whole.bodies()).map((body) => JSON.parse(body) as unknown)).toEqual([
      {
        version: "0",
        id: Entries[1]?.EventId,
        "detail-type": "Sold",
        source: "shop",
        account: "000000000000",
        time: "2026-01-02T03:04:05Z",
        region: "us-east-1",
        resources: ["x"],
        detail: { n: 2 },
      },
    ]);
    expect(await filled.bodies()).toEqual(['{"number": 2, "rule": "r"}']);
  });

  // documented: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-bus-to-bus.html
  it("go on to another bus", async () => {
    const queue = await makeQueue("far");
    const { EventBusArn } = await client.send(new CreateEventBusCommand({ Name: "far" }));
    await client.send(new PutRuleCommand({ Name: "forward", EventPattern: '{"source":["shop"]}' }));
    await client.send(new PutTargetsCommand({ Rule: "forward", Targets: [{ Id: "1", Arn: EventBusArn }] }));
    await client.send(new PutRuleCommand({ Name: "far", EventBusName: "far", EventPattern: '{"source":[{"prefix":"sh"}]}' }));
    await client.send(
      new PutTargetsCommand({ Rule: "far", EventBusName: "far", Targets: [{ Id: "1", Arn: queue.arn, InputPath: "$.detail" }] }),
    );
    await client.send(new PutEventsCommand({ Entries: [{ Source: "shop", DetailType: "Sold", Detail: '{"n":1}' }] }));
    await cloud.cloud.clock.idle();
    expect(await queue.bodies()).toEqual(['{"n":1}']);
  });

  // documented: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event.html
  it("carry what services report to the default bus", async () => {
    const queue = await makeQueue("own");
    await client.send(new PutRuleCommand({ Name: "r", EventPattern: '{"source":["aws.s3"],"detail-type":["Object Created"]}' }));
    await client.send(new PutTargetsCommand({ Rule: "r", Targets: [{ Id: "1", Arn: queue.arn, InputPath: "$.detail.key" }] }));
    cloud.ctx.emit({ source: "aws.s3", type: "Object Created", resources: ["arn:aws:s3:::b"], detail: { key: "k" }, bus: true });
    cloud.ctx.emit({ source: "aws.s3", type: "Object Created", resources: ["arn:aws:s3:::b"], detail: { key: "off the bus" } });
    await cloud.cloud.clock.idle();
    expect(await queue.bodies()).toEqual(['"k"']);
  });

  // documented: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
  it("that are not permitted end in the dead-letter queue with the reason", async () => {
    await cloud.ctx.call("sqs", "CreateQueue", { QueueName: "closed" });
    const dead = await makeQueue("dead");
    await client.send(new PutRuleCommand({ Name: "r", EventPattern: '{"source":["shop"]}' }));
    const target = { Id: "1", Arn: "arn:aws:sqs:us-east-1:000000000000:closed", DeadLetterConfig: { Arn: dead.arn } };
    await client.send(new PutTargetsCommand({ Rule: "r", Targets: [target] }));
    await client.send(new PutEventsCommand({ Entries: [{ Source: "shop", DetailType: "Sold", Detail: "{}" }] }));
    await cloud.cloud.clock.idle();
    expect((await dead.bodies()).map((body) => (JSON.parse(body) as { source: string }).source)).toEqual(["shop"]);
    expect(cloud.cloud.timeline.read({ type: "Target Invocation Failed" })).toMatchObject([
      { detail: { "error-code": "AccessDeniedException" } },
    ]);
  });

  // documented: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-delete-rule.html
  it("stop when the rule is disabled", async () => {
    const queue = await makeQueue("off");
    await client.send(new PutRuleCommand({ Name: "r", EventPattern: '{"source":["shop"]}' }));
    await client.send(new PutTargetsCommand({ Rule: "r", Targets: [{ Id: "1", Arn: queue.arn }] }));
    await client.send(new PutEventsCommand({ Entries: [{ Source: "shop", DetailType: "Sold", Detail: "{}" }] }));
    await client.send(new DisableRuleCommand({ Name: "r" }));
    await client.send(new PutEventsCommand({ Entries: [{ Source: "shop", DetailType: "Sold", Detail: "{}" }] }));
    await cloud.cloud.clock.idle();
    expect(await queue.bodies()).toHaveLength(1);
  });
});

describe("schedules", () => {
  // documented: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
  it("fire on the clock until they are disabled", async () => {
    const queue = await makeQueue("ticks");
    await client.send(new PutRuleCommand({ Name: "r", ScheduleExpression: "rate(10 minutes)" }));
    await client.send(new PutTargetsCommand({ Rule: "r", Targets: [{ Id: "1", Arn: queue.arn, Input: '{"tick":true}' }] }));
    await cloud.cloud.clock.advance(9 * 60_000);
    expect(await queue.bodies()).toHaveLength(0);
    await cloud.cloud.clock.advance(21 * 60_000);
    expect(await queue.bodies()).toEqual(['{"tick":true}', '{"tick":true}', '{"tick":true}']);
    await client.send(new DisableRuleCommand({ Name: "r" }));
    await cloud.cloud.clock.advance(60 * 60_000);
    expect(await queue.bodies()).toHaveLength(3);
    expect((await client.send(new ListTargetsByRuleCommand({ Rule: "r" }))).Targets).toHaveLength(1);
  });
});
