import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { git as gitOf, withKeys as keysIn } from "../support/git.ts";
import { aws, has, type Server, startServer } from "../support/server.ts";

const isThere = has("git", "--version") && has("aws", "--version");

let server: Server;
let url = "";

const git = (cwd: string, ...args: string[]) => gitOf(server, cwd, ...args);
const withKeys = (user: string, password: string) => keysIn(url, user, password);

async function events(): Promise<{ detail: Record<string, unknown> }[]> {
  const answer = await fetch(`${server.endpoint}/_orrery/timeline?type=${encodeURIComponent("CodeCommit Repository State Change")}`);
  return ((await answer.json()) as { events: { detail: Record<string, unknown> }[] }).events;
}

describe.skipIf(!isThere)("git over HTTP (needs git and the AWS CLI)", () => {
  let work = "";

  beforeAll(async () => {
    server = await startServer();
    const made = await aws(server, "codecommit", "create-repository", "--repository-name", "demo");
    url = (made["repositoryMetadata"] as { cloneUrlHttp: string }).cloneUrlHttp;
    work = join(server.dataDir, "work");
    mkdirSync(work);
    await git(work, "init", "--quiet", "--initial-branch=main");
    writeFileSync(join(work, "a.txt"), "a\n");
    await git(work, "add", ".");
    await git(work, "commit", "--quiet", "-m", "First");
  });
  afterAll(() => server.stop());

  it("pushes and clones with the AWS CLI's credential helper", async () => {
    // documented: https://docs.aws.amazon.com/codecommit/latest/userguide/setting-up-https-unixes.html
    const named = `http://git-codecommit.us-east-1.amazonaws.com.localhost:${server.port}/v1/repos/demo`;
    const helper = ["-c", "credential.helper=!aws codecommit credential-helper $@", "-c", "credential.UseHttpPath=true"];
    expect(await git(work, ...helper, "push", named, "main")).toMatchObject({ code: 0 });
    // The helper refuses hosts that are not AWS's, unless it is told not to look.
    const any = "credential.helper=!f() { test $1 != get || aws codecommit credential-helper get --ignore-host-check; }; f";
    const cloned = await git(server.dataDir, "-c", any, "-c", "credential.UseHttpPath=true", "clone", url, "clone");
    expect(cloned).toMatchObject({ code: 0 });
    expect(readFileSync(join(server.dataDir, "clone/a.txt"), "utf8")).toBe("a\n");
  });

  it("takes a service-specific credential of an IAM user, and no wrong one", async () => {
    // documented: https://docs.aws.amazon.com/codecommit/latest/userguide/setting-up-gc.html
    await aws(server, "iam", "create-user", "--user-name", "grace");
    const made = await aws(
      server,
      "iam",
      "create-service-specific-credential",
      "--user-name",
      "grace",
      "--service-name",
      "codecommit.amazonaws.com",
    );
    const { ServiceUserName, ServicePassword } = made["ServiceSpecificCredential"] as { ServiceUserName: string; ServicePassword: string };
    expect(await git(work, "ls-remote", withKeys(ServiceUserName, ServicePassword))).toMatchObject({ code: 0 });
    const refused = await git(work, "ls-remote", withKeys(ServiceUserName, "wrong"));
    expect(refused.code).not.toBe(0);
    expect(refused.out).toContain("403");
  });

  it("tells of tags, forced pushes and deleted branches, and clones a part of the history", async () => {
    // documented: https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html
    const remote = withKeys("test", "test");
    await git(work, "tag", "-a", "v1", "-m", "one");
    await git(work, "push", remote, "v1", "main:refs/heads/gone");
    await git(work, "commit", "--quiet", "--amend", "-m", "Another first");
    expect((await git(work, "push", remote, "main")).code).not.toBe(0);
    expect(await git(work, "push", "--force", remote, "main", ":gone")).toMatchObject({ code: 0 });
    const told = (await events()).map(({ detail }) => `${String(detail["event"])} ${String(detail["referenceFullName"])}`);
    for (const expected of ["referenceCreated refs/tags/v1", "referenceUpdated refs/heads/main", "referenceDeleted refs/heads/gone"]) {
      expect(told).toContain(expected);
    }
    expect(await git(server.dataDir, "clone", "--depth", "1", remote, "shallow")).toMatchObject({ code: 0 });
    expect((await git(join(server.dataDir, "shallow"), "rev-list", "--count", "HEAD")).out.trim()).toBe("1");
  });

  it("says that Git LFS is not there", async () => {
    // documented: https://docs.aws.amazon.com/codecommit/latest/userguide/limits.html
    const answer = await fetch(`${url}/info/lfs/objects/batch`, { method: "POST", body: "{}" });
    expect(answer.status).toBe(501);
    expect(await answer.text()).toContain("Git LFS is not supported");
  });

  it("tells after a restart what a killed server had in its repository and had not told", async () => {
    // assumed: what git has stored is told exactly once
    await server.kill();
    const bare = join(server.dataDir, "repositories/codecommit/000000000000/us-east-1/demo.git");
    await git(bare, "update-ref", "refs/heads/untold", "refs/heads/main");
    await server.restart();
    await server.kill();
    await server.restart();
    const told = (await events()).filter(({ detail }) => detail["referenceName"] === "untold");
    expect(told).toHaveLength(1);
    expect((await aws(server, "codecommit", "get-branch", "--repository-name", "demo", "--branch-name", "untold"))["branch"]).toBeDefined();
  });
});
