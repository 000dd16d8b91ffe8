import { InvalidateProjectCacheCommand } from "@aws-sdk/client-codebuild";
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BuildTest } from "../../../test/support/codebuild.ts";
import { readZip, writeZip } from "../../runtime/processes/zip.ts";

let test: BuildTest;
beforeAll(async () => {
  test = await BuildTest.start();
  await test.s3.send(new CreateBucketCommand({ Bucket: "store" }));
});
afterAll(() => test.stop());

const put = (Key: string, Body: Uint8Array | string) => test.s3.send(new PutObjectCommand({ Bucket: "store", Key, Body }));

async function get(Key: string): Promise<Buffer> {
  const { Body } = await test.s3.send(new GetObjectCommand({ Bucket: "store", Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

async function keys(Prefix: string): Promise<string[]> {
  const { Contents = [] } = await test.s3.send(new ListObjectsV2Command({ Bucket: "store", Prefix }));
  return Contents.map(({ Key = "" }) => Key);
}

const spec = (more: object, ...list: string[]): string =>
  JSON.stringify({ version: 0.2, phases: { build: { commands: list } }, ...more }, null, 1);

describe("sources and artifacts", () => {
  // documented: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectSource.html and API_ProjectArtifacts.html
  it("come from a zip in S3 and go into one, with what the globs of the buildspec find", async () => {
    const buildspec = spec(
      { artifacts: { files: ["**/*"], "base-directory": "out", "exclude-paths": ["**/*.map"] } },
      "mkdir -p out/.deep",
      "cp in.txt out/a.txt",
      "touch out/a.map",
      "echo x > out/.deep/b.txt",
    );
    await put("in/source.zip", writeZip({ "in.txt": "from S3", "buildspec.yml": buildspec }));
    await test.project("zips", "", {
      source: { type: "S3", location: "store/in/source.zip" },
      artifacts: { type: "S3", location: "store", path: "out", name: "result.zip", packaging: "ZIP", namespaceType: "BUILD_ID" },
    });
    const build = await test.run("zips");
    expect(build.buildStatus).toBe("SUCCEEDED");
    const key = `out/${build.id?.split(":")[1]}/result.zip`;
    expect(build.artifacts).toMatchObject({ location: `arn:aws:s3:::store/${key}`, sha256sum: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const entries = readZip(await get(key));
    expect(entries.map(({ name }) => name)).toEqual([".deep/b.txt", "a.txt"]);
    expect(entries[1]?.read().toString()).toBe("from S3");
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html (artifacts/name, discard-paths, secondary-artifacts)
  it("are named by the shell, flattened, and several", async () => {
    const buildspec = spec(
      {
        artifacts: {
          files: ["a/*"],
          "discard-paths": "yes",
          name: "made-$(echo $KIND)-$CODEBUILD_BUILD_NUMBER",
          "secondary-artifacts": { two: { files: ["b.txt"] } },
        },
      },
      "export KIND=good",
      "mkdir a && echo 1 > a/x.txt && echo 2 > b.txt",
    );
    await test.project("named", buildspec, {
      artifacts: { type: "S3", location: "store", path: "named", packaging: "NONE", overrideArtifactName: true },
      secondaryArtifacts: [{ type: "S3", location: "store", path: "second", name: "two", artifactIdentifier: "two" }],
    });
    const build = await test.run("named");
    expect(test.phase(build, "UPLOAD_ARTIFACTS")).toMatchObject({ phaseStatus: "SUCCEEDED" });
    expect(await keys("named/")).toEqual(["named/made-good-1/x.txt"]);
    expect(await keys("second/")).toEqual(["second/two/b.txt"]);
  });

  // recorded: the context of builds on AWS whose artifacts are not there
  it("that are not there fail UPLOAD_ARTIFACTS", async () => {
    await test.project("empty", spec({ artifacts: { files: ["nothing/*"] } }, "true"), { artifacts: { type: "S3", location: "store" } });
    const build = await test.run("empty");
    expect(build.buildStatus).toBe("FAILED");
    expect(test.phase(build, "UPLOAD_ARTIFACTS")).toMatchObject({
      phaseStatus: "FAILED",
      contexts: [{ statusCode: "CLIENT_ERROR", message: "no matching artifact paths found" }],
    });
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/sample-multi-in-out.html
  it("may be several sources, each with a folder of its own", async () => {
    await put("in/lib.zip", writeZip({ "lib.txt": "library" }));
    await test.project("several", spec({}, "cat $CODEBUILD_SRC_DIR_lib/lib.txt"), {
      secondarySources: [{ type: "S3", location: "store/in/lib.zip", sourceIdentifier: "lib" }],
    });
    expect(await test.log(await test.run("several"))).toContain("library");
  });

  // assumed: as a pipeline starts builds, with the artifact as the source's version
  it("of a pipeline are its artifacts", async () => {
    await put("pipe/In/abc", writeZip({ "f.txt": "piped", "buildspec.yml": spec({ artifacts: { files: "f.txt" } }, "cat f.txt") }));
    await test.project("piped", "", { source: { type: "CODEPIPELINE" }, artifacts: { type: "CODEPIPELINE" } });
    const build = await test.run("piped", {
      sourceTypeOverride: "CODEPIPELINE",
      sourceVersion: "arn:aws:s3:::store/pipe/In/abc",
      artifactsOverride: { type: "CODEPIPELINE", location: "store", name: "pipe/Out/def", packaging: "ZIP" },
    });
    expect(build.buildStatus).toBe("SUCCEEDED");
    expect(readZip(await get("pipe/Out/def")).map(({ name }) => name)).toEqual(["f.txt"]);
  });
});

describe("a cache", () => {
  const work = "[ -f deps/made ] && echo found || { echo making; mkdir -p deps; date > deps/made; }";

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/caching-s3.html
  it("in S3 brings back what the build before left, by its key, until it is invalidated", async () => {
    const buildspec = spec({ cache: { key: "deps-$LOCK", "fallback-keys": ["deps-"], paths: ["deps/**/*"] } }, work);
    await test.project("cached", buildspec, { cache: { type: "S3", location: "store/cache" } });
    const lock = (value: string) => ({ environmentVariablesOverride: [{ name: "LOCK", value }] });
    expect(await test.log(await test.run("cached", lock("1")))).toContain("making");
    const second = await test.log(await test.run("cached", lock("1")));
    expect(second).toContain("found");
    expect(second).toContain("[Container] Cache restored from key deps-1");
    const third = await test.log(await test.run("cached", lock("2")));
    expect(third).toContain("found");
    expect(third).toContain("[Container] Cache restored from fallback key deps-");
    await test.client.send(new InvalidateProjectCacheCommand({ projectName: "cached" }));
    expect(await test.log(await test.run("cached", lock("1")))).toContain("making");
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/caching-local.html
  it("of the machine keeps folders, those of HOME too", async () => {
    const buildspec = spec(
      { cache: { paths: ["deps/**/*", "/root/.tool/**/*"] } },
      work,
      "[ -f ~/.tool/x ] && echo tool || { mkdir -p ~/.tool; touch ~/.tool/x; }",
    );
    await test.project("local", buildspec, { cache: { type: "LOCAL", modes: ["LOCAL_CUSTOM_CACHE"] } });
    expect(await test.log(await test.run("local"))).toContain("making");
    const log = await test.log(await test.run("local"));
    expect(log).toContain("found");
    expect(log).toContain("tool");
    // assumed: a build that fails leaves the folders of its machine as they are
    await test.run("local", { buildspecOverride: spec({ cache: { paths: ["deps/**/*"] } }, "exit 1") });
    expect(await test.log(await test.run("local"))).toContain("found");
  });
});

describe("logs", () => {
  // documented: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_S3LogsConfig.html
  it("go to S3 as well, where the project wants it", async () => {
    await test.project("logged", spec({}, "echo to both"), { logsConfig: { s3Logs: { status: "ENABLED", location: "store/logs" } } });
    const build = await test.run("logged");
    const { gunzipSync } = await import("node:zlib");
    const text = gunzipSync(await get(`logs/${build.id?.split(":")[1]}.gz`)).toString();
    expect(text).toContain("to both\n");
    expect(build.logs?.s3LogsArn).toBe(`arn:aws:s3:::store/logs/${build.id?.split(":")[1]}.gz`);
  });
});
