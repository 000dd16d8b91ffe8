import {
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  type CreateDeploymentCommandInput,
  CreateDeploymentGroupCommand,
  type CreateDeploymentGroupCommandInput,
  type DeploymentInfo,
  GetDeploymentCommand,
  GetDeploymentTargetCommand,
  type InstanceTarget,
  ListDeploymentTargetsCommand,
} from "@aws-sdk/client-codedeploy";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../../../test/support/cloud.ts";
import { writeZip } from "../../../runtime/processes/zip.ts";

let cloud: TestCloud;
let deploy: CodeDeployClient;
let s3: S3Client;

beforeAll(async () => {
  cloud = await startCloud();
  deploy = new CodeDeployClient(cloud.clientConfig);
  s3 = new S3Client({ ...cloud.clientConfig, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: "revisions" }));
  const trust = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: "codedeploy.amazonaws.com" }, Action: "sts:AssumeRole" }],
  });
  await new IAMClient(cloud.clientConfig).send(new CreateRoleCommand({ RoleName: "deployer", AssumeRolePolicyDocument: trust }));
});
afterAll(() => cloud.stop());

async function local(path: string, body?: object): Promise<Record<string, unknown>> {
  const response = await fetch(
    `${cloud.endpoint}/_orrery/${path}`,
    body === undefined ? {} : { method: "POST", body: JSON.stringify(body) },
  );
  const answer = (await response.json()) as Record<string, unknown>;
  expect([response.status, answer]).toEqual([200, expect.anything()]);
  return answer;
}

async function fleet(app: string, names: readonly string[], options: Partial<CreateDeploymentGroupCommandInput> = {}): Promise<void> {
  for (const [i, name] of names.entries()) await local("instances/add", { name, tags: { app }, zone: "abc"[i % 3] });
  await deploy.send(new CreateApplicationCommand({ applicationName: app, computePlatform: "Server" }));
  await deploy.send(
    new CreateDeploymentGroupCommand({
      applicationName: app,
      deploymentGroupName: "production",
      serviceRoleArn: "arn:aws:iam::000000000000:role/deployer",
      ec2TagFilters: [{ Key: "app", Value: app, Type: "KEY_AND_VALUE" }],
      ...options,
    }),
  );
}

async function run(app: string, files: Record<string, string>, options: Partial<CreateDeploymentCommandInput> = {}): Promise<string> {
  const Key = `${app}-${Object.values(files).join("").length}-${Math.abs(files["v"]?.length ?? 0)}.zip`;
  await s3.send(new PutObjectCommand({ Bucket: "revisions", Key, Body: writeZip(files) }));
  const { deploymentId = "" } = await deploy.send(
    new CreateDeploymentCommand({
      applicationName: app,
      deploymentGroupName: "production",
      revision: { revisionType: "S3", s3Location: { bucket: "revisions", key: Key, bundleType: "zip" } },
      ...options,
    }),
  );
  await cloud.cloud.clock.idle();
  return deploymentId;
}

const info = async (deploymentId: string): Promise<DeploymentInfo> =>
  (await deploy.send(new GetDeploymentCommand({ deploymentId }))).deploymentInfo ?? {};

async function targets(deploymentId: string): Promise<Record<string, InstanceTarget>> {
  const { targetIds = [] } = await deploy.send(new ListDeploymentTargetsCommand({ deploymentId }));
  const found = await Promise.all(targetIds.map((targetId) => deploy.send(new GetDeploymentTargetCommand({ deploymentId, targetId }))));
  return Object.fromEntries(
    found.map(({ deploymentTarget }) => [deploymentTarget?.instanceTarget?.targetId, deploymentTarget?.instanceTarget ?? {}]),
  );
}

async function on(name: string, command: string): Promise<string> {
  const { lines } = (await local("instances/exec", { name, command: ["/bin/sh", "-c", command] })) as { lines: { text: string }[] };
  return lines.map(({ text }) => text).join("\n");
}

const SPEC = `
version: 0.0
os: linux
files:
  - source: /site
    destination: /var/www-site
hooks:
  ValidateService:
    - location: check.sh
      timeout: 20
`;
const site = (text: string, check = "exit 0"): Record<string, string> => ({
  "appspec.yml": SPEC,
  "site/index.html": text,
  "check.sh": `#!/bin/sh\necho "checking $DEPLOYMENT_GROUP_NAME $LIFECYCLE_EVENT $BUNDLE_BUCKET on $(hostname)"\n${check}\n`,
});

describe("an in-place deployment", () => {
  // documented: https://docs.aws.amazon.com/codedeploy/latest/userguide/instances-health.html
  test("goes one at a time, stops with the first that fails, leaves the rest, and rolls back", async () => {
    await fleet("site", ["s1", "s2", "s3", "s4"], { autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] } });
    const first = await run("site", site("one"));
    expect(await info(first)).toMatchObject({ status: "Succeeded", deploymentOverview: { Succeeded: 4 } });
    const { s1 } = await targets(first);
    expect(s1?.lifecycleEvents?.map(({ lifecycleEventName, status }) => `${lifecycleEventName} ${status}`)).toEqual([
      "ApplicationStop Succeeded",
      "DownloadBundle Succeeded",
      "BeforeInstall Succeeded",
      "Install Succeeded",
      "AfterInstall Succeeded",
      "ApplicationStart Succeeded",
      "ValidateService Succeeded",
    ]);
    expect(s1?.lifecycleEvents?.at(-1)?.diagnostics).toEqual({
      errorCode: "Success",
      scriptName: "",
      message: "Succeeded",
      logTail: "LifecycleEvent - ValidateService\nScript - check.sh\n[stdout]checking production ValidateService revisions on s1\n",
    });
    expect(await on("s3", "cat /var/www-site/index.html")).toBe("one");

    const second = await run("site", site("two!", '[ "$(hostname)" != s2 ]'));
    const failed = await info(second);
    expect(failed).toMatchObject({
      status: "Failed",
      errorInformation: { code: "HEALTH_CONSTRAINTS" },
      deploymentOverview: { Succeeded: 1, Failed: 1, Skipped: 2 },
    });
    const { s2 } = await targets(second);
    expect(s2?.lifecycleEvents?.at(-1)?.diagnostics).toMatchObject({
      errorCode: "ScriptFailed",
      scriptName: "check.sh",
      message: "Script at specified location: check.sh failed with exit code 1",
    });
    const back = failed.rollbackInfo?.rollbackDeploymentId ?? "";
    expect(await info(back)).toMatchObject({
      status: "Succeeded",
      creator: "codeDeployRollback",
      rollbackInfo: { rollbackTriggeringDeploymentId: second },
    });
    for (const name of ["s1", "s2", "s3", "s4"]) expect(await on(name, "cat /var/www-site/index.html")).toBe("one");
    const { events } = (await local("timeline?limit=10000&type=Deployment%20failed")) as { events: { rule: string }[] };
    expect(events.at(-1)?.rule).toBe(
      "deployments to 1 of 4 instances failed, so that 3 can be healthy, and the minimum is 3: no further instance may be taken down",
    );
  });
});
