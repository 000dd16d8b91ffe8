import { afterAll, beforeAll, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";
import type { Properties } from "../../aws/resource.ts";
import { resources } from "./resources.ts";

let cloud: TestCloud;

beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.stop());

function request(properties: Properties) {
  return { properties, logicalId: "Key", stackName: "s", stackId: "s", stackTags: { team: "a" }, generatedName: () => "k" };
}

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html
it("makes a key with its alias, changes it, and schedules its deletion", async () => {
  const { "AWS::KMS::Key": key, "AWS::KMS::Alias": alias } = resources;
  const first = { Description: "d", EnableKeyRotation: "true", PendingWindowInDays: "7" };
  const state = await key?.create(cloud.ctx, request(first));
  if (state === undefined || "again" in state) expect.fail("the key is not there");
  const KeyId = state.physicalId;
  expect(state.attributes?.["Arn"]).toMatch(new RegExp(`:key/${KeyId}$`));
  expect(await cloud.ctx.call("kms", "GetKeyRotationStatus", { KeyId })).toMatchObject({ KeyRotationEnabled: true });
  await alias?.create(cloud.ctx, request({ AliasName: "alias/app", TargetKeyId: KeyId }));
  await key?.update?.(cloud.ctx, { ...request({ Description: "e", Enabled: false }), physicalId: KeyId, previous: first });
  const { KeyMetadata } = await cloud.ctx.call("kms", "DescribeKey", { KeyId: "alias/app" });
  expect(KeyMetadata).toMatchObject({ Description: "e", KeyState: "Disabled" });
  await alias?.delete(cloud.ctx, { physicalId: "alias/app", properties: {} });
  for (let i = 0; i < 2; i++) await key?.delete(cloud.ctx, { physicalId: KeyId, properties: first });
  expect((await cloud.ctx.call("kms", "DescribeKey", { KeyId })).KeyMetadata?.KeyState).toBe("PendingDeletion");
  expect(await key?.read?.(cloud.ctx, KeyId)).toBeUndefined();
});
