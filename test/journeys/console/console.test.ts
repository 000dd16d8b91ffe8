import { existsSync } from "node:fs";
import { ApiGatewayV2Client, CreateApiCommand } from "@aws-sdk/client-apigatewayv2";
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  CreateStackCommand,
  DescribeStackResourcesCommand,
  waitUntilChangeSetCreateComplete,
  waitUntilStackCreateComplete,
  waitUntilStackUpdateComplete,
} from "@aws-sdk/client-cloudformation";
import {
  CloudWatchClient,
  PutDashboardCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, CreateLogGroupCommand, CreateLogStreamCommand, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CodeDeployClient, CreateDeploymentCommand } from "@aws-sdk/client-codedeploy";
import { CodePipelineClient, CreatePipelineCommand } from "@aws-sdk/client-codepipeline";
import { CreateTableCommand, DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import {
  AddPermissionCommand,
  CreateFunctionCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { CreateBucketCommand, PutBucketVersioningCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeZip } from "../../../src/runtime/processes/zip.ts";
import { type Server, startServer } from "../../support/server.ts";
import { SHOP } from "../../support/shop.ts";

/** The console in a real browser against a real server. */
const BROWSER = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];
const NEEDED_MS = 20_000;

let server: Server;
let browser: Browser;
let deploymentId = "";
let alarm = "";
let trace = "";
let api = "";

const config = () => ({ endpoint: server.endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } });

/** A pipeline that waits for an approval. */
async function makePipeline(): Promise<void> {
  const s3 = new S3Client({ ...config(), forcePathStyle: true });
  for (const Bucket of ["source", "artifacts"]) await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutBucketVersioningCommand({ Bucket: "source", VersioningConfiguration: { Status: "Enabled" } }));
  await s3.send(new PutObjectCommand({ Bucket: "source", Key: "app.zip", Body: writeZip({ "a.txt": "1" }) }));
  const iam = new IAMClient(config());
  const statement = { Effect: "Allow", Principal: { Service: "codepipeline.amazonaws.com" }, Action: "sts:AssumeRole" };
  const trust = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: "pipeline", AssumeRolePolicyDocument: trust }));
  const all = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] });
  await iam.send(new PutRolePolicyCommand({ RoleName: "pipeline", PolicyName: "all", PolicyDocument: all }));
  const source = {
    name: "Fetch",
    actionTypeId: { category: "Source", owner: "AWS", provider: "S3", version: "1" } as const,
    configuration: { S3Bucket: "source", S3ObjectKey: "app.zip" },
    outputArtifacts: [{ name: "App" }],
  };
  const ask = { name: "Ask", actionTypeId: { category: "Approval", owner: "AWS", provider: "Manual", version: "1" } as const };
  const pipeline = {
    name: "shop",
    roleArn: Role?.Arn,
    pipelineType: "V2" as const,
    artifactStore: { type: "S3" as const, location: "artifacts" },
    stages: [
      { name: "Source", actions: [source] },
      { name: "Gate", actions: [ask] },
    ],
  };
  await new CodePipelineClient(config()).send(new CreatePipelineCommand({ pipeline }));
}

/** A tenth of the traffic goes to a new version. */
async function startDeployment(): Promise<void> {
  const cfn = new CloudFormationClient(config());
  await cfn.send(new CreateStackCommand({ StackName: "Shop", TemplateBody: JSON.stringify(SHOP), Capabilities: ["CAPABILITY_IAM"] }));
  await waitUntilStackCreateComplete({ client: cfn, maxWaitTime: 30, minDelay: 1 }, { StackName: "Shop" });
  const { StackResources = [] } = await cfn.send(new DescribeStackResourcesCommand({ StackName: "Shop" }));
  const physical = (logical: string) =>
    StackResources.find(({ LogicalResourceId }) => LogicalResourceId === logical)?.PhysicalResourceId ?? "";
  alarm = physical("Errors");
  const name = physical("Function");
  const lambda = new LambdaClient(config());
  await lambda.send(
    new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile: writeZip({ "index.js": "exports.handler = async () => 2" }) }),
  );
  const { Version = "" } = await lambda.send(new PublishVersionCommand({ FunctionName: name }));
  const Properties = { Name: name, Alias: "live", CurrentVersion: "1", TargetVersion: Version };
  const content = JSON.stringify({ version: 0, Resources: [{ target: { Type: "AWS::Lambda::Function", Properties } }] });
  const made = await new CodeDeployClient(config()).send(
    new CreateDeploymentCommand({
      applicationName: physical("Application"),
      deploymentGroupName: physical("Group"),
      revision: { revisionType: "AppSpecContent", appSpecContent: { content } },
    }),
  );
  deploymentId = made.deploymentId ?? "";
}

async function open(path: string, options: { readonly colorScheme?: "light" | "dark"; readonly locale?: string } = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-US", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(NEEDED_MS);
  await page.goto(`${server.endpoint}/_orrery/console${path}`);
  await page.locator("h1").first().waitFor();
  return page;
}

describe.skipIf(BROWSER === undefined)("the console (needs chromium)", () => {
  beforeAll(async () => {
    server = await startServer();
    browser = await chromium.launch({ executablePath: BROWSER as string, args: FLAGS });
    await Promise.all([makePipeline(), startDeployment()]);
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });

  test("is served to its own origin alone, and calls nothing without the page's token", async () => {
    const url = `${server.endpoint}/_orrery/console`;
    const page = await fetch(url);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect((await fetch(url, { headers: { origin: "http://example.com" } })).status).toBe(403);
    const post = (headers: Record<string, string>) => fetch(`${url}/call/lambda/ListFunctions`, { method: "POST", headers, body: "{}" });
    expect((await post({})).status).toBe(403);
    expect((await fetch(`${url}/events`)).status).toBe(403);
    const token = /orrery-token" content="([^"]+)"/.exec(await page.text())?.[1] ?? "";
    expect((await post({ "x-orrery-token": token })).status).toBe(200);
    const bad = await fetch(`${url}/call/lambda/GetFunction`, { method: "POST", headers: { "x-orrery-token": token }, body: "{}" });
    expect(await bad.json()).toMatchObject({ code: "ValidationException" });
  });

  test("follows a bad deployment to its rollback, from the picture of the loop to the alarm's reason", async () => {
    const page = await open("/");
    await page.getByRole("link", { name: deploymentId }).first().click();
    await page.getByText("AllowTraffic: started").waitFor();
    const reason = "the errors were injected by the test";
    await new CloudWatchClient(config()).send(new SetAlarmStateCommand({ AlarmName: alarm, StateValue: "ALARM", StateReason: reason }));
    await page.getByText("Deployment stopped").waitFor();
    await page.getByRole("button", { name: `Why? ${deploymentId}` }).click();
    await page.getByRole("dialog").getByText("CloudWatch Alarm State Change").first().waitFor();
    await page.getByRole("button", { name: "Close", exact: true }).click();
    await page.getByRole("link", { name: "Home" }).click();
    await page.getByText("Needs attention").waitFor();
    await page.getByRole("link", { name: alarm }).first().click();
    await page.getByText("What the alarm went through").waitFor();
    await page.context().close();
  });

  test("approves what a pipeline waits for, and shows what follows without being loaded again", async () => {
    const page = await open("/pipelines/shop");
    await page.getByLabel("Comment").fill("looks good");
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByText("root approved it: looks good").waitFor();
    await page.getByText("its last stage has ended").first().waitFor();
    await page.getByText("As a command").click();
    await page.getByText("aws codepipeline get-pipeline-state --name shop").waitFor();
    await page.context().close();
  });

  test("stands at any instant that was", async () => {
    const page = await open("/deployments");
    const row = page.getByRole("row", { name: deploymentId });
    await row.getByText("STOPPED").waitFor();
    const slider = page.getByLabel("Instant shown");
    await slider.focus();
    await page.keyboard.press("Home");
    await row.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Back to now" }).click();
    await row.getByText("STOPPED").waitFor();
    await page.context().close();
  });

  test("speaks Vietnamese when asked to, and remembers it", async () => {
    const page = await open("/");
    await page.getByRole("button", { name: /^Language/ }).click();
    await page.getByRole("menuitem", { name: "Tiếng Việt" }).click();
    await page.getByRole("heading", { name: "Vòng lặp" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Vòng lặp" }).waitFor();
    expect(await page.locator("html").getAttribute("lang")).toBe("vi");
    await page.context().close();
  });

  test("is used by keyboard alone", async () => {
    const page = await open("/");
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to the content");
    const focused = async (text: string): Promise<void> => {
      for (let i = 0; i < 60; i++) {
        if ((await page.evaluate("document.activeElement.textContent")) === text) return;
        await page.keyboard.press("Tab");
      }
      throw new RangeError(`"${text}" is not reached by Tab`);
    };
    await focused("Deployments");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: /^Deployments/ }).waitFor();
    await focused(deploymentId);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: `Deployment ${deploymentId}` }).waitFor();
    await page.context().close();
  });

  test("tries an operation on a resource and shows its answer", async () => {
    const page = await open("/resources/buckets/source");
    await page.getByRole("button", { name: "Any operation" }).click();
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByLabel("Answer").getByText('"Key": "app.zip"').waitFor();
    await page.getByText("As a command").click();
    await page.getByText("aws s3api list-objects-v2 --bucket source", { exact: true }).waitFor();
    await page.context().close();
  });

  test("asks for nothing while nothing happens", async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.clock.install();
    await page.goto(`${server.endpoint}/_orrery/console/pipelines/shop`);
    await page.locator("h1").waitFor();
    await page.getByText("its last stage has ended").first().waitFor();
    const requests: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    await page.clock.fastForward("01:00:00");
    expect(requests).toEqual([]);
    await context.close();
  });

  test("finds the failing log line by Logs Insights, with where a query is wrong", async () => {
    const logs = new CloudWatchLogsClient(config());
    await logs.send(new CreateLogGroupCommand({ logGroupName: "/shop" }));
    await logs.send(new CreateLogStreamCommand({ logGroupName: "/shop", logStreamName: "s" }));
    const logEvents = ["INFO", "ERROR"].map((level) => ({ timestamp: Date.now() - 60_000, message: JSON.stringify({ level }) }));
    await logs.send(new PutLogEventsCommand({ logGroupName: "/shop", logStreamName: "s", logEvents }));
    const page = await open("/logs/%2Fshop");
    await page.getByRole("tab", { name: "Logs Insights" }).click();
    const query = page.getByRole("textbox", { name: "Query" });
    await query.fill('filter level = "ERROR" | stats count() as failures by level');
    await page.getByRole("button", { name: "Run the query" }).click();
    await page.getByText("1 of 2 events matched").waitFor();
    await page.getByRole("row", { name: "ERROR" }).getByText("1", { exact: true }).waitFor();
    await query.fill("filtr x");
    await page.getByRole("button", { name: "Run the query" }).click();
    await page.getByText("unexpected symbol found filtr at line 1 and position 1").waitFor();
    await page.context().close();
  });

  test("shows what is written into a log group as it comes", async () => {
    const logs = new CloudWatchLogsClient(config());
    const into = { logGroupName: "/live", logStreamName: "s" };
    await logs.send(new CreateLogGroupCommand(into));
    await logs.send(new CreateLogStreamCommand(into));
    const write = (message: string) => logs.send(new PutLogEventsCommand({ ...into, logEvents: [{ timestamp: Date.now(), message }] }));
    await write("from before");
    const page = await open(`/logs/${encodeURIComponent("/live")}`);
    const log = page.getByRole("log");
    await log.getByText("from before").waitFor();
    await write("\u001b[31mjust now\u001b[0m");
    await log.getByText("just now").waitFor();
    await page.context().close();
  });

  test("leads from an alarm to the trace that failed in three clicks, with its exception and its log", async () => {
    const lambda = new LambdaClient(config());
    const cloudwatch = new CloudWatchClient(config());
    const assume = { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" };
    const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [assume] });
    const { Role } = await new IAMClient(config()).send(new CreateRoleCommand({ RoleName: "till", AssumeRolePolicyDocument }));
    const ZipFile = writeZip({ "index.js": "exports.handler = async () => { throw new RangeError('out of coins'); };" });
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: "till",
        Role: Role?.Arn,
        Runtime: "nodejs22.x",
        Handler: "index.handler",
        Code: { ZipFile },
      }),
    );
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 30, minDelay: 1 }, { FunctionName: "till" });
    const principal = { Action: "lambda:InvokeFunction", StatementId: "all", Principal: "apigateway.amazonaws.com" };
    await lambda.send(new AddPermissionCommand({ FunctionName: "till", ...principal }));
    const Target = "arn:aws:lambda:us-east-1:000000000000:function:till";
    const { ApiEndpoint } = await new ApiGatewayV2Client(config()).send(
      new CreateApiCommand({ Name: "till", ProtocolType: "HTTP", Target }),
    );
    expect((await fetch(`${ApiEndpoint}/pay`)).status).toBe(500);
    await cloudwatch.send(new SetAlarmStateCommand({ AlarmName: alarm, StateValue: "OK", StateReason: "again" }));
    await cloudwatch.send(new SetAlarmStateCommand({ AlarmName: alarm, StateValue: "ALARM", StateReason: "coins" }));
    const page = await open("/");
    await page.getByRole("link", { name: alarm }).first().click();
    await page.getByRole("link", { name: "Failing traces of this time" }).click();
    await page.getByRole("row", { name: "out of coins" }).getByRole("link").click();
    await page.getByText("It began in till").waitFor();
    await page.getByText("RangeError: out of coins").first().waitFor();
    await page.getByRole("table", { name: "Waterfall" }).getByText("AWS::Lambda::Function").waitFor();
    await page.getByRole("log").getByText("RangeError").first().waitFor();
    trace = page.url().replace(/^.*\/console/, "");
    await page.context().close();
  });

  test("shows who calls whom, and leads from a service to its failing traces", async () => {
    const page = await open("/map");
    await page
      .getByRole("button", { name: /till.*100 % faults/s })
      .first()
      .click();
    await page.getByRole("link", { name: "Its failing traces" }).click();
    await page.getByRole("row", { name: "out of coins" }).waitFor();
    await page.context().close();
  });

  test("looks into a bucket and a table, receives from a queue, and asks an API whose trace it links", async () => {
    const keys = {
      AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" as const }],
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" as const }],
    };
    const dynamodb = new DynamoDBClient(config());
    await dynamodb.send(new CreateTableCommand({ TableName: "orders", BillingMode: "PAY_PER_REQUEST", ...keys }));
    await new S3Client({ ...config(), forcePathStyle: true }).send(
      new PutObjectCommand({ Bucket: "artifacts", Key: "notes/today.txt", Body: "buy coins", ContentType: "text/plain" }),
    );
    await new SQSClient(config()).send(new CreateQueueCommand({ QueueName: "jobs" }));
    const page = await open("/resources/buckets/artifacts");
    await page.getByRole("button", { name: "notes/" }).click();
    await page.getByRole("button", { name: "today.txt", exact: true }).click();
    await page.getByText("buy coins").waitFor();
    await page.goto(`${server.endpoint}/_orrery/console/resources/tables/orders`);
    await page.getByRole("button", { name: "New item" }).click();
    await page.getByLabel("Item, as JSON").fill('{"pk":"o-1","total":42,"lines":["bike"]}');
    await page.getByRole("button", { name: "Put" }).click();
    await page.getByRole("row", { name: "o-1" }).getByText("42").waitFor();
    const { Item } = await dynamodb.send(new GetItemCommand({ TableName: "orders", Key: { pk: { S: "o-1" } } }));
    expect(Item).toEqual({ pk: { S: "o-1" }, total: { N: "42" }, lines: { L: [{ S: "bike" }] } });
    const queue = `${server.endpoint}/000000000000/jobs`;
    await page.goto(`${server.endpoint}/_orrery/console/resources/queues/${encodeURIComponent(queue)}`);
    await page.getByRole("textbox", { name: "Body" }).fill("hello there");
    await page.getByRole("button", { name: "Send", exact: true }).first().click();
    await page.getByText("Sent: ").waitFor();
    await page.getByRole("button", { name: "Receive" }).click();
    await page.getByRole("row", { name: "hello there" }).waitFor();
    await page.goto(`${server.endpoint}/_orrery/console/resources/apis`);
    await page.getByRole("table", { name: "APIs" }).getByRole("link").first().click();
    await page.getByRole("textbox", { name: "Path" }).fill("/pay");
    await page.getByRole("button", { name: "Send", exact: true }).first().click();
    await page.getByText(/^500 · /).waitFor();
    api = page.url().replace(/^.*\/console/, "");
    await page.getByRole("link", { name: "Its trace" }).click();
    await page.getByText("RangeError: out of coins").first().waitFor();
    await page.context().close();
  });

  test("shows a stack as a graph, a change set as a diff, and what has drifted", async () => {
    const cfn = new CloudFormationClient(config());
    const changed = structuredClone(SHOP) as unknown as { Resources: { Errors: { Properties: PutMetricAlarmCommandInput } } };
    changed.Resources.Errors.Properties.Threshold = 5;
    const names = { StackName: "Shop", ChangeSetName: "calmer" };
    const TemplateBody = JSON.stringify(changed);
    await cfn.send(new CreateChangeSetCommand({ ...names, TemplateBody, Capabilities: ["CAPABILITY_IAM"] }));
    await waitUntilChangeSetCreateComplete({ client: cfn, maxWaitTime: 30, minDelay: 1 }, names);
    const page = await open("/stacks/Shop");
    await page.getByRole("region", { name: "Graph: Shop" }).getByRole("button", { name: "AWS::Lambda::Alias Alias" }).click();
    await page.getByText("Function, Version").waitFor();
    await page.getByRole("tab", { name: "Change sets" }).click();
    const diff = page.getByRole("region", { name: "Modify Errors" });
    await diff.getByText("Threshold").waitFor();
    expect([await diff.locator("del").textContent(), await diff.locator("ins").textContent()]).toEqual(["1", "5"]);
    await page.getByRole("button", { name: "Execute" }).click();
    await page.getByText("There is no change set").waitFor();
    await waitUntilStackUpdateComplete({ client: cfn, maxWaitTime: 30, minDelay: 1 }, { StackName: "Shop" });
    const { Dimensions: _, ...alarmed } = { ...changed.Resources.Errors.Properties, AlarmName: alarm, Threshold: 7 };
    await new CloudWatchClient(config()).send(new PutMetricAlarmCommand(alarmed));
    await page.getByRole("tab", { name: "Drift" }).click();
    await page.getByRole("button", { name: "Detect drift" }).click();
    const row = page.getByRole("row", { name: "Errors" });
    await row.getByText("MODIFIED").waitFor();
    expect(await row.locator("ins").allTextContents()).toContain("7");
    await page.context().close();
  });

  test("draws why as a graph, from the first cause to what is asked about", async () => {
    const page = await open("/");
    await page
      .getByRole("button", { name: `Why? ${deploymentId}` })
      .first()
      .click();
    await page.getByRole("link", { name: "The causes as a graph" }).click();
    const graph = page.getByRole("region", { name: "The causes as a graph" });
    await graph.getByRole("button", { name: alarm }).click();
    await page.getByText("CloudWatch Alarm State Change ALARM").waitFor();
    await page.getByRole("button", { name: "All steps" }).click();
    await page.context().close();
  });

  test("draws any dashboard, with its variables, and tells what is wrong with a changed one", async () => {
    const cloudwatch = new CloudWatchClient(config());
    const Dimensions = [{ Name: "Shop", Value: "north" }];
    await cloudwatch.send(
      new PutMetricDataCommand({ Namespace: "Shops", MetricData: [{ MetricName: "Sales", Dimensions, Value: 42, Timestamp: new Date() }] }),
    );
    const metric = (properties: object) => ({
      type: "metric",
      width: 8,
      properties: { region: "us-east-1", stat: "Sum", metrics: [["Shops", "Sales", "Shop", "south"]], ...properties },
    });
    const shop = { id: "shop", type: "property", property: "Shop", inputType: "select", label: "Which shop" };
    const DashboardBody = JSON.stringify({
      variables: [{ ...shop, values: [{ value: "north" }, { value: "south" }] }],
      widgets: [
        { type: "text", width: 8, properties: { markdown: "# Shops\n\n| a | b |\n|---|---|\n| [go](https://example.com) | <b>2</b> |" } },
        { type: "alarm", width: 8, properties: { title: "Alarms", alarms: [`arn:aws:cloudwatch:us-east-1:000000000000:alarm:${alarm}`] } },
        metric({ title: "Over time" }),
        metric({ title: "Now", view: "singleValue", sparkline: true }),
        metric({ title: "Gauge", view: "gauge", yAxis: { left: { min: 0, max: 100 } } }),
        metric({ title: "Parts", view: "pie" }),
      ],
    });
    await cloudwatch.send(new PutDashboardCommand({ DashboardName: "shops", DashboardBody }));
    const page = await open("/dashboards");
    await page.getByRole("link", { name: "shops" }).click();
    await page.getByRole("heading", { name: "Shops", exact: true }).waitFor();
    await page.getByRole("link", { name: alarm }).waitFor();
    await page.getByRole("region", { name: "Now" }).getByText("No data point in this time.").waitFor();
    await page.getByLabel("Which shop").click();
    await page.getByRole("option", { name: "north" }).click();
    await page.getByRole("region", { name: "Now" }).getByText("42").waitFor();
    await page.getByRole("img", { name: "Sales: 42" }).waitFor();
    await page.getByRole("button", { name: "Source" }).click();
    await page.getByRole("textbox", { name: "Source" }).fill('{"widgets":[{"type":"map","properties":{}}]}');
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Should be equal to one of the allowed values").waitFor();
    await page.context().close();
  });

  const paths = () => [
    "/",
    "/pipelines",
    "/pipelines/shop",
    "/deployments",
    `/deployments/${deploymentId}`,
    "/stacks",
    "/stacks/Shop",
    `/why/${deploymentId}`,
    "/timeline",
  ];
  const more = () => [
    "/alarms",
    `/alarms/${encodeURIComponent(alarm)}`,
    "/traces",
    trace,
    "/map",
    "/slos",
    "/dashboards",
    "/dashboards/shops",
    "/logs",
    "/functions",
    "/signals",
    "/metrics",
    "/functions/till",
    "/resources/buckets/artifacts",
    "/resources/tables/orders",
    api,
    "/audit",
  ];

  // documented: https://www.w3.org/TR/WCAG22/
  test.each(["light", "dark"] as const)("has no violation of WCAG's levels A and AA, in %s", async (colorScheme) => {
    for (const path of [...paths(), ...more()]) {
      const page = await open(path, { colorScheme });
      await page.waitForLoadState("load");
      const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).analyze();
      const told = violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${path} ${id}: ${html.slice(0, 160)}`));
      expect(told).toEqual([]);
      await page.context().close();
    }
  });
});
