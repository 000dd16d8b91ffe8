import { BatchGetProjectsCommand, ListBuildsForProjectCommand, RetryBuildCommand, StopBuildCommand } from "@aws-sdk/client-codebuild";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BuildTest, commands } from "../../../test/support/codebuild.ts";

let test: BuildTest;
beforeAll(async () => {
  test = await BuildTest.start();
});
afterAll(() => test.stop());

const LINUX = { type: "LINUX_CONTAINER", image: "aws/codebuild/standard:7.0", computeType: "BUILD_GENERAL1_SMALL" } as const;

describe("a build", () => {
  // documented: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_BuildPhase.html
  it("goes through all phases and writes CodeBuild's lines", async () => {
    await test.project("hello", commands("echo hello $WHO", "export X=1", "echo x=$X"), {
      environment: { ...LINUX, environmentVariables: [{ name: "WHO", value: "world" }] },
    });
    const build = await test.run("hello");
    const log = await test.log(build);
    expect(build.buildStatus).toBe("SUCCEEDED");
    expect(build.phases?.map(({ phaseType }) => phaseType)).toEqual([
      ...["SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD"],
      ...["UPLOAD_ARTIFACTS", "FINALIZING", "COMPLETED"],
    ]);
    expect(log.slice(log.indexOf("[Container] Entering phase BUILD"))).toEqual([
      "[Container] Entering phase BUILD",
      "[Container] Running command echo hello $WHO",
      "hello world",
      "",
      "[Container] Running command export X=1",
      "[Container] Running command echo x=$X",
      "x=1",
      "",
      "[Container] Phase complete: BUILD State: SUCCEEDED",
      "[Container] Phase context status code:  Message:",
      "[Container] Phase complete: POST_BUILD State: SUCCEEDED",
      "[Container] Phase context status code:  Message:",
      "[Container] Phase complete: UPLOAD_ARTIFACTS State: SUCCEEDED",
      "[Container] Phase context status code:  Message:",
    ]);
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details-phases.html
  it("that fails in BUILD still runs POST_BUILD and tries the artifacts, and says which command it was", async () => {
    const spec = JSON.stringify(
      {
        version: 0.2,
        phases: {
          build: { commands: ["echo one", "exit 7", "echo never"], finally: ["echo at last"] },
          post_build: { commands: ["echo succeeding=$CODEBUILD_BUILD_SUCCEEDING"] },
        },
      },
      null,
      1,
    );
    await test.project("failing", spec);
    const build = await test.run("failing");
    expect(build.buildStatus).toBe("FAILED");
    expect(test.phase(build, "BUILD")).toMatchObject({
      phaseStatus: "FAILED",
      contexts: [{ statusCode: "COMMAND_EXECUTION_ERROR", message: "Error while executing command: exit 7. Reason: exit status 7" }],
    });
    expect(test.phase(build, "POST_BUILD")).toMatchObject({ phaseStatus: "SUCCEEDED" });
    expect(test.phase(build, "UPLOAD_ARTIFACTS")).toMatchObject({ phaseStatus: "SUCCEEDED" });
    const log = await test.log(build);
    expect(log).toContain("succeeding=0");
    expect(log).toContain("at last");
    expect(log).not.toContain("never");
    expect(log).toContain("[Container] Command did not exit successfully exit 7 exit status 7");
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details-phases.html
  it("that fails in INSTALL ends without the phases after it", async () => {
    const spec = JSON.stringify(
      { version: 0.2, phases: { install: { commands: ["false"] }, build: { commands: ["echo built"] } } },
      null,
      1,
    );
    await test.project("not-installed", spec);
    const build = await test.run("not-installed");
    expect(build.buildStatus).toBe("FAILED");
    expect(test.phase(build, "BUILD")).toBeUndefined();
    expect(test.phase(build, "FINALIZING")).toMatchObject({ phaseStatus: "SUCCEEDED" });
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html (phases/*/on-failure)
  it("goes on after CONTINUE and does not after ABORT", async () => {
    const spec = (action: string, phase: string) =>
      JSON.stringify(
        { version: 0.2, phases: { [phase]: { "on-failure": action, commands: ["false"] }, post_build: { commands: ["echo reached"] } } },
        null,
        1,
      );
    await test.project("continuing", spec("CONTINUE", "pre_build"));
    await test.project("aborting", spec("ABORT", "build"));
    expect(await test.log(await test.run("continuing"))).toContain("reached");
    expect(await test.log(await test.run("aborting"))).not.toContain("reached");
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec-ref-versions
  it("keeps directory and variables between commands in version 0.2, and not in 0.1", async () => {
    const list = ["mkdir -p a && cd a && export KEPT=yes", 'echo "in $(basename $PWD) kept=$KEPT"'];
    const spec = (version: string) =>
      `version: ${version}\nphases:\n  build:\n    commands:\n${list.map((line) => `      - '${line}'`).join("\n")}\n`;
    await test.project("new", spec("0.2"));
    await test.project("old", spec("0.1"));
    expect(await test.log(await test.run("new"))).toContain("in a kept=yes");
    expect(await test.log(await test.run("old"))).toContain("in src kept=");
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html (env)
  it("takes variables from StartBuild before the project's before the buildspec's, and hides what came from a store", async () => {
    await new SSMClient(test.cloud.clientConfig).send(
      new PutParameterCommand({ Name: "/build/password", Value: "hunter22", Type: "SecureString" }),
    );
    const spec = JSON.stringify(
      {
        version: 0.2,
        env: {
          variables: { A: "spec", B: "spec", C: "spec" },
          "parameter-store": { PASSWORD: "/build/password" },
          "exported-variables": ["A", "MADE", "PASSWORD"],
        },
        phases: { build: { commands: ["echo $A $B $C", "echo password is $PASSWORD", "export MADE=$((40+2))"] } },
      },
      null,
      1,
    );
    const environmentVariables = [
      { name: "B", value: "project" },
      { name: "C", value: "project" },
    ];
    await test.project("variables", spec, { environment: { ...LINUX, environmentVariables } });
    const build = await test.run("variables", { environmentVariablesOverride: [{ name: "C", value: "start" }] });
    const log = await test.log(build);
    expect(log).toContain("spec project start");
    expect(log).toContain("password is ***");
    expect(log.join("\n")).not.toContain("hunter22");
    expect(build.exportedEnvironmentVariables).toEqual([
      { name: "A", value: "spec" },
      { name: "MADE", value: "42" },
    ]);
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/troubleshooting.html#troubleshooting-parameter-store
  it("fails in DOWNLOAD_SOURCE when a parameter does not exist", async () => {
    const spec = JSON.stringify(
      { version: 0.2, env: { "parameter-store": { X: "/none" } }, phases: { build: { commands: ["true"] } } },
      null,
      1,
    );
    await test.project("no-parameter", spec);
    const build = await test.run("no-parameter");
    expect(test.phase(build, "DOWNLOAD_SOURCE")).toMatchObject({
      phaseStatus: "FAILED",
      contexts: [{ message: "parameter does not exist: /none" }],
    });
  });

  // assumed: the build sees nothing of the server's own variables
  it("sees nothing of the server's environment but its tools, and acts as its role", async () => {
    process.env["SECRET_OF_THE_HOST"] = "leaked";
    await test.project("clean", commands("env | sort", "echo home=$HOME"));
    const log = await test.log(await test.run("clean"));
    expect(log.join("\n")).not.toContain("leaked");
    expect(log.join("\n")).toContain("CODEBUILD_BUILD_ID=clean:");
    expect(log.find((line) => line.startsWith("home="))).toContain(test.cloud.cloud.dataDir);
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StopBuild.html
  it("that is stopped ends with all that it started", async () => {
    await test.project("endless", commands("(setsid sleep 4321 &) ; sleep 4321"));
    const id = await test.begin("endless");
    while ((await test.get(id)).currentPhase !== "BUILD") await test.cloud.cloud.clock.wallPause(20);
    const { build } = await test.client.send(new StopBuildCommand({ id }));
    expect(build).toMatchObject({ buildStatus: "STOPPED", buildComplete: true, currentPhase: "COMPLETED" });
    expect(test.phase(await test.get(id), "BUILD")).toMatchObject({ phaseStatus: "STOPPED" });
    const [ended, phase, asked] = test.cloud.cloud.timeline.about(build?.arn ?? "", 3);
    expect([ended?.cause, phase?.cause]).toEqual([phase?.id, asked?.id]);
    expect(asked?.type).toBe("Build Stop Requested");
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html (timeoutInMinutesOverride)
  it("times out on the virtual clock", async () => {
    await test.project("slow", commands("sleep 4322"));
    const id = await test.begin("slow", { timeoutInMinutesOverride: 5 });
    while ((await test.get(id)).currentPhase !== "BUILD") await test.cloud.cloud.clock.wallPause(20);
    test.cloud.cloud.clock.jumpTo(test.cloud.cloud.clock.now() + 5 * 60_000);
    await test.cloud.cloud.clock.idle();
    const build = await test.get(id);
    expect(build.buildStatus).toBe("TIMED_OUT");
    expect(test.phase(build, "BUILD")).toMatchObject({ phaseStatus: "TIMED_OUT", contexts: [{ statusCode: "BUILD_TIMED_OUT" }] });
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/auto-retry-build.html
  it("is tried again as often as autoRetryLimit says, as a chain", async () => {
    await test.project("stubborn", commands("false"), { autoRetryLimit: 2 });
    const first = await test.run("stubborn");
    const { ids = [] } = await test.client.send(new ListBuildsForProjectCommand({ projectName: "stubborn", sortOrder: "ASCENDING" }));
    expect(ids).toHaveLength(3);
    const chain = await Promise.all(ids.map((id) => test.get(id)));
    expect(chain.map(({ autoRetryConfig }) => autoRetryConfig?.autoRetryNumber)).toEqual([0, 1, 2]);
    expect(first.autoRetryConfig?.nextAutoRetry).toBe(chain[1]?.arn);
    expect(chain[2]?.autoRetryConfig).toMatchObject({ previousAutoRetry: chain[1]?.arn });
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html (phases/*/on-failure)
  it("is tried again under RETRY when its message fits the pattern, and only as often as it says", async () => {
    const spec = (action: string) =>
      JSON.stringify({ version: 0.2, phases: { build: { "on-failure": action, commands: ["exit 9"] } } }, null, 1);
    const count = async (projectName: string) => (await test.client.send(new ListBuildsForProjectCommand({ projectName }))).ids?.length;
    await test.project("retrying", spec("RETRY-1-exit status 9"));
    await test.project("not-retrying", spec("RETRY-1-timed out"));
    await test.run("retrying");
    await test.run("not-retrying");
    expect([await count("retrying"), await count("not-retrying")]).toEqual([2, 1]);
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html (idempotencyToken), API_RetryBuild.html
  it("is made once for one token, and again by RetryBuild", async () => {
    await test.project("once", commands("echo $WHAT"));
    const override = { environmentVariablesOverride: [{ name: "WHAT", value: "this" }] };
    const id = await test.begin("once", { idempotencyToken: "t1", ...override });
    expect(await test.begin("once", { idempotencyToken: "t1", ...override })).toBe(id);
    await expect(test.begin("once", { idempotencyToken: "t1" })).rejects.toMatchObject({ name: "InvalidInputException" });
    const { build } = await test.client.send(new RetryBuildCommand({ id }));
    await test.cloud.cloud.clock.idle();
    expect(build?.buildNumber).toBe(2);
    expect(await test.log(await test.get(build?.id ?? ""))).toContain("this");
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications-ref.html
  it("is a chain of causes on the timeline, with the events that AWS puts on the bus", async () => {
    await test.project("told", commands("true"));
    const build = await test.run("told");
    const events = test.cloud.cloud.timeline.about(build.arn ?? "", 100).toReversed();
    expect(events.map(({ type }) => type)).toEqual([
      "CodeBuild Build State Change",
      ...Array.from({ length: 10 }, () => "CodeBuild Build Phase Change"),
      "CodeBuild Build State Change",
    ]);
    for (const [i, event] of events.entries()) if (i > 0) expect(event.cause).toBe(events[i - 1]?.id);
    expect(events.at(-1)?.detail).toMatchObject({ "build-status": "SUCCEEDED", "current-phase": "COMPLETED", "build-id": build.arn });
  });

  // recorded: messages as builds on AWS report them for files that are not there and YAML that cannot be read
  it("says what is wrong with a buildspec", async () => {
    await test.project("no-spec", "version: 0.2\nphases:\n  compile:\n    commands: [a]\n");
    expect(test.phase(await test.run("no-spec"), "DOWNLOAD_SOURCE")).toMatchObject({
      phaseStatus: "FAILED",
      contexts: [
        { statusCode: "YAML_FILE_ERROR", message: "Invalid buildspec phase name: compile. Expected: BUILD,INSTALL,POST_BUILD,PRE_BUILD" },
      ],
    });
    const build = await test.run("no-spec", { buildspecOverride: "specs/other.yml" });
    expect(test.phase(build, "DOWNLOAD_SOURCE")?.contexts?.[0]?.message).toMatch(/^stat .*\/specs\/other\.yml: no such file or directory$/);
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateProject.html (concurrentBuildLimit)
  it("is not started beyond the project's limit", async () => {
    await test.project("narrow", commands("sleep 4323"), { concurrentBuildLimit: 1 });
    const id = await test.begin("narrow");
    await expect(test.begin("narrow")).rejects.toMatchObject({ name: "AccountLimitExceededException" });
    await test.client.send(new StopBuildCommand({ id }));
    await test.cloud.cloud.clock.idle();
    const { projects } = await test.client.send(new BatchGetProjectsCommand({ names: ["narrow"] }));
    expect(projects?.[0]?.concurrentBuildLimit).toBe(1);
  });
});
