import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import {
  DeleteSourceCredentialsCommand,
  ImportSourceCredentialsCommand,
  type ImportSourceCredentialsCommandInput,
  ListSourceCredentialsCommand,
} from "@aws-sdk/client-codebuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BuildTest, commands } from "../../../../test/support/codebuild.ts";
import { TestStack } from "../../../../test/support/stack.ts";

let test: BuildTest;
let host: Server;
let url = "";
/** What the host lets in. */
let wanted = "";
const stack = new TestStack(() => test.cloud);

beforeAll(async () => {
  test = await BuildTest.start();
  const root = join(test.cloud.cloud.dataDir, "host");
  const folder = join(root, "acme/shop");
  mkdirSync(folder, { recursive: true });
  const git = (...args: string[]) => execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], { cwd: folder });
  git("init", "--quiet", "--initial-branch=main", ".");
  writeFileSync(join(folder, "buildspec.yml"), commands("echo from the host"));
  git("add", ".");
  git("commit", "--quiet", "-m", "first");
  execFileSync("git", ["clone", "--quiet", "--bare", folder, join(root, "acme/shop.git")]);
  host = createServer((request, response) => serve(root, request, response));
  await new Promise<void>((resolve) => host.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(host.address() as AddressInfo).port}/acme/shop.git`;
});
afterAll(async () => {
  host.close();
  await test.stop();
});

/** A host that asks for a name and a password. */
function serve(root: string, request: IncomingMessage, response: ServerResponse): void {
  const given = Buffer.from((request.headers.authorization ?? "").replace("Basic ", ""), "base64").toString();
  if (given !== wanted) {
    response.writeHead(401, { "www-authenticate": "Basic" }).end();
    return;
  }
  const [path = "", query = ""] = (request.url ?? "").split("?");
  const backend = spawn("git", ["http-backend"], {
    env: {
      PATH: process.env["PATH"],
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: path,
      QUERY_STRING: query,
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
      REMOTE_USER: "t",
    },
  });
  request.pipe(backend.stdin);
  const chunks: Buffer[] = [];
  backend.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  backend.on("close", () => {
    const all = Buffer.concat(chunks);
    const end = all.indexOf("\r\n\r\n");
    for (const line of all.subarray(0, end).toString().split("\r\n"))
      response.setHeader(line.split(": ")[0] ?? "", line.split(": ")[1] ?? "");
    response.end(all.subarray(end + 4));
  });
}

const put = (input: Partial<ImportSourceCredentialsCommandInput>) =>
  test.client.send(
    new ImportSourceCredentialsCommand({ serverType: "GITHUB", authType: "PERSONAL_ACCESS_TOKEN", token: "secret-1", ...input }),
  );
const list = async () => (await test.client.send(new ListSourceCredentialsCommand({}))).sourceCredentialsInfos;

describe("source credentials", () => {
  // documented: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ImportSourceCredentials.html
  it("are one for each provider, and replaced unless told not to", async () => {
    const { arn } = await put({});
    expect(arn).toBe("arn:aws:codebuild:us-east-1:000000000000:token/github");
    expect((await put({ token: "secret-2" })).arn).toBe(arn);
    expect(await list()).toEqual([{ arn, serverType: "GITHUB", authType: "PERSONAL_ACCESS_TOKEN" }]);
    await expect(put({ shouldOverwrite: false })).rejects.toMatchObject({ name: "ResourceAlreadyExistsException" });
    expect((await test.client.send(new DeleteSourceCredentialsCommand({ arn }))).arn).toBe(arn);
    await expect(test.client.send(new DeleteSourceCredentialsCommand({ arn }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/access-tokens-bitbucket.html: BASIC_AUTH is Bitbucket's alone
  it("are of the kinds that their provider takes; OAUTH is the console's", async () => {
    const refused: Partial<ImportSourceCredentialsCommandInput>[] = [
      { authType: "OAUTH" },
      { authType: "BASIC_AUTH", username: "ada" },
      { authType: "BASIC_AUTH", serverType: "BITBUCKET" },
      { authType: "CODECONNECTIONS", token: "no ARN" },
      {
        authType: "CODECONNECTIONS",
        token: "arn:aws:codeconnections:us-east-1:000000000000:connection/00000000-0000-4000-8000-000000000000",
      },
      { authType: "SECRETS_MANAGER", token: "no ARN" },
    ];
    for (const input of refused) await expect(put(input)).rejects.toMatchObject({ name: "InvalidInputException" });
    expect(await list()).toEqual([]);
  });
});

describe("a repository that asks who comes", () => {
  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/access-tokens.html
  it("is opened by the imported credentials of its provider, or by the source's own secret", async () => {
    await test.project("hosted", "", { source: { type: "GITHUB", location: url }, sourceVersion: "main" });
    wanted = "x-access-token:secret-3";
    const closed = await test.run("hosted");
    expect(test.phase(closed, "DOWNLOAD_SOURCE")?.phaseStatus).toBe("FAILED");
    await put({ token: "secret-3" });
    const open = await test.run("hosted");
    expect(await test.log(open)).toContain("from the host");
    await test.cloud.ctx.call("secrets-manager", "CreateSecret", {
      Name: "git",
      SecretString: JSON.stringify({ ServerType: "BITBUCKET", AuthType: "BASIC_AUTH", Token: "word", Username: "ada" }),
    });
    const { ARN } = await test.cloud.ctx.call("secrets-manager", "DescribeSecret", { SecretId: "git" });
    wanted = "ada:word";
    const auth = { type: "SECRETS_MANAGER" as const, resource: ARN };
    expect((await test.run("hosted", { sourceAuthOverride: auth })).buildStatus).toBe("SUCCEEDED");
  });
});

// documented: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_SourceAuth.html
it("a source's auth names its connection or secret", async () => {
  const source = { type: "GITHUB" as const, location: url, auth: { type: "CODECONNECTIONS" as const } };
  await expect(test.project("nameless", "", { source })).rejects.toMatchObject({ name: "InvalidInputException" });
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codebuild-sourcecredential.html
it("AWS::CodeBuild::SourceCredential imports, changes and deletes them", async () => {
  const resource = (Token: string) => ({
    C: {
      Type: "AWS::CodeBuild::SourceCredential",
      Properties: { ServerType: "BITBUCKET", AuthType: "BASIC_AUTH", Username: "ada", Token },
    },
  });
  const arn = "arn:aws:codebuild:us-east-1:000000000000:token/bitbucket";
  expect(await stack.deploy("CreateStack", resource("a"), { Arn: { Ref: "C" } })).toEqual({ Arn: arn });
  await stack.deploy("UpdateStack", resource("b"), { Arn: { Ref: "C" } });
  expect((await list())?.map(({ serverType }) => serverType)).toContain("BITBUCKET");
  await stack.destroy();
  expect((await list())?.map(({ serverType }) => serverType)).not.toContain("BITBUCKET");
});
