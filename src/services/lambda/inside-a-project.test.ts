import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateFunctionCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";
import { writeZip } from "../../runtime/processes/zip.ts";

/** The default data folder lies in the user's project, whose package.json and packages are none of a function's business. */
let project: string;
let cloud: TestCloud;
beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), "orrery-project-"));
  writeFileSync(join(project, "package.json"), '{"type":"module"}');
  mkdirSync(join(project, "node_modules/left-over"), { recursive: true });
  writeFileSync(join(project, "node_modules/left-over/index.js"), "module.exports = 1;");
  writeFileSync(join(project, "node_modules/left-over/package.json"), '{"type":"commonjs"}');
  cloud = await startCloud({ dataDir: join(project, ".orrery"), clockMode: { mode: "real" } });
});
afterAll(async () => {
  await cloud.stop();
  rmSync(project, { recursive: true, force: true });
});

async function answerOf(name: string, files: Record<string, string>): Promise<unknown> {
  const trust = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
  };
  const role = await new IAMClient(cloud.clientConfig).send(
    new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust) }),
  );
  const lambda = new LambdaClient({ ...cloud.clientConfig, maxAttempts: 5 });
  const code = { ZipFile: writeZip(files) };
  await lambda.send(
    new CreateFunctionCommand({ FunctionName: name, Runtime: "nodejs22.x", Handler: "index.handler", Role: role.Role?.Arn, Code: code }),
  );
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: name }));
  return JSON.parse(Buffer.from(Payload ?? []).toString("utf8"));
}

// documented: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html (a .js file is CommonJS unless its package says otherwise)
test("a .js file is CommonJS, whatever the project around it says", async () => {
  expect(await answerOf("commonjs", { "index.js": "module.exports.handler = async () => 'ran';" })).toBe("ran");
});

test("a package that is not in the archive is not there, though the project around has it", async () => {
  const require = "module.exports.handler = async () => { try { return require('left-over'); } catch (error) { return error.code; } };";
  expect(await answerOf("require", { "index.js": require })).toBe("MODULE_NOT_FOUND");
  const imports = "export const handler = async () => import('left-over').then((m) => m.default, (error) => error.code);";
  expect(await answerOf("import", { "index.mjs": imports })).toBe("ERR_MODULE_NOT_FOUND");
});

test("the SDK that the runtime brings is there, for require and for import", async () => {
  const require = "module.exports.handler = async () => typeof require('@aws-sdk/client-s3').S3Client;";
  expect(await answerOf("sdk-require", { "index.js": require })).toBe("function");
  const imports =
    "import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'; export const handler = async () => typeof DynamoDBDocumentClient;";
  expect(await answerOf("sdk-import", { "index.mjs": imports })).toBe("function");
});
