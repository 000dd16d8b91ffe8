import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
  StartLiveTailCommand,
  type StartLiveTailCommandInput,
  type StartLiveTailResponseStream,
} from "@aws-sdk/client-cloudwatch-logs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../../test/support/cloud.ts";

let cloud: TestCloud;
let client: CloudWatchLogsClient;
beforeAll(async () => {
  cloud = await startCloud({ strict: true });
  // The SDK puts `stream-` before the host, which an address does not have.
  client = new CloudWatchLogsClient({ ...cloud.clientConfig, disableHostPrefix: true });
});
afterAll(async () => {
  client.destroy();
  await cloud.stop();
});

const arn = (name: string): string => cloud.ctx.arn("logs", `log-group:${name}`);
async function group(logGroupName: string, ...streams: string[]): Promise<void> {
  await client.send(new CreateLogGroupCommand({ logGroupName }));
  for (const logStreamName of streams) await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
}
const put = (logGroupName: string, logStreamName: string, ...messages: string[]) => {
  const timestamp = cloud.cloud.clock.now();
  return client.send(
    new PutLogEventsCommand({ logGroupName, logStreamName, logEvents: messages.map((message) => ({ timestamp, message })) }),
  );
};
const second = (): Promise<void> => cloud.cloud.clock.advance(1_000);

async function tail(input: StartLiveTailCommandInput) {
  const { responseStream } = await client.send(new StartLiveTailCommand(input));
  const iterator = responseStream?.[Symbol.asyncIterator]();
  const read = async (): Promise<StartLiveTailResponseStream | undefined> => (await iterator?.next())?.value;
  const update = async () => (await read())?.sessionUpdate;
  const messages = async () => (await update())?.sessionResults?.map(({ message }) => message);
  return { read, update, messages, end: () => iterator?.return?.() };
}

// documented: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html
describe("a live tail", () => {
  it("begins with what it is about, and tells each second what came in", async () => {
    await group("/tail", "a", "b");
    await put("/tail", "a", "before");
    const session = await tail({ logGroupIdentifiers: [arn("/tail")] });
    const start = await session.read();
    expect(start).toMatchObject({ sessionStart: { logGroupIdentifiers: [arn("/tail")], sessionId: expect.any(String) } });
    await put("/tail", "a", "one");
    await put("/tail", "b", "two");
    await second();
    const now = cloud.cloud.clock.now() - 1_000;
    expect(await session.update()).toEqual({
      sessionMetadata: { sampled: false },
      sessionResults: [
        { logGroupIdentifier: arn("/tail"), logStreamName: "a", message: "one", timestamp: now, ingestionTime: now },
        { logGroupIdentifier: arn("/tail"), logStreamName: "b", message: "two", timestamp: now, ingestionTime: now },
      ],
    });
    await second();
    expect(await session.messages()).toEqual([]);
    await session.end();
  });

  it("filters by pattern and streams", async () => {
    await group("/filtered", "web-1", "web-2", "db-1");
    const logGroupIdentifiers = [arn("/filtered")];
    const errors = await tail({ logGroupIdentifiers, logEventFilterPattern: "error" });
    const web = await tail({ logGroupIdentifiers, logStreamNamePrefixes: ["web-"] });
    const one = await tail({ logGroupIdentifiers, logStreamNames: ["db-1"] });
    for (const session of [errors, web, one]) await session.read();
    for (const stream of ["web-1", "web-2", "db-1"]) await put("/filtered", stream, `${stream} error`, `${stream} fine`);
    await second();
    expect(await errors.messages()).toEqual(["web-1 error", "web-2 error", "db-1 error"]);
    expect(await web.messages()).toEqual(["web-1 error", "web-1 fine", "web-2 error", "web-2 fine"]);
    expect(await one.messages()).toEqual(["db-1 error", "db-1 fine"]);
    for (const session of [errors, web, one]) await session.end();
  });

  it("is a sample of 500 where more came in", async () => {
    await group("/many", "s");
    const session = await tail({ logGroupIdentifiers: [arn("/many")] });
    await session.read();
    await put("/many", "s", ...Array.from({ length: 2_000 }, (_, i) => `line ${i}`));
    await second();
    const update = await session.update();
    expect(update?.sessionMetadata).toEqual({ sampled: true });
    expect(new Set(update?.sessionResults?.map(({ message }) => message)).size).toBe(500);
    await session.end();
  });

  it("times out after three hours", async () => {
    await group("/long", "s");
    const session = await tail({ logGroupIdentifiers: [arn("/long")] });
    await session.read();
    await cloud.cloud.clock.advance(3 * 3_600_000 + 1_000);
    const read = async (): Promise<unknown> => {
      for (;;) if ((await session.read()) === undefined) return undefined;
    };
    await expect(read()).rejects.toMatchObject({ name: "SessionTimeoutException" });
  });

  it("refuses what it cannot follow", async () => {
    await group("/refused", "s");
    await client.send(new CreateLogGroupCommand({ logGroupName: "/rare", logGroupClass: "INFREQUENT_ACCESS" }));
    const ask = (input: StartLiveTailCommandInput) => client.send(new StartLiveTailCommand(input));
    const logGroupIdentifiers = [arn("/refused")];
    await expect(ask({ logGroupIdentifiers: ["/refused"] })).rejects.toMatchObject({ name: "InvalidParameterException" });
    await expect(ask({ logGroupIdentifiers: [`${arn("/refused")}:*`] })).rejects.toMatchObject({ name: "InvalidParameterException" });
    await expect(ask({ logGroupIdentifiers: [arn("/none")] })).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await expect(ask({ logGroupIdentifiers: [arn("/rare")] })).rejects.toMatchObject({ name: "InvalidOperationException" });
    const both = { logGroupIdentifiers, logStreamNames: ["s"], logStreamNamePrefixes: ["s"] };
    await expect(ask(both)).rejects.toMatchObject({ name: "InvalidParameterException" });
    const two = { logGroupIdentifiers: [arn("/refused"), arn("/tail")], logStreamNames: ["s"] };
    await expect(ask(two)).rejects.toMatchObject({ name: "InvalidParameterException" });
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
  it("is one of up to 15, and ends with its client", async () => {
    await group("/busy", "s");
    const start = (from = client) => from.send(new StartLiveTailCommand({ logGroupIdentifiers: [arn("/busy")] }));
    const other = new CloudWatchLogsClient({ ...cloud.clientConfig, disableHostPrefix: true });
    await Promise.all([start(other), ...Array.from({ length: 14 }, () => start())]);
    await expect(start()).rejects.toMatchObject({ name: "LimitExceededException" });
    // The clock stands still: only the end of the connection can end the session.
    other.destroy();
    const isRefused = (): Promise<boolean> =>
      start().then(
        () => false,
        () => true,
      );
    while (await isRefused());
  });
});
