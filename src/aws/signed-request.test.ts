import { describe, expect, test } from "vitest";
import { Clock } from "../kernel/clock.ts";
import { type Identity, type KnownKey, rootPrincipal } from "./identity.ts";
import { type SentRequest, signerOf } from "./signed-request.ts";
import { sign } from "./sigv4.ts";

const principal = { type: "user", account: "111111111111", arn: "arn:aws:iam::111111111111:user/u", userId: "AIDAU" } as const;
const key: KnownKey = { accessKeyId: "AKIAGOOD", secretAccessKey: "secret", principal, active: true };
const clock = new Clock();
const URL = "http://here.localhost:4566/a%20b/c?x=1&y=%2F";

interface Change {
  readonly known?: Partial<KnownKey>;
  readonly service?: string;
  readonly minutes?: number;
  readonly sent?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };
}

/** Signs a request well, changes something of it, and asks who signed it. */
function check({
  known = {},
  service = "lambda",
  minutes = 0,
  sent = {},
  body = "body",
  credentials = key,
}: Change = {}): string | undefined {
  const now = clock.wall() + minutes * 60_000;
  const signed = sign({
    method: "POST",
    url: URL,
    headers: { "x-more": "m" },
    body: "body",
    credentials,
    region: "eu-west-1",
    service,
    now,
  });
  const headers: Record<string, string | undefined> = { ...signed, ...sent };
  const request: SentRequest = {
    method: "POST",
    path: "/a%20b/c",
    query: [
      ["x", "1"],
      ["y", "/"],
    ],
    body: Buffer.from(body),
    header: (name) => headers[name],
  };
  const identity = { find: (id: string) => (id === key.accessKeyId ? { ...key, ...known } : undefined) } as Identity;
  const signer = signerOf({ clock, identity }, "lambda", request);
  return signer === undefined ? undefined : `${signer.key.principal.arn} ${signer.region}`;
}

// documented: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
describe("a request that was signed", () => {
  test("is its signer's", () => {
    expect(check()).toBe(`${principal.arn} eu-west-1`);
    expect(check({ credentials: { accessKeyId: "222222222222", secretAccessKey: "test" } })).toBe(
      `${rootPrincipal("222222222222").arn} eu-west-1`,
    );
    expect(check({ known: { sessionToken: "t" }, credentials: { ...key, sessionToken: "t" } })).toBe(`${principal.arn} eu-west-1`);
    expect(check({ minutes: -4 })).toBe(`${principal.arn} eu-west-1`);
  });

  test.each<[string, Change]>([
    ["an unknown key", { credentials: { accessKeyId: "AKIANOBODY", secretAccessKey: "secret" } }],
    ["a wrong secret", { credentials: { ...key, secretAccessKey: "wrong" } }],
    ["an inactive key", { known: { active: false } }],
    ["a session that has expired", { known: { expiration: clock.wall() - 1 } }],
    ["a session without its token", { known: { sessionToken: "t" } }],
    ["another service", { service: "s3" }],
    ["a time long ago", { minutes: -6 }],
    ["a time to come", { minutes: 6 }],
    ["another body", { body: "another" }],
    ["another body with its hash", { body: "another", sent: { "x-amz-content-sha256": "0".repeat(64) } }],
    ["a signed header that was changed", { sent: { "x-more": "n" } }],
    ["another host", { sent: { host: "there.localhost" } }],
    ["no signature", { sent: { authorization: undefined } }],
    ["no date", { sent: { "x-amz-date": undefined } }],
  ])("is nobody's with %s", (_what, change) => {
    expect(check(change)).toBeUndefined();
  });
});
