import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { aws, has, type Server, startServer } from "../support/server.ts";
import { SHOP } from "../support/shop.ts";

/** What runs is looked at by the AWS CLI alone: https://docs.aws.amazon.com/cli/latest/reference/ */
let server: Server;
let name = "";
const REQUESTS = 6;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const run = <T = Record<string, unknown>>(...args: string[]): Promise<T> => aws(server, ...args) as Promise<T>;

/** Since when and until when, as the CLI takes times. */
function lastHour(): { readonly from: string; readonly to: string } {
  const now = Math.floor(Date.now() / 1_000);
  return { from: String(now - 3_600), to: String(now + 60) };
}

async function deployAndUse(): Promise<void> {
  const template = structuredClone(SHOP) as { Resources: { Function: { Properties: Record<string, unknown> } } };
  const properties = template.Resources.Function.Properties;
  properties["TracingConfig"] = { Mode: "Active" };
  properties["Code"] = {
    ZipFile:
      "let n = 0; exports.handler = async () => { const fails = n++ % 3 === 2; console.log(JSON.stringify({ level: fails ? 'ERROR' : 'INFO', n })); if (fails) throw new Error('third'); return 'ok'; };",
  };
  await run(
    "cloudformation",
    "create-stack",
    "--stack-name",
    "Shop",
    "--capabilities",
    "CAPABILITY_IAM",
    "--template-body",
    JSON.stringify(template),
  );
  await run("cloudformation", "wait", "stack-create-complete", "--stack-name", "Shop");
  // Without the sampling of one request a second and 5 % of the others.
  const rule = {
    RuleName: "all",
    Priority: 1,
    FixedRate: 1,
    ReservoirSize: 100,
    ServiceName: "*",
    ServiceType: "*",
    Host: "*",
    HTTPMethod: "*",
    URLPath: "*",
    ResourceARN: "*",
    Version: 1,
  };
  await run("xray", "create-sampling-rule", "--sampling-rule", JSON.stringify(rule));
  const { Stacks } = await run<{ Stacks: { Outputs: { OutputKey: string; OutputValue: string }[] }[] }>(
    "cloudformation",
    "describe-stacks",
  );
  const output = (key: string) => Stacks[0]?.Outputs.find(({ OutputKey }) => OutputKey === key)?.OutputValue ?? "";
  name = output("Name");
  const url = `${server.endpoint}/_lambda-url/${new URL(output("Url")).hostname.split(".")[0]}/`;
  for (let i = 0; i < REQUESTS; i++) await (await fetch(url)).text();
}

describe.skipIf(!has("aws", "--version"))("the AWS CLI sees what runs", () => {
  beforeAll(deployAndUse);

  test("aws xray get-service-graph, get-trace-summaries, batch-get-traces", async () => {
    const { from, to } = lastHour();
    const range = ["--start-time", from, "--end-time", to];
    const { Services } = await run<{ Services: { Name: string; Type?: string; SummaryStatistics?: object }[] }>(
      "xray",
      "get-service-graph",
      ...range,
    );
    const ofFunction = Services.find(({ Name, Type }) => Name === name && Type === "AWS::Lambda::Function");
    expect(ofFunction?.SummaryStatistics).toMatchObject({ OkCount: 4, TotalCount: REQUESTS, FaultStatistics: { TotalCount: 2 } });
    const failed = ["--filter-expression", `service("${name}") { fault = true }`];
    const { TraceSummaries } = await run<{ TraceSummaries: { Id: string }[] }>("xray", "get-trace-summaries", ...range, ...failed);
    expect(TraceSummaries).toHaveLength(2);
    const { Traces } = await run<{ Traces: { Segments: { Document: string }[] }[] }>(
      "xray",
      "batch-get-traces",
      "--trace-ids",
      TraceSummaries[0]?.Id ?? "",
    );
    expect(Traces[0]?.Segments.map(({ Document }) => Document).join()).toContain('"message":"third"');
  });

  test("aws logs start-query, until it is Complete", async () => {
    const { from, to } = lastHour();
    const query = "filter ispresent(level) | stats count() as n by level | sort n desc";
    const group = ["--log-group-name", `/aws/lambda/${name}`];
    const { queryId } = await run<{ queryId: string }>(
      "logs",
      "start-query",
      ...group,
      "--start-time",
      from,
      "--end-time",
      to,
      "--query-string",
      query,
    );
    const answer = () => run<{ status: string; results: object }>("logs", "get-query-results", "--query-id", queryId);
    await expect.poll(async () => (await answer()).status, { timeout: 20_000 }).toBe("Complete");
    const field = (key: string, value: string) => ({ field: key, value });
    expect((await answer()).results).toEqual([
      [field("level", "INFO"), field("n", "4")],
      [field("level", "ERROR"), field("n", "2")],
    ]);
  });

  test("aws logs start-live-tail shows what is written from then on", async () => {
    const arn = `arn:aws:logs:us-east-1:000000000000:log-group:/tailed`;
    await run("logs", "create-log-group", "--log-group-name", "/tailed");
    await run("logs", "create-log-stream", "--log-group-name", "/tailed", "--log-stream-name", "s");
    const args = ["--endpoint-url", server.endpoint, "logs", "start-live-tail", "--log-group-identifiers", arn];
    const tail = spawn("aws", args, { env: { ...server.env, PYTHONUNBUFFERED: "1" }, stdio: ["ignore", "pipe", "inherit"] });
    const lines = createInterface({ input: tail.stdout })[Symbol.asyncIterator]();
    const first = lines.next();
    let seen = false;
    void first.then(() => {
      seen = true;
    });
    // Nobody tells when a tail has begun: it shows nothing of what was before.
    for (let n = 0; !seen; n++) {
      const event = `timestamp=${Date.now()},message=line-${n}`;
      await run("logs", "put-log-events", "--log-group-name", "/tailed", "--log-stream-name", "s", "--log-events", event);
    }
    expect((await first).value).toMatch(/^line-\d+$/);
    tail.kill();
  });

  test("aws cloudwatch get-metric-widget-image is a picture", async () => {
    const widget = {
      width: 400,
      height: 200,
      start: "-PT1H",
      metrics: [["AWS/Lambda", "Invocations", "FunctionName", name, { stat: "Sum" }]],
    };
    const { MetricWidgetImage } = await run<{ MetricWidgetImage: string }>(
      "cloudwatch",
      "get-metric-widget-image",
      "--metric-widget",
      JSON.stringify(widget),
    );
    const png = Buffer.from(MetricWidgetImage, "base64");
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([400, 200]);
  });
});
