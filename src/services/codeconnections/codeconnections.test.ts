import {
  CodeStarConnectionsClient,
  CreateConnectionCommand,
  CreateHostCommand,
  DeleteHostCommand,
  GetConnectionCommand,
} from "@aws-sdk/client-codestar-connections";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";
import { connectionRepository, repositoryPath, resolveRef } from "../../runtime/git/index.ts";

let cloud: TestCloud;
let client: CodeStarConnectionsClient;

const local = async (path: string, body: object) =>
  (await fetch(`${cloud.endpoint}/_orrery/connections/${path}`, { method: "POST", body: JSON.stringify(body) })).json();

beforeAll(async () => {
  cloud = await startCloud();
  client = new CodeStarConnectionsClient(cloud.clientConfig);
});
afterAll(() => cloud.stop());

describe("CodeConnections", () => {
  it("makes connections that wait for their handshake, and knows them under both names", async () => {
    // documented: https://docs.aws.amazon.com/codeconnections/latest/APIReference/API_CreateConnection.html
    const { ConnectionArn } = await client.send(new CreateConnectionCommand({ ConnectionName: "one", ProviderType: "GitHub" }));
    expect(ConnectionArn).toMatch(/^arn:aws:codestar-connections:us-east-1:000000000000:connection\//);
    const status = async () => (await client.send(new GetConnectionCommand({ ConnectionArn }))).Connection?.ConnectionStatus;
    expect(await status()).toBe("PENDING");
    await local("complete", { ConnectionArn });
    expect(await status()).toBe("AVAILABLE");
    expect((await cloud.ctx.call("codeconnections", "GetConnection", { ConnectionArn })).Connection?.ConnectionName).toBe("one");
  });

  it("fetches a host's repositories from its folder, and tells what is new there when it is asked to look", async () => {
    // assumed: which folder a repository is in is Orrery's own
    await cloud.ctx.call("codecommit", "CreateRepository", { repositoryName: "shop" });
    const content = { filePath: "src/a.txt", fileContent: Buffer.from("a"), commitMessage: "First", name: "Ada" };
    const { commitId } = await cloud.ctx.call("codecommit", "PutFile", { repositoryName: "shop", branchName: "main", ...content });
    const ProviderEndpoint = repositoryPath(cloud.dataDir, "000000000000", "us-east-1", "shop").replace("/shop.git", "");
    const host = { Name: "own", ProviderType: "GitLabSelfManaged", ProviderEndpoint } as const;
    const { HostArn } = await client.send(new CreateHostCommand(host));
    const { ConnectionArn } = await client.send(new CreateConnectionCommand({ ConnectionName: "two", HostArn }));
    await local("complete", { ConnectionArn });
    await local("notify", { ConnectionArn, FullRepositoryId: "acme/shop" });
    const pushes = cloud.cloud.timeline.read({ type: "Repository pushed" });
    expect(pushes.map(({ resources }) => resources)).toEqual([[ConnectionArn]]);
    expect(pushes[0]?.detail).toMatchObject({
      fullRepositoryId: "acme/shop",
      referenceName: "main",
      commitId,
      changedPaths: ["src/a.txt"],
    });
    const source = { dataDir: cloud.dataDir, providerEndpoint: ProviderEndpoint, fullRepositoryId: "acme/shop" };
    expect(await resolveRef(await connectionRepository(source), "main")).toBe(commitId);
    await expect(connectionRepository({ ...source, fullRepositoryId: "acme/none" })).rejects.toThrow("not found");
    await expect(client.send(new DeleteHostCommand({ HostArn }))).rejects.toMatchObject({ name: "ResourceUnavailableException" });
  });
});
