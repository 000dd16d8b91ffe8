import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand } from "@aws-sdk/client-cloudwatch";
import {
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentGroupCommand,
  GetDeploymentCommand,
} from "@aws-sdk/client-codedeploy";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  GetAliasCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
} from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeZip } from "../../src/runtime/processes/zip.ts";
import { type Server, startServer } from "../support/server.ts";

const GROUP = { applicationName: "shop", deploymentGroupName: "live" };
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: ["lambda.amazonaws.com", "codedeploy.amazonaws.com"] }, Action: "sts:AssumeRole" }],
});

let server: Server;
let endpoint: string;
let deploy: CodeDeployClient;
let lambda: LambdaClient;
let watch: CloudWatchClient;

beforeAll(async () => {
  server = await startServer(["--clock", "hold"]);
  ({ endpoint } = server);
  const config = { endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } };
  deploy = new CodeDeployClient(config);
  lambda = new LambdaClient(config);
  watch = new CloudWatchClient(config);
  const role = await new IAMClient(config).send(new CreateRoleCommand({ RoleName: "all", AssumeRolePolicyDocument: TRUST }));
  const Role = role.Role?.Arn ?? "";
  const code = (text: string) => writeZip({ "index.js": `exports.handler = async () => "${text}";` });
  const fn = { FunctionName: "orders", Role, Runtime: "nodejs22.x", Handler: "index.handler" } as const;
  await lambda.send(new CreateFunctionCommand({ ...fn, Code: { ZipFile: code("one") } }));
  await settled(() => lambda.send(new PublishVersionCommand({ FunctionName: "orders" })));
  await settled(() => lambda.send(new UpdateFunctionCodeCommand({ FunctionName: "orders", ZipFile: code("two") })));
  await settled(() => lambda.send(new PublishVersionCommand({ FunctionName: "orders" })));
  await lambda.send(new CreateAliasCommand({ FunctionName: "orders", Name: "live", FunctionVersion: "1" }));
  const metric = { Namespace: "AWS/Lambda", MetricName: "Errors", Statistic: "Sum", Period: 60, EvaluationPeriods: 1 } as const;
  await watch.send(
    new PutMetricAlarmCommand({
      AlarmName: "errors",
      ...metric,
      Threshold: 0,
      ComparisonOperator: "GreaterThanThreshold",
      TreatMissingData: "notBreaching",
    }),
  );
  await deploy.send(new CreateApplicationCommand({ applicationName: "shop", computePlatform: "Lambda" }));
  await deploy.send(
    new CreateDeploymentGroupCommand({
      ...GROUP,
      serviceRoleArn: Role,
      deploymentConfigName: "CodeDeployDefault.LambdaLinear10PercentEvery1Minute",
      deploymentStyle: { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" },
      alarmConfiguration: { enabled: true, alarms: [{ name: "errors" }] },
      autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_STOP_ON_ALARM"] },
    }),
  );
});

afterAll(() => server.stop());

/** The processor goes to the server for a moment. */
function turn(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Tries until the function has settled. */
async function settled(work: () => Promise<unknown>): Promise<void> {
  for (;;) {
    const done = await work().then(
      () => true,
      (error: Error) => {
        if (error.name !== "ResourceConflictException") throw error;
        return false;
      },
    );
    if (done) return;
    await turn(20);
  }
}

/** Lets virtual time pass; what answers is the server, if it lives on. */
const advance = (minutes: number): Promise<unknown> =>
  fetch(`${endpoint}/_orrery/clock/advance`, {
    method: "POST",
    body: JSON.stringify({ ms: minutes * 60_000 }),
    headers: { "content-type": "application/json" },
  }).catch(() => undefined);

async function begin(currentversion: string, targetversion: string): Promise<string> {
  const properties = { name: "orders", alias: "live", currentversion, targetversion };
  const content = JSON.stringify({ version: 0, resources: [{ orders: { type: "AWS::Lambda::Function", properties } }] });
  const revision = { revisionType: "AppSpecContent", appSpecContent: { content } } as const;
  return (await deploy.send(new CreateDeploymentCommand({ ...GROUP, revision }))).deploymentId ?? "";
}

const look = async (deploymentId: string) => (await deploy.send(new GetDeploymentCommand({ deploymentId }))).deploymentInfo;

async function alias(): Promise<unknown[]> {
  const found = await lambda.send(new GetAliasCommand({ FunctionName: "orders", Name: "live" }));
  return [found.FunctionVersion, found.RoutingConfig?.AdditionalVersionWeights];
}

/** Kills the server a little later each time, and starts it again, until the deployment has ended. */
async function overKills(id: string): Promise<string | undefined> {
  for (let point = 0; ; point++) {
    const status = (await look(id))?.status;
    if (status !== "Created" && status !== "InProgress") return status;
    const passing = advance(1.5);
    await turn(20 + ((point * 37) % 300));
    await server.kill();
    await passing;
    await server.restart();
  }
}

interface Told {
  readonly type: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

async function timeline(id: string): Promise<Told[]> {
  const answer = await fetch(`${endpoint}/_orrery/timeline?source=aws.codedeploy&resource=${id}&limit=10000`);
  return ((await answer.json()) as { events: Told[] }).events;
}

// assumed: a deployment on AWS outlives the loss of a server
test("a deployment goes on over kill -9: every shift is told once, in its order", async () => {
  const id = await begin("1", "2");
  expect(await overKills(id)).toBe("Succeeded");
  expect(await alias()).toEqual(["2", undefined]);
  const events = await timeline(id);
  const weights = events.filter(({ type }) => type === "Traffic shifted").map(({ detail }) => detail["targetWeight"]);
  expect(weights).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
  const types = events.map(({ type }) => type).filter((type) => type !== "Alarms checked" && type !== "Traffic shifted");
  expect(types).toEqual([
    "Deployment created",
    "Deployment started",
    "Lifecycle event succeeded",
    "Lifecycle event started",
    "Lifecycle event succeeded",
    "Lifecycle event succeeded",
    "Deployment succeeded",
  ]);
});

// assumed: as above
test("a rollback by an alarm is done once over kill -9", async () => {
  const id = await begin("2", "1");
  await advance(2);
  expect(await alias()).toEqual(["2", { "1": 0.3 }]);
  await watch.send(new SetAlarmStateCommand({ AlarmName: "errors", StateValue: "ALARM", StateReason: "tested" }));
  await server.kill();
  await server.restart();
  expect(await overKills(id)).toBe("Stopped");
  const back = (await look(id))?.rollbackInfo?.rollbackDeploymentId ?? "";
  expect(await overKills(back)).toBe("Succeeded");
  expect(await alias()).toEqual(["2", undefined]);
  const ends = (await timeline(""))
    .filter(({ type }) => /^Deployment (stopped|succeeded)$/.test(type))
    .map(({ detail }) => detail["deploymentId"]);
  expect(ends.slice(-2)).toEqual([id, back]);
});
