import { createHmac } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { action, PipelineTest } from "./test-pipelines.ts";
import { isInRange, isRange } from "./webhooks-ip.ts";
import { valuesAt } from "./webhooks-json-path.ts";

let own: PipelineTest;
beforeAll(async () => {
  own = await PipelineTest.start();
  await own.upload({ "a.txt": "1" });
  await own.cloud.ctx.call("s3", "CreateBucket", { Bucket: "site" });
  const deploy = action("Deploy/S3", { configuration: { BucketName: "site", Extract: "true" }, in: ["App"] });
  await own.create("hooked", [[{ ...own.source(), name: "Source" }], [deploy]]);
});
afterAll(() => own.cloud.stop());

// documented: https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_WebhookDefinition.html
test("a signed request whose body passes the filters starts the pipeline", async () => {
  const { ctx } = own.cloud;
  const { webhook } = await ctx.call("codepipeline", "PutWebhook", {
    webhook: {
      name: "push",
      targetPipeline: "hooked",
      targetAction: "Source",
      filters: [{ jsonPath: "$.ref", matchEquals: "refs/heads/{S3ObjectKey}" }],
      authentication: "GITHUB_HMAC",
      authenticationConfiguration: { SecretToken: "secret" },
    },
  });
  expect(webhook).toMatchObject({
    arn: "arn:aws:codepipeline:us-east-1:000000000000:webhook:push",
    definition: { authenticationConfiguration: { SecretToken: "****" } },
  });
  const call = async (body: string, key: string): Promise<number> => {
    const signature = `sha1=${createHmac("sha1", key).update(body).digest("hex")}`;
    const response = await fetch(webhook?.url ?? "", { method: "POST", body, headers: { "x-hub-signature": signature } });
    await own.idle();
    return response.status;
  };
  const before = (await own.executions("hooked")).length;
  expect(await call('{"ref":"refs/heads/app.zip"}', "wrong")).toBe(403);
  expect(await call('{"ref":"refs/heads/other"}', "secret")).toBe(200);
  expect((await own.executions("hooked")).length).toBe(before);
  expect(await call('{"ref":"refs/heads/app.zip"}', "secret")).toBe(200);
  const [newest] = await own.executions("hooked");
  expect(newest).toMatchObject({ status: "Succeeded", trigger: { triggerType: "Webhook", triggerDetail: webhook?.arn } });
  const listed = await ctx.call("codepipeline", "ListWebhooks", {});
  expect(listed.webhooks?.[0]?.lastTriggered).toBeInstanceOf(Date);
  await ctx.call("codepipeline", "DeleteWebhook", { name: "push" });
  expect(await call("{}", "secret")).toBe(404);
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_WebhookAuthConfiguration.html
test.each([
  ["GITHUB_HMAC", {}],
  ["IP", { AllowedIPRange: "nonsense" }],
  ["UNAUTHENTICATED", { SecretToken: "s" }],
] as const)("%s with %j is refused", async (authentication, authenticationConfiguration) => {
  const webhook = { name: "w", targetPipeline: "hooked", targetAction: "Source", filters: [], authentication, authenticationConfiguration };
  const put = own.cloud.ctx.call("codepipeline", "PutWebhook", { webhook });
  await expect(put).rejects.toMatchObject({ code: "InvalidWebhookAuthenticationParametersException" });
});

// documented: https://github.com/json-path/JsonPath
test("JSON paths find members, elements, all of them, and names at any depth", () => {
  const body = { a: { b: [{ c: 1 }, { c: 2 }] }, "x-y": "z" };
  expect(valuesAt(body, "$.a.b[1].c")).toEqual([2]);
  expect(valuesAt(body, "$.a.b[*].c")).toEqual([1, 2]);
  expect(valuesAt(body, "$..c")).toEqual([1, 2]);
  expect(valuesAt(body, "$['x-y']")).toEqual(["z"]);
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_WebhookAuthConfiguration.html
test("ranges are CIDR blocks of both families", () => {
  expect(isInRange("::ffff:192.0.2.7", "192.0.2.0/24")).toBe(true);
  expect(isInRange("192.0.3.7", "192.0.2.0/24")).toBe(false);
  expect(isInRange("2001:db8::1", "2001:db8::/32")).toBe(true);
  expect(isRange("192.0.2.0/33")).toBe(false);
});
