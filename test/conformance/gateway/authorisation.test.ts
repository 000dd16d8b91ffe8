import { afterAll, beforeAll, expect, it } from "vitest";
import type { AuthorizationRequest, KnownKey } from "../../../src/aws/identity.ts";
import { identityOf, type RawRequest, send, serviceOf, startGateway, type TestGateway } from "./support.ts";

const principal = { type: "user", account: "111111111111", arn: "arn:aws:iam::111111111111:user/u", userId: "AIDAU" } as const;
const key: KnownKey = { accessKeyId: "AKIAUSER", secretAccessKey: "s", principal, active: true };
const asked: AuthorizationRequest[] = [];

let gateway: TestGateway;
beforeAll(async () => {
  const decide = (request: AuthorizationRequest): { allowed: boolean; reason: string } => {
    asked.push(request);
    return { allowed: request.resource === "*", reason: "no statement allows it" };
  };
  const permissions = {
    DescribeKey: (input: { KeyId?: string }) => [{ action: "kms:DescribeKey", resource: `arn:aws:kms:::key/${input.KeyId}` }],
  };
  const identity = identityOf({ find: (id) => (id === key.accessKeyId ? key : undefined), decide });
  gateway = await startGateway([serviceOf("kms", { DescribeKey: () => ({}), ListKeys: () => ({}) }, { ...identity, permissions })]);
});
afterAll(() => gateway.stop());

const request = (operation: string, body: string): RawRequest => ({
  service: "kms",
  headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `TrentService.${operation}`, "user-agent": "test" },
  body,
  accessKeyId: "AKIAUSER",
  secretAccessKey: "s",
  region: "eu-west-1",
});

it("asks for the operation's own name on everything unless the service says more exactly", async () => {
  await send(gateway, request("ListKeys", "{}"));
  expect(asked.at(-1)).toMatchObject({
    principal,
    action: "kms:ListKeys",
    resource: "*",
    // What is known of the principal itself is added where the policies are.
    conditions: { "aws:RequestedRegion": ["eu-west-1"], "aws:SourceIp": ["127.0.0.1"] },
  });
});

it("records what would be denied, and lets the call go on", async () => {
  const { status } = await send(gateway, request("DescribeKey", '{"KeyId":"k"}'));
  expect(status).toBe(200);
  const [event] = gateway.cloud.timeline.read({ source: "orrery.iam" });
  expect(event).toMatchObject({
    type: "Access Would Be Denied",
    account: "111111111111",
    region: "eu-west-1",
    actor: principal.arn,
    resources: [principal.arn, "arn:aws:kms:::key/k"],
    detail: { action: "kms:DescribeKey", reason: "no statement allows it" },
  });
});

it("does not ask about the account's root", async () => {
  asked.length = 0;
  const { accessKeyId: _key, secretAccessKey: _secret, ...asRoot } = request("DescribeKey", '{"KeyId":"k"}');
  expect((await send(gateway, asRoot)).status).toBe(200);
  expect(asked).toEqual([]);
});
