import {
  BatchGetDeploymentsCommand,
  BatchGetDeploymentTargetsCommand,
  GetDeploymentGroupCommand,
  ListDeploymentsCommand,
  ListDeploymentTargetsCommand,
  StopDeploymentCommand,
} from "@aws-sdk/client-codedeploy";
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { afterEach, expect, test } from "vitest";
import { GROUP, Rollout } from "./lambda/test-rollout.ts";

let rollout: Rollout;
afterEach(() => rollout.test.cloud.stop());

const TOPIC = "arn:aws:sns:us-east-1:000000000000:deployments";
const triggerEvents = ["DeploymentStart", "DeploymentSuccess", "DeploymentFailure", "DeploymentStop", "DeploymentRollback"] as const;
const trigger = { triggerName: "all", triggerTargetArn: TOPIC, triggerEvents: [...triggerEvents] };

/** A queue behind the topic. */
async function listen(): Promise<string> {
  const { ctx } = rollout;
  const { QueueUrl = "" } = await ctx.call("sqs", "CreateQueue", { QueueName: "heard" });
  const Statement = [{ Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: "*" }];
  await ctx.call("sqs", "SetQueueAttributes", { QueueUrl, Attributes: { Policy: JSON.stringify({ Statement }) } });
  const sns = new SNSClient(rollout.test.cloud.clientConfig);
  await sns.send(new CreateTopicCommand({ Name: "deployments" }));
  const Endpoint = "arn:aws:sqs:us-east-1:000000000000:heard";
  await sns.send(new SubscribeCommand({ TopicArn: TOPIC, Protocol: "sqs", Endpoint, Attributes: { RawMessageDelivery: "true" } }));
  return QueueUrl;
}

async function heard(QueueUrl: string): Promise<Record<string, unknown>[]> {
  await rollout.test.idle();
  const { Messages = [] } = await rollout.ctx.call("sqs", "ReceiveMessage", { QueueUrl, MaxNumberOfMessages: 10 });
  return Messages.map(({ Body = "{}" }) => JSON.parse(Body) as Record<string, unknown>);
}

// documented: https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-sns-event-notifications-json-format.html
test("triggers tell a topic of start, stop and rollback", async () => {
  rollout = await Rollout.start({ triggerConfigurations: [trigger] });
  const queue = await listen();
  const deploymentId = await rollout.deploy();
  const [first] = await heard(queue);
  expect(first).toMatchObject({
    region: "us-east-1",
    accountId: "000000000000",
    eventTriggerName: "all",
    applicationName: "shop",
    deploymentGroupName: "live",
    deploymentId,
    status: "Created",
    createTime: expect.stringMatching(/^\d+\.\d{3}$/) as string,
  });
  await rollout.client.send(new StopDeploymentCommand({ deploymentId, autoRollbackEnabled: true }));
  const rest = await heard(queue);
  const back = (await rollout.deployment(deploymentId)).rollbackInfo?.rollbackDeploymentId;
  expect(rest.map(({ deploymentId: id, status }) => `${String(id)} ${String(status)}`).sort()).toEqual(
    [`${deploymentId} Stopped`, `${back} Created`, `${back} Created`, `${back} Succeeded`].sort(),
  );
  const stopped = rest.find(({ status }) => status === "Stopped");
  expect(stopped).toMatchObject({ errorInformation: { ErrorCode: "MANUAL_STOP" }, deploymentOverview: { Failed: "1", Succeeded: "0" } });
});

// documented: https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-codedeploy.html
test("the bus gets AWS's own events", async () => {
  rollout = await Rollout.start({ deploymentConfigName: "CodeDeployDefault.LambdaAllAtOnce" });
  const deploymentId = await rollout.deploy();
  const found = await rollout.client.send(new GetDeploymentGroupCommand(GROUP));
  const { deploymentGroupId: instanceGroupId, lastSuccessfulDeployment, targetRevision } = found.deploymentGroupInfo ?? {};
  expect(lastSuccessfulDeployment).toMatchObject({ deploymentId, status: "Succeeded" });
  expect(targetRevision?.revisionType).toBe("AppSpecContent");
  const events = rollout.test.cloud.cloud.timeline.read({ type: "CodeDeploy Deployment State-change Notification" });
  const [start, success] = events;
  expect(events).toHaveLength(2);
  expect(start?.detail["state"]).toBe("START");
  expect(success).toMatchObject({
    bus: true,
    source: "aws.codedeploy",
    resources: [
      "arn:aws:codedeploy:us-east-1:000000000000:application:shop",
      "arn:aws:codedeploy:us-east-1:000000000000:deploymentgroup:shop/live",
    ],
    detail: { region: "us-east-1", deploymentId, instanceGroupId, deploymentGroup: "live", state: "SUCCESS", application: "shop" },
  });
});

// documented: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_ListDeployments.html
test("deployments and their targets are listed and looked up in numbers", async () => {
  rollout = await Rollout.start();
  const deploymentId = await rollout.deploy();
  await rollout.client.send(new StopDeploymentCommand({ deploymentId, autoRollbackEnabled: true }));
  await rollout.test.idle();
  const list = async (more: object) => (await rollout.client.send(new ListDeploymentsCommand({ ...GROUP, ...more }))).deployments ?? [];
  const [back = "", first] = await list({});
  expect(first).toBe(deploymentId);
  expect(await list({ includeOnlyStatuses: ["Stopped"] })).toEqual([deploymentId]);
  const end = new Date(rollout.ctx.now - 3_600_000);
  expect(await list({ createTimeRange: { end } })).toEqual([]);
  await expect(list({ deploymentGroupName: undefined })).rejects.toMatchObject({ name: "DeploymentGroupNameRequiredException" });
  const { deploymentsInfo = [] } = await rollout.client.send(new BatchGetDeploymentsCommand({ deploymentIds: [back, deploymentId] }));
  expect(deploymentsInfo.map(({ creator }) => creator)).toEqual(["codeDeployRollback", "user"]);
  const targets = async (TargetStatus: string[]) =>
    (await rollout.client.send(new ListDeploymentTargetsCommand({ deploymentId, targetFilters: { TargetStatus } }))).targetIds;
  expect([await targets(["Failed"]), await targets(["Succeeded"])]).toEqual([["orders"], []]);
  const batch = await rollout.client.send(new BatchGetDeploymentTargetsCommand({ deploymentId, targetIds: ["orders"] }));
  expect(batch.deploymentTargets?.[0]?.deploymentTargetType).toBe("LambdaTarget");
  const none = rollout.client.send(new BatchGetDeploymentTargetsCommand({ deploymentId, targetIds: ["other"] }));
  await expect(none).rejects.toMatchObject({ name: "DeploymentTargetDoesNotExistException" });
});
