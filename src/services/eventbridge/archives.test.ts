import {
  CreateArchiveCommand,
  DeleteArchiveCommand,
  DescribeArchiveCommand,
  DescribeReplayCommand,
  EventBridgeClient,
  ListArchivesCommand,
  ListReplaysCommand,
  StartReplayCommand,
  type StartReplayCommandInput,
} from "@aws-sdk/client-eventbridge";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
let client: EventBridgeClient;
const EventSourceArn = "arn:aws:events:us-east-1:000000000000:event-bus/default";
const archiveArn = "arn:aws:events:us-east-1:000000000000:archive/all";

beforeAll(async () => {
  cloud = await startCloud();
  client = new EventBridgeClient(cloud.clientConfig);
});
beforeEach(() => cloud.reset());
afterAll(() => cloud.stop());

async function put(source: string, n: number): Promise<void> {
  await cloud.ctx.call("eventbridge", "PutEvents", { Entries: [{ Source: source, DetailType: "t", Detail: JSON.stringify({ n }) }] });
}

async function listen(name: string): Promise<() => Promise<string[]>> {
  const logGroupName = `/aws/events/${name}`;
  await cloud.ctx.call("cloudwatch-logs", "CreateLogGroup", { logGroupName });
  await cloud.ctx.call("eventbridge", "PutRule", { Name: name, EventPattern: '{"source":["shop"]}' });
  const Arn = `arn:aws:logs:us-east-1:000000000000:log-group:${logGroupName}`;
  await cloud.ctx.call("eventbridge", "PutTargets", { Rule: name, Targets: [{ Id: "1", Arn }] });
  return async () => {
    await cloud.cloud.clock.idle();
    const { events = [] } = await cloud.ctx.call("cloudwatch-logs", "FilterLogEvents", { logGroupName });
    return events.map(({ message = "{}" }) => (JSON.parse(message) as { "replay-name"?: string })["replay-name"] ?? "live").sort();
  };
}

const replay = (more: Partial<StartReplayCommandInput> = {}) =>
  client.send(
    new StartReplayCommand({
      ReplayName: "again",
      EventSourceArn: archiveArn,
      EventStartTime: new Date(cloud.cloud.clock.now() - 86_400_000),
      EventEndTime: new Date(cloud.cloud.clock.now() + 60_000),
      Destination: { Arn: EventSourceArn },
      ...more,
    }),
  );

describe("archives", () => {
  // documented: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive.html
  it("keep the events that match, for as long as they are to be kept", async () => {
    await client.send(
      new CreateArchiveCommand({ ArchiveName: "all", EventSourceArn, EventPattern: '{"source":["shop"]}', RetentionDays: 1 }),
    );
    await put("shop", 1);
    await put("other", 2);
    expect(await client.send(new DescribeArchiveCommand({ ArchiveName: "all" }))).toMatchObject({
      ArchiveArn: archiveArn,
      EventCount: 1,
      State: "ENABLED",
    });
    await cloud.cloud.clock.advance(25 * 3_600_000);
    expect((await client.send(new ListArchivesCommand({}))).Archives).toMatchObject([{ ArchiveName: "all", EventCount: 0, SizeBytes: 0 }]);
    await client.send(new DeleteArchiveCommand({ ArchiveName: "all" }));
    await expect(client.send(new DescribeArchiveCommand({ ArchiveName: "all" }))).rejects.toThrow("Archive all does not exist.");
  });
});

describe("replays", () => {
  // documented: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html
  it("give the archived events to the rules again, marked, and do not archive them anew", async () => {
    const one = await listen("one");
    const two = await listen("two");
    await client.send(new CreateArchiveCommand({ ArchiveName: "all", EventSourceArn }));
    await put("shop", 1);
    await put("shop", 2);
    expect([await one(), await two()]).toEqual([
      ["live", "live"],
      ["live", "live"],
    ]);
    const rule = "arn:aws:events:us-east-1:000000000000:rule/one";
    expect((await replay({ Destination: { Arn: EventSourceArn, FilterArns: [rule] } })).State).toBe("STARTING");
    expect([await one(), await two()]).toEqual([
      ["again", "again", "live", "live"],
      ["live", "live"],
    ]);
    expect((await client.send(new DescribeReplayCommand({ ReplayName: "again" }))).State).toBe("COMPLETED");
    expect((await client.send(new ListReplaysCommand({}))).Replays).toMatchObject([{ ReplayName: "again", EventSourceArn: archiveArn }]);
    expect((await client.send(new DescribeArchiveCommand({ ArchiveName: "all" }))).EventCount).toBe(2);
  });

  // assumed: texts as AWS's clients report them
  it("are refused where they make no sense", async () => {
    await client.send(new CreateArchiveCommand({ ArchiveName: "all", EventSourceArn }));
    const now = new Date(cloud.cloud.clock.now());
    await expect(replay({ EventStartTime: now, EventEndTime: now })).rejects.toThrow("EventStartTime must be before EventEndTime.");
    const elsewhere = { Arn: "arn:aws:events:us-east-1:000000000000:event-bus/other" };
    await expect(replay({ Destination: elsewhere })).rejects.toThrow("Cross event bus replay is not permitted.");
    await expect(replay({ EventSourceArn: archiveArn.replace("all", "none") })).rejects.toThrow("Archive none does not exist.");
  });
});
