import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import {
  BatchGetTracesCommand,
  CreateSamplingRuleCommand,
  GetSamplingStatisticSummariesCommand,
  GetTraceSummariesCommand,
  XRayClient,
} from "@aws-sdk/client-xray";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";
import { tracingOf } from "../../aws/tracing.ts";

const run = promisify(execFile);
let cloud: TestCloud;
let xray: XRayClient;
let daemon: string;
beforeAll(async () => {
  // Its time is long past: programs' own times must be moved to it.
  cloud = await startCloud({ xrayPort: 0, clockStart: Date.UTC(2026, 0, 2, 3, 4, 5) });
  xray = new XRayClient(cloud.clientConfig);
  daemon = tracingOf(cloud.cloud).daemon ?? "";
});
afterAll(() => cloud.stop());

/** Until a trace of this name has come; datagrams have no answer. */
async function arrived(name: string) {
  for (;;) {
    const now = cloud.cloud.clock.now();
    const { TraceSummaries = [] } = await xray.send(
      new GetTraceSummariesCommand({
        StartTime: new Date(now - 600_000),
        EndTime: new Date(now + 600_000),
        FilterExpression: `service("${name}")`,
      }),
    );
    if (TraceSummaries[0] !== undefined) return TraceSummaries[0];
  }
}

// documented: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon
test("a document after the header arrives, at the cloud's time", async () => {
  const now = Date.now() / 1_000;
  const document = {
    trace_id: `1-${Math.floor(now).toString(16)}-${"a".repeat(24)}`,
    id: "6226467e3f845502",
    name: "raw",
    start_time: now,
    end_time: now + 0.5,
  };
  const socket = createSocket("udp4");
  const [host = "", port = ""] = daemon.split(":");
  for (const text of ["no header", `{"format": "json", "version": 1}\n${JSON.stringify(document)}`]) {
    await new Promise((done) => socket.send(text, Number(port), host, done));
  }
  socket.close();
  const summary = await arrived("raw");
  expect(summary).toMatchObject({ Id: document.trace_id, Duration: 0.5 });
  expect(Math.abs((summary.StartTime?.getTime() ?? 0) - cloud.cloud.clock.now())).toBeLessThan(60_000);
});

const NODE_PROGRAM = `
import { createRequire } from "node:module";
const require = createRequire(process.argv[1]);
const AWSXRay = require("aws-xray-sdk-core");
const segment = new AWSXRay.Segment("node-program");
segment.addAnnotation("player", "p1");
const sub = segment.addNewSubsegment("work");
sub.close();
segment.close();
setTimeout(() => process.exit(0), 300);
`;

// recorded: the SDK's own protocol
test("the X-Ray SDK for Node.js, unmodified, sends to it", async () => {
  await run(process.execPath, ["--input-type=module", "-e", NODE_PROGRAM, import.meta.filename], {
    env: { ...cloud.env, AWS_XRAY_DAEMON_ADDRESS: daemon },
    cwd: process.cwd(),
  });
  const { Id = "", Annotations } = await arrived("node-program");
  expect(Annotations?.["player"]?.[0]?.AnnotationValue).toEqual({ StringValue: "p1" });
  const { Traces } = await xray.send(new BatchGetTracesCommand({ TraceIds: [Id] }));
  expect(JSON.parse(Traces?.[0]?.Segments?.[0]?.Document ?? "")).toMatchObject({
    subsegments: [{ name: "work" }],
    aws: { xray: { sdk: "X-Ray for Node.js" } },
  });
});

const PYTHON = "/usr/bin/python3";
const hasSdk = existsSync("/usr/lib/python3/dist-packages/aws_xray_sdk");
const PYTHON_PROGRAM = `
from aws_xray_sdk.core import xray_recorder
xray_recorder.configure(service="python-program", context_missing="RUNTIME_ERROR")
segment = xray_recorder.begin_segment("python-program")
segment.put_annotation("player", "p2")
xray_recorder.begin_subsegment("## work")
xray_recorder.end_subsegment()
xray_recorder.end_segment()
`;

// recorded: the SDK's own protocol. Needs Debian's python3-aws-xray-sdk.
test.skipIf(!hasSdk)("the X-Ray SDK for Python, unmodified, sends to it", async () => {
  await run(PYTHON, ["-c", PYTHON_PROGRAM], { env: { ...cloud.env, AWS_XRAY_DAEMON_ADDRESS: daemon } });
  const { Annotations } = await arrived("python-program");
  expect(Annotations?.["player"]?.[0]?.AnnotationValue).toEqual({ StringValue: "p2" });
});

const ask = async (path: string, body: object): Promise<unknown> =>
  (await fetch(`http://${daemon}${path}`, { method: "POST", body: JSON.stringify(body) })).json();

// documented: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sampling.html
test("SDKs get rules and targets over TCP of the same port, unsigned", async () => {
  const any = { ServiceType: "*", Host: "*", HTTPMethod: "*", URLPath: "*", ResourceARN: "*", Version: 1 };
  const SamplingRule = { RuleName: "shop", ServiceName: "shop", Priority: 1, FixedRate: 0.5, ReservoirSize: 10, ...any };
  await xray.send(new CreateSamplingRuleCommand({ SamplingRule }));
  const { SamplingRuleRecords } = (await ask("/GetSamplingRules", {})) as { SamplingRuleRecords: object[] };
  expect(SamplingRuleRecords).toMatchObject([
    { SamplingRule: { RuleName: "shop", FixedRate: 0.5 } },
    { SamplingRule: { RuleName: "Default" } },
  ]);
  const document = (ClientID: string, RuleName = "shop") => ({
    RuleName,
    ClientID,
    Timestamp: Date.now() / 1_000,
    RequestCount: 110,
    SampledCount: 20,
    BorrowCount: 10,
  });
  await ask("/SamplingTargets", { SamplingStatisticsDocuments: [document("A".repeat(24))] });
  const targets = await ask("/SamplingTargets", {
    SamplingStatisticsDocuments: [document("B".repeat(24)), document("B".repeat(24), "gone")],
  });
  expect(targets).toMatchObject({
    SamplingTargetDocuments: [{ RuleName: "shop", FixedRate: 0.5, ReservoirQuota: 5, Interval: 10, ReservoirQuotaTTL: expect.any(Number) }],
    UnprocessedStatistics: [{ RuleName: "gone" }],
  });
  const { SamplingStatisticSummaries } = await xray.send(new GetSamplingStatisticSummariesCommand({}));
  expect(SamplingStatisticSummaries).toMatchObject([{ RuleName: "shop", RequestCount: 220, SampledCount: 40, BorrowCount: 20 }]);
});
