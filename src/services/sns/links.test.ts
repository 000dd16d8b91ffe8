import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  ConfirmSubscriptionCommand,
  CreateTopicCommand,
  GetSubscriptionAttributesCommand,
  ListSubscriptionsByTopicCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
} from "@aws-sdk/client-sns";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

interface Letter {
  readonly Type: string;
  readonly Token: string;
  readonly Message: string;
  readonly SubscribeURL: string;
  readonly UnsubscribeURL: string;
}

let cloud: TestCloud;
let client: SNSClient;
let endpoint: Server;
let letters: Letter[] = [];
beforeAll(async () => {
  cloud = await startCloud({ strict: true });
  // Not the default account and region: requests without a signature have none of their own.
  const credentials = { accessKeyId: "111122223333", secretAccessKey: "test" };
  client = new SNSClient({ ...cloud.clientConfig, region: "eu-west-1", credentials });
  endpoint = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += String(chunk);
    });
    request.on("end", () => {
      letters.push(JSON.parse(body) as Letter);
      response.end();
    });
  });
  await new Promise<void>((resolve) => endpoint.listen(0, "127.0.0.1", resolve));
});
beforeEach(() => {
  letters = [];
});
afterAll(async () => {
  client.destroy();
  endpoint.closeAllConnections();
  endpoint.close();
  await cloud.stop();
});

async function subscribed(Name: string): Promise<{ TopicArn: string; SubscriptionArn: string }> {
  const { TopicArn = "" } = await client.send(new CreateTopicCommand({ Name }));
  const Endpoint = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/${Name}`;
  const { SubscriptionArn = "" } = await client.send(
    new SubscribeCommand({ TopicArn, Protocol: "http", Endpoint, ReturnSubscriptionArn: true }),
  );
  await cloud.cloud.clock.idle();
  return { TopicArn, SubscriptionArn };
}
async function publish(TopicArn: string): Promise<void> {
  await client.send(new PublishCommand({ TopicArn, Message: "m" }));
  await cloud.cloud.clock.idle();
}
const visit = async (url: string | undefined): Promise<{ status: number; text: string }> => {
  const response = await fetch(url ?? "");
  return { status: response.status, text: await response.text() };
};
const attributes = async (SubscriptionArn: string) =>
  (await client.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }))).Attributes;
const count = async (TopicArn: string): Promise<number> =>
  (await client.send(new ListSubscriptionsByTopicCommand({ TopicArn }))).Subscriptions?.length ?? 0;

describe("the links in messages to HTTP endpoints, visited without a signature", () => {
  // documented: https://docs.aws.amazon.com/sns/latest/dg/http-subscription-confirmation-json.html
  it("SubscribeURL confirms the subscription", async () => {
    const { SubscriptionArn, TopicArn } = await subscribed("visited");
    const { status, text } = await visit(letters[0]?.SubscribeURL);
    expect(status).toBe(200);
    expect(text).toContain(`<SubscriptionArn>${SubscriptionArn}</SubscriptionArn>`);
    expect(await attributes(SubscriptionArn)).toMatchObject({ PendingConfirmation: "false", ConfirmationWasAuthenticated: "false" });
    await publish(TopicArn);
    expect(letters.map(({ Type }) => Type)).toEqual(["SubscriptionConfirmation", "Notification"]);
  });

  // documented: https://docs.aws.amazon.com/sns/latest/dg/http-unsubscribe-confirmation-json.html
  it("UnsubscribeURL ends it, the endpoint is told, and the letter's SubscribeURL restores it", async () => {
    const { SubscriptionArn, TopicArn } = await subscribed("left");
    await visit(letters[0]?.SubscribeURL);
    await publish(TopicArn);
    expect((await visit(letters[1]?.UnsubscribeURL)).status).toBe(200);
    await cloud.cloud.clock.idle();
    expect(await count(TopicArn)).toBe(0);
    expect(letters[2]).toMatchObject({
      Type: "UnsubscribeConfirmation",
      Message: `You have chosen to deactivate subscription ${SubscriptionArn}.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.`,
    });
    await publish(TopicArn);
    expect(letters).toHaveLength(3);
    await visit(letters[2]?.SubscribeURL);
    expect(await count(TopicArn)).toBe(1);
  });

  // documented: https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html
  it("UnsubscribeURL is refused where AuthenticateOnUnsubscribe was asked for", async () => {
    const { SubscriptionArn, TopicArn } = await subscribed("locked");
    const Token = letters[0]?.Token;
    const unsigned = await visit(`${letters[0]?.SubscribeURL}&AuthenticateOnUnsubscribe=true`);
    expect(unsigned.text).toContain("<Code>AuthorizationError</Code>");
    await client.send(new ConfirmSubscriptionCommand({ TopicArn, Token, AuthenticateOnUnsubscribe: "true" }));
    expect(await attributes(SubscriptionArn)).toMatchObject({ ConfirmationWasAuthenticated: "true" });
    await publish(TopicArn);
    expect(await visit(letters[1]?.UnsubscribeURL)).toMatchObject({ status: 403 });
    expect(await count(TopicArn)).toBe(1);
  });

  // documented: https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html
  it("a wrong token, and any other operation, is refused", async () => {
    const { TopicArn } = await subscribed("guarded");
    const wrong = await visit(letters[0]?.SubscribeURL.replace(/Token=\w{8}/, "Token=00000000"));
    expect(wrong.text).toContain("<Code>InvalidParameter</Code>");
    const publishing = await visit(`${cloud.endpoint}/?Action=Publish&TopicArn=${TopicArn}&Message=x&Version=2010-03-31`);
    expect(publishing.status).toBe(403);
    expect(publishing.text).toContain("<Code>MissingAuthenticationToken</Code>");
  });

  // documented: https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
  it("an endpoint that has left can be subscribed anew", async () => {
    const { TopicArn, SubscriptionArn } = await subscribed("again");
    await visit(letters[0]?.SubscribeURL);
    await publish(TopicArn);
    await visit(letters[1]?.UnsubscribeURL);
    const second = await subscribed("again");
    expect(second.SubscriptionArn).not.toBe(SubscriptionArn);
    expect(await count(TopicArn)).toBe(1);
  });
});
