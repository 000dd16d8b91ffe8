import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
  waitUntilStackCreateComplete,
} from "@aws-sdk/client-cloudformation";
import { GetAliasCommand, LambdaClient, ListVersionsByFunctionCommand } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { client, type Ran, ROOT, type Server, startServer } from "../support/server.ts";
import { SHOP } from "../support/shop.ts";

/** Drills by the command, on a copy of a running cloud. */
const DRILL = `
name: errors are rolled back
deploy: { stack: Shop }
load: { url: "\${Shop.Url}", rate: 1 }
faults: [{ version: new, at: 1m, percent: 50, error: Boom }]
settle: 3m
expect:
  - { deployment: rolled back, within: 6m }
  - { failedRequests: 5% }
  - { alias: previous }
  - { alarm: Shop/Errors, state: OK }
`;

let server: Server;
let folder: string;
beforeAll(async () => {
  server = await startServer();
  folder = mkdtempSync(join(tmpdir(), "orrery-drills-"));
  const cfn = new CloudFormationClient(config());
  await cfn.send(new CreateStackCommand({ StackName: "Shop", TemplateBody: JSON.stringify(SHOP), Capabilities: ["CAPABILITY_IAM"] }));
  await waitUntilStackCreateComplete({ client: cfn, maxWaitTime: 30, minDelay: 1 }, { StackName: "Shop" });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const config = () => ({ endpoint: server.endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } });

async function stack() {
  const { Stacks = [] } = await new CloudFormationClient(config()).send(new DescribeStacksCommand({ StackName: "Shop" }));
  return Stacks[0] ?? { StackStatus: undefined, Outputs: undefined };
}

function drill(text: string, ...more: string[]): Promise<Ran> {
  const file = join(folder, "drill.yaml");
  writeFileSync(file, text);
  return client(
    server,
    process.execPath,
    [join(ROOT, "dist/orrery.mjs"), "drill", "run", file, "--port", String(server.port), ...more],
    {},
  );
}

describe("a drill", () => {
  test("finds that a bad version is rolled back, and comes to the same end again", async () => {
    const junit = join(folder, "drill.xml");
    const first = await drill(DRILL, "--json", "--junit", junit);
    expect(first.code).toBe(0);
    const result = JSON.parse(first.out) as { isMet: boolean; took: number; load: { requests: number; failed: number; versions: object } };
    expect(result.isMet).toBe(true);
    expect(result.load.failed).toBeGreaterThan(0);
    expect(readFileSync(junit, "utf8")).toContain('<testsuite name="errors are rolled back" tests="4" failures="0"');
    const again = JSON.parse((await drill(DRILL, "--json")).out) as typeof result;
    const end = ({ took, load }: typeof result) => ({ took, requests: load.requests, failed: load.failed });
    expect(end(again)).toEqual(end(result));
  });

  test("leaves the cloud as it was", async () => {
    const name = (await stack()).Outputs?.find(({ OutputKey }) => OutputKey === "Name")?.OutputValue;
    const lambda = new LambdaClient(config());
    const { Versions = [] } = await lambda.send(new ListVersionsByFunctionCommand({ FunctionName: name }));
    expect(Versions.map(({ Version }) => Version)).toEqual(["$LATEST", "1"]);
    expect((await lambda.send(new GetAliasCommand({ FunctionName: name, Name: "live" }))).FunctionVersion).toBe("1");
  });

  test("says what is broken, and fails", async () => {
    const { code, out } = await drill(DRILL.replace("failedRequests: 5%", "failedRequests: 0%"));
    expect(code).toBe(1);
    expect(stripVTControlCharacters(out)).toMatch(/broken {2}at most 0 % of requests failed {2}\d+ of \d+/);
    expect(out).toContain("traffic shifted");
    expect((await drill("expect: []")).out).toContain("a drill that expects nothing cannot fail");
  });
});
