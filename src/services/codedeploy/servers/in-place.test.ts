import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { StopDeploymentCommand } from "@aws-sdk/client-codedeploy";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { haveDisks } from "../../../../test/support/instances.ts";
import { eventsOf, revision, type Servers, startServers } from "./test-servers.ts";

let servers: Servers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.cloud.stop());

const allAtOnce = { deploymentConfigName: "CodeDeployDefault.AllAtOnce" };

describe.runIf(await haveDisks())("an in-place deployment", () => {
  // documented: https://docs.aws.amazon.com/codedeploy/latest/userguide/instances-health.html
  test("goes one at a time, stops with the first that fails, leaves the rest, and rolls back", async () => {
    const { fleet, run, info, targets, on, timeline } = servers;
    const names = ["s1", "s2", "s3", "s4"];
    await fleet("site", names, { autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] } });
    const check = 'echo "$DEPLOYMENT_GROUP_NAME $APPLICATION_NAME $LIFECYCLE_EVENT $BUNDLE_BUCKET/$BUNDLE_KEY on $(hostname)"';
    const first = await run("site", revision({ "/var/www-site/index.html": "one" }, { ValidateService: check }));
    expect(await info(first)).toMatchObject({ status: "Succeeded", deploymentOverview: { Succeeded: 4 } });
    const { s1 } = await targets(first);
    expect(eventsOf(s1)).toEqual(
      ["ApplicationStop", "DownloadBundle", "BeforeInstall", "Install", "AfterInstall", "ApplicationStart", "ValidateService"].map(
        (name) => `${name} Succeeded`,
      ),
    );
    expect(s1?.lifecycleEvents?.at(-1)?.diagnostics).toEqual({
      errorCode: "Success",
      scriptName: "",
      message: "Succeeded",
      logTail:
        "LifecycleEvent - ValidateService\nScript - hooks/ValidateService.sh\n[stdout]production site ValidateService revisions/site-1 on s1\n",
    });

    const second = await run("site", revision({ "/var/www-site/index.html": "two" }, { ValidateService: '[ "$(hostname)" != s2 ]' }));
    const failed = await info(second);
    expect(failed).toMatchObject({
      status: "Failed",
      errorInformation: { code: "HEALTH_CONSTRAINTS" },
      deploymentOverview: { Succeeded: 1, Failed: 1, Skipped: 2 },
    });
    const { s2 } = await targets(second);
    expect(s2?.lifecycleEvents?.at(-1)?.diagnostics).toMatchObject({
      errorCode: "ScriptFailed",
      scriptName: "hooks/ValidateService.sh",
      message: "Script at specified location: hooks/ValidateService.sh failed with exit code 1",
    });
    const back = failed.rollbackInfo?.rollbackDeploymentId ?? "";
    expect(await info(back)).toMatchObject({
      status: "Succeeded",
      creator: "codeDeployRollback",
      rollbackInfo: { rollbackTriggeringDeploymentId: second },
    });
    for (const name of names) expect(await on(name, "cat /var/www-site/index.html")).toBe("one");
    expect(timeline("Deployment failed").at(-1)?.rule).toBe(
      "deployments to 1 of 4 instances failed, so that 3 can be healthy, and the minimum is 3: no further instance may be taken down",
    );
    const began = timeline("Instance began").filter(({ detail }) => detail["deploymentId"] === back);
    expect(began.map(({ detail }) => detail["targetId"])).toEqual(["s2", "s1", "s3", "s4"]);
    expect(began[1]?.rule).toBe("4 of 4 instances are healthy and the minimum is 3, so that 1 may be deployed to at once");
    expect(
      timeline("CodeDeploy Instance State-change Notification").map(({ detail }) => `${detail["instanceId"]} ${detail["state"]}`),
    ).toEqual(expect.arrayContaining(["s1 SUCCESS", "s2 FAILURE", "s2 START"]));
  });

  // assumed: the law of cause is Orrery's own
  test("the end of a deployment leads back to its beginning, event by event", async () => {
    const { cloud, fleet, run, timeline } = servers;
    await fleet("chain", ["c1"], allAtOnce);
    const id = await run("chain", revision({}, { ApplicationStart: "exit 1" }));
    const types: string[] = [];
    let event = timeline("Deployment failed").find(({ detail }) => detail["deploymentId"] === id);
    while (event !== undefined) {
      types.unshift(`${event.type} ${event.detail["lifecycleEvent"] ?? ""}`.trim());
      event = event.cause === undefined ? undefined : cloud.cloud.timeline.find(event.cause);
    }
    expect(types.slice(0, 5)).toEqual([
      "Deployment created",
      "Deployment started",
      "Instance began",
      "Lifecycle event started ApplicationStop",
      "Lifecycle event succeeded ApplicationStop",
    ]);
    expect(types.slice(-4)).toEqual([
      "Lifecycle event started ApplicationStart",
      "Lifecycle event failed ApplicationStart",
      "Instance failed",
      "Deployment failed",
    ]);
  });

  // documented: https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html, `runas`
  test.runIf(process.getuid?.() === 0)("a script runs as the user that it names", async () => {
    const { fleet, run, targets } = servers;
    await fleet("users", ["u1"], allAtOnce);
    const spec = (user: string) => `version: 0.0\nos: linux\nhooks:\n  AfterInstall:\n    - location: who.sh\n      runas: ${user}\n`;
    const who = "#!/bin/sh\nid -un; echo $DEPLOYMENT_GROUP_NAME";
    const event = (await targets(await run("users", { "appspec.yml": spec("daemon"), "who.sh": who })))["u1"]?.lifecycleEvents?.[4];
    expect(event?.diagnostics?.logTail).toContain("[stdout]daemon\n[stdout]production\n");
    const none = (await targets(await run("users", { "appspec.yml": spec("nobody-here"), "who.sh": who })))["u1"]?.lifecycleEvents?.[4];
    expect(none?.diagnostics?.message).toBe("Script at specified location: who.sh run as user nobody-here failed with exit code 1");
  });

  // documented: https://docs.aws.amazon.com/codedeploy/latest/userguide/error-codes.html
  test("without instances, or with a minimum that is all of them, it does not start", async () => {
    const { fleet, run, info } = servers;
    await fleet("none", []);
    expect((await info(await run("none", revision({}, {})))).errorInformation?.code).toBe("NO_INSTANCES");
    await fleet("half", ["h1"], { deploymentConfigName: "CodeDeployDefault.HalfAtATime" });
    expect((await info(await run("half", revision({}, {})))).errorInformation?.code).toBe("HEALTH_CONSTRAINTS_INVALID");
  });

  // documented: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_Diagnostics.html
  test.each([
    [
      "a script that is not there",
      { "appspec.yml": "version: 0.0\nos: linux\nhooks:\n  BeforeInstall:\n    - location: no.sh" },
      "BeforeInstall",
      "ScriptMissing",
      "Script does not exist at specified location: no.sh",
    ],
    [
      "a script over its time",
      {
        "appspec.yml": "version: 0.0\nos: linux\nhooks:\n  AfterInstall:\n    - location: s.sh\n      timeout: 1",
        "s.sh": "#!/bin/sh\nsleep 60",
      },
      "AfterInstall",
      "ScriptTimedOut",
      "Script at specified location: s.sh failed to complete in 1 seconds",
    ],
    [
      "something that keeps a script's output open",
      {
        "appspec.yml": "version: 0.0\nos: linux\nhooks:\n  AfterInstall:\n    - location: s.sh\n      timeout: 1",
        "s.sh": "#!/bin/sh\nsleep 60 &",
      },
      "AfterInstall",
      "ScriptTimedOut",
      "Script at specified location: s.sh failed to complete in 1 seconds",
    ],
    ["no AppSpec file", { "readme.txt": "" }, "BeforeInstall", "UnknownError", expect.stringContaining("did not find an AppSpec file")],
    [
      "a version that is none",
      { "appspec.yml": "version: 0.1\nos: linux" },
      "BeforeInstall",
      "UnknownError",
      expect.stringContaining("an invalid version value (0.1)"),
    ],
    [
      "events that do not exist",
      { "appspec.yml": "version: 0.0\nos: linux\nhooks:\n  AfterAll:\n    - location: a" },
      "Install",
      "UnknownError",
      'appspec.yml file contains unknown lifecycle events: ["AfterAll"]',
    ],
  ])("%s fails its event, and the rest is skipped", async (name, files, event, errorCode, message) => {
    const { fleet, run, info, targets } = servers;
    const app = name.replaceAll(/[^a-zA-Z]/g, "-");
    await fleet(app, [`${app}-1`], allAtOnce);
    const id = await run(app, files as Record<string, string>);
    expect((await info(id)).status).toBe("Failed");
    const target = (await targets(id))[`${app}-1`];
    const failed = target?.lifecycleEvents?.find(({ status }) => status === "Failed");
    expect(failed).toMatchObject({ lifecycleEventName: event, diagnostics: { errorCode, message } });
    expect(eventsOf(target).at(-1)).toBe("ValidateService Skipped");
  });

  // documented: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployments-rollback-and-redeploy.html
  test("a file that is there already fails the deployment, is overwritten, or is kept; what the former one laid down goes", async () => {
    const { fleet, run, info, targets, on } = servers;
    await fleet("files", ["f1"], allAtOnce);
    await on("f1", "mkdir -p /srv-files; echo mine > /srv-files/a");
    const one = await run("files", revision({ "/srv-files/a": "theirs", "/srv-files/b": "b" }, {}));
    expect((await targets(one))["f1"]?.lifecycleEvents?.find(({ status }) => status === "Failed")?.diagnostics?.message).toBe(
      "The deployment failed because a specified file already exists at this location: /srv-files/a",
    );
    const kept = await run("files", revision({ "/srv-files/a": "theirs", "/srv-files/b": "b" }, {}), { fileExistsBehavior: "RETAIN" });
    expect((await info(kept)).status).toBe("Succeeded");
    expect(await on("f1", "cat /srv-files/a; ls /srv-files")).toBe("mine\na\nb");
    await run("files", revision({ "/srv-files/a": "theirs", "/srv-files/c": "c" }, {}, "file_exists_behavior: OVERWRITE"));
    expect(await on("f1", "cat /srv-files/a; echo; ls /srv-files")).toBe("theirs\na\nc");
  });

  // documented: https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-permissions.html
  test("permissions are set on what is laid down", async () => {
    const { fleet, run, targets, on } = servers;
    await fleet("modes", ["m1"], allAtOnce);
    const more =
      'permissions:\n  - object: /srv-modes\n    pattern: "*.sh"\n    owner: daemon\n    group: daemon\n    mode: 750\n    type: [file]\n';
    const id = await run("modes", revision({ "/srv-modes/run.sh": "x", "/srv-modes/text": "x" }, {}, more));
    expect(eventsOf((await targets(id))["m1"])).toContain("Install Succeeded");
    expect(await on("m1", 'stat -c "%n %a %U %G" /srv-modes/*')).toBe("/srv-modes/run.sh 750 daemon daemon\n/srv-modes/text 644 root root");
  });

  // documented: https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html: "from the previous successfully deployed application revision"
  test("ApplicationStop is the former revision's; its failure ends the deployment unless it is to be ignored", async () => {
    const { fleet, run, info, targets } = servers;
    await fleet("stops", ["p1"], allAtOnce);
    await run("stops", revision({}, { ApplicationStop: "exit 3" }));
    const failed = await run("stops", revision({}, { ApplicationStop: "exit 0" }));
    expect((await info(failed)).status).toBe("Failed");
    expect(eventsOf((await targets(failed))["p1"])[0]).toBe("ApplicationStop Failed");
    const ignored = await run("stops", revision({}, { ApplicationStop: "exit 0" }), { ignoreApplicationStopFailures: true });
    expect((await info(ignored)).status).toBe("Succeeded");
    expect(eventsOf((await targets(ignored))["p1"]).slice(0, 2)).toEqual(["ApplicationStop Failed", "DownloadBundle Succeeded"]);
    expect(eventsOf((await targets(await run("stops", revision({}, {}))))["p1"])[0]).toBe("ApplicationStop Succeeded");
  });

  // documented: https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-agent-configuration.html, max_revisions: 5
  test("five archives of revisions are kept, with the last that was installed", async () => {
    const { fleet, run, on } = servers;
    await fleet("archives", ["k1"], allAtOnce);
    for (let i = 0; i < 7; i++) await run("archives", revision({}, {}));
    expect(await on("k1", "ls -d /opt/codedeploy-agent/deployment-root/*/d-* | wc -l")).toBe("5");
  });

  // documented: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_StopDeployment.html
  test("stopping lets what runs come to its end, begins nothing more, and rolls back where that is asked for", async () => {
    const { cloud, deploy, fleet, run, info, targets, on } = servers;
    await fleet("halt", ["q1", "q2"]);
    await run("halt", revision({ "/srv-halt": "v1" }, {}));
    const { promise: began, resolve } = Promise.withResolvers<string>();
    const end = cloud.cloud.timeline.listen(({ type, detail }) => {
      if (type === "Lifecycle event started" && detail["lifecycleEvent"] === "AfterInstall") resolve(String(detail["deploymentId"]));
    });
    const running = run("halt", revision({ "/srv-halt": "v2" }, { AfterInstall: "while [ ! -e /go ]; do sleep 0.05; done" }));
    const id = await began;
    end();
    const { status } = await deploy.send(new StopDeploymentCommand({ deploymentId: id, autoRollbackEnabled: true }));
    expect(status).toBe("Pending");
    expect(await on("q1", "cat /srv-halt; touch /go")).toBe("v2");
    await running;
    const stopped = await info(id);
    expect(stopped).toMatchObject({
      status: "Stopped",
      errorInformation: { code: "MANUAL_STOP" },
      deploymentOverview: { Failed: 1, Skipped: 1 },
    });
    expect(eventsOf((await targets(id))["q1"]).slice(4, 6)).toEqual(["AfterInstall Succeeded", "ApplicationStart Skipped"]);
    expect((await info(stopped.rollbackInfo?.rollbackDeploymentId ?? "")).status).toBe("Succeeded");
    expect(await on("q1", "cat /srv-halt")).toBe("v1");
  });

  // documented: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_CreateDeployment.html
  test("only outdated instances are deployed to where that is asked for", async () => {
    const { fleet, run, info, local, targets } = servers;
    await fleet("outdated", ["o1"], allAtOnce);
    await run("outdated", revision({}, {}));
    await local("instances/add", { name: "o2", tags: { app: "outdated" } });
    const second = await run("outdated", revision({}, {}), { updateOutdatedInstancesOnly: true });
    const { revision: location } = await info(second);
    await local("instances/add", { name: "o3", tags: { app: "outdated" } });
    const last = await run("outdated", {}, { revision: location, updateOutdatedInstancesOnly: true });
    expect(Object.keys(await targets(last))).toEqual(["o3"]);
  });
});

describe.runIf(await haveDisks())("bundles", () => {
  // documented: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_S3Location.html
  test.each(["tar", "tgz"] as const)("a revision may be a %s, of one folder too", async (bundleType) => {
    const { fleet, run, info, on, cloud } = servers;
    const folder = mkdtempSync(`${cloud.dataDir}/bundle-`);
    for (const [path, text] of Object.entries(revision({ [`/srv-${bundleType}/a`]: "from tar" }, { AfterInstall: "true" }))) {
      mkdirSync(dirname(`${folder}/app/${path}`), { recursive: true });
      writeFileSync(`${folder}/app/${path}`, text);
    }
    const bytes = execFileSync("tar", ["-C", folder, bundleType === "tgz" ? "-czf" : "-cf", "-", "app"]);
    rmSync(folder, { recursive: true });
    await fleet(bundleType, [`${bundleType}-1`], allAtOnce);
    const id = await run(bundleType, bytes);
    expect((await info(id)).status).toBe("Failed");
    const { revision: location } = await info(id);
    const again = await run(bundleType, bytes, { revision: { revisionType: "S3", s3Location: { ...location?.s3Location, bundleType } } });
    expect((await info(again)).status).toBe("Succeeded");
    expect(await on(`${bundleType}-1`, `cat /srv-${bundleType}/a`)).toBe("from tar");
  });
});
