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
import { startCloud, type TestCloud } from "../../../../test/support/cloud.ts";
import type { TimelineEvent } from "../../../kernel/events.ts";
import { writeZip } from "../../../runtime/processes/zip.ts";

const BUCKET = "revisions";

/** A cloud with a bucket for revisions and a role for deployments. */
export interface Servers {
  readonly cloud: TestCloud;
  readonly deploy: CodeDeployClient;
  /** Asks the product's own API; throws what it refuses. */
  local(path: string, body?: object): Promise<Record<string, unknown>>;
  /** An application with instances, tagged `app=<name>` and in zones a, b, c in turn, and the group `production` of them. */
  fleet(app: string, names: readonly string[], options?: Partial<CreateDeploymentGroupCommandInput>): Promise<void>;
  /** Uploads a revision, deploys it, and lets it come to rest. */
  run(app: string, files: Readonly<Record<string, string>> | Buffer, options?: Partial<CreateDeploymentCommandInput>): Promise<string>;
  info(deploymentId: string): Promise<DeploymentInfo>;
  targets(deploymentId: string): Promise<Record<string, InstanceTarget>>;
  /** What a shell's command prints on an instance. */
  on(instance: string, command: string): Promise<string>;
  timeline(type: string): TimelineEvent[];
}

export async function startServers(options: Parameters<typeof startCloud>[0] = {}): Promise<Servers> {
  const cloud = await startCloud(options);
  const deploy = new CodeDeployClient(cloud.clientConfig);
  const s3 = new S3Client({ ...cloud.clientConfig, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET })).catch(() => undefined);
  const Statement = [{ Effect: "Allow", Principal: { Service: "codedeploy.amazonaws.com" }, Action: "sts:AssumeRole" }];
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  await new IAMClient(cloud.clientConfig)
    .send(new CreateRoleCommand({ RoleName: "deployer", AssumeRolePolicyDocument }))
    .catch(() => undefined);
  let revisions = 0;
  const local: Servers["local"] = async (path, body) => {
    const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const response = await fetch(`${cloud.endpoint}/_orrery/${path}`, init);
    const answer = (await response.json()) as Record<string, unknown>;
    if (!response.ok) throw new RangeError(JSON.stringify(answer));
    return answer;
  };
  return {
    cloud,
    deploy,
    local,
    fleet: async (app, names, group = {}) => {
      for (const [i, name] of names.entries()) await local("instances/add", { name, tags: { app }, zone: "abc"[i % 3] });
      await deploy.send(new CreateApplicationCommand({ applicationName: app, computePlatform: "Server" }));
      await deploy.send(
        new CreateDeploymentGroupCommand({
          applicationName: app,
          deploymentGroupName: "production",
          serviceRoleArn: "arn:aws:iam::000000000000:role/deployer",
          ec2TagFilters: [{ Key: "app", Value: app, Type: "KEY_AND_VALUE" }],
          ...group,
        }),
      );
    },
    run: async (app, files, request = {}) => {
      const key = `${app}-${++revisions}`;
      const Body = Buffer.isBuffer(files) ? files : writeZip(files as Record<string, string>);
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body }));
      const { deploymentId = "" } = await deploy.send(
        new CreateDeploymentCommand({
          applicationName: app,
          deploymentGroupName: "production",
          revision: { revisionType: "S3", s3Location: { bucket: BUCKET, key, bundleType: "zip" } },
          ...request,
        }),
      );
      await cloud.cloud.clock.idle();
      return deploymentId;
    },
    info: async (deploymentId) => (await deploy.send(new GetDeploymentCommand({ deploymentId }))).deploymentInfo ?? {},
    targets: async (deploymentId) => {
      const { targetIds = [] } = await deploy.send(new ListDeploymentTargetsCommand({ deploymentId }));
      const found = targetIds.map((targetId) => deploy.send(new GetDeploymentTargetCommand({ deploymentId, targetId })));
      return Object.fromEntries(
        (await Promise.all(found)).map(({ deploymentTarget: one }) => [one?.instanceTarget?.targetId, one?.instanceTarget ?? {}]),
      );
    },
    on: async (name, text) => {
      const { lines } = await local("instances/exec", { name, command: ["/bin/sh", "-c", text] });
      return (lines as { text: string }[]).map((line) => line.text).join("\n");
    },
    timeline: (type) => cloud.cloud.timeline.read({ type, limit: 10_000 }),
  };
}

/** `Install Succeeded`, … of one target. */
export const eventsOf = (target: InstanceTarget | undefined): string[] =>
  (target?.lifecycleEvents ?? []).map(({ lifecycleEventName, status }) => `${lifecycleEventName} ${status}`);

/** An AppSpec file that runs a script of the event's name for each event given. */
export function revision(
  files: Readonly<Record<string, string>>,
  scripts: Readonly<Record<string, string>>,
  more = "",
): Record<string, string> {
  const copies = Object.keys(files).map(
    (path) => `  - source: ${path.slice(1)}\n    destination: ${path.slice(0, path.lastIndexOf("/")) || "/"}`,
  );
  const hooks = Object.keys(scripts).map((event) => `  ${event}:\n    - location: hooks/${event}.sh\n      timeout: 20`);
  return {
    "appspec.yml": `version: 0.0\nos: linux\nfiles:\n${copies.join("\n")}\nhooks:\n${hooks.join("\n")}\n${more}`,
    ...Object.fromEntries(Object.entries(files).map(([path, text]) => [path.slice(1), text])),
    ...Object.fromEntries(Object.entries(scripts).map(([event, text]) => [`hooks/${event}.sh`, `#!/bin/sh\n${text}\n`])),
  };
}
