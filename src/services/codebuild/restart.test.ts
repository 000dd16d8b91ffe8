import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { BuildTest, commands } from "../../../test/support/codebuild.ts";

const dataDir = mkdtempSync(join(tmpdir(), "orrery-builds-"));
const gate = join(dataDir, "gate");
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

describe("a build whose server ends", () => {
  // assumed: on AWS the machines of builds do not depend on the service's
  it("begins again with its source under the next one, and says so", async () => {
    const first = await BuildTest.start({ dataDir });
    // Waits the first time, and finds what the first one left the second time.
    await first.project("patient", commands(`[ -f ${gate} ] && echo second || { touch ${gate}; sleep 4330; }`));
    const id = await first.begin("patient");
    // The phase begins before its command does.
    while (!existsSync(gate)) await first.cloud.cloud.clock.wallPause(20);
    await first.stop();
    const second = await BuildTest.start({ dataDir });
    await second.cloud.cloud.clock.advance(5_000);
    const build = await second.get(id);
    const log = await second.log(build);
    const restarts = second.cloud.cloud.timeline.about(build.arn ?? "", 100).filter(({ type }) => type === "Build Restarted");
    await second.stop();
    expect(build.buildStatus).toBe("SUCCEEDED");
    expect(log).toContain("[Container] The server ended while this build was running: it begins again with its source");
    expect(log).toContain("second");
    expect(restarts).toHaveLength(1);
  });
});
