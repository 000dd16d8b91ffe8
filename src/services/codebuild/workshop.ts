import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Cloud } from "../../aws/context.ts";
import type { BuildDriver } from "../../runtime/builds/driver.ts";
import type { Interruption } from "../../runtime/builds/phases.ts";
import { ProcessBuildDriver } from "../../runtime/builds/processes.ts";

/** A build that runs in this process. */
export interface RunningBuild {
  interrupt(reason: Interruption, cause?: string): void;
  /** Ends its processes and stores nothing: the server stops, or all that it knows was replaced. */
  abandon(): void;
  /** Resolves when it is over and stored. */
  readonly done: Promise<void>;
}

/** What a running cloud keeps in memory for its builds. */
export interface Workshop {
  readonly driver: BuildDriver;
  readonly folder: string;
  /** By ARN. */
  readonly running: Map<string, RunningBuild>;
}

const workshops = new WeakMap<Cloud, Workshop>();

/** Made when it is first needed, and at start, when what an earlier server left running is ended. */
export function workshopOf(cloud: Cloud): Workshop {
  let workshop = workshops.get(cloud);
  if (workshop === undefined) {
    workshop = open(cloud);
    workshops.set(cloud, workshop);
  }
  return workshop;
}

function open(cloud: Cloud): Workshop {
  const folder = join(cloud.dataDir, "codebuild");
  const work = join(folder, "work");
  const driver = new ProcessBuildDriver(cloud.clock);
  mkdirSync(work, { recursive: true, mode: 0o700 });
  const left = readdirSync(work).map((name) => join(work, name));
  driver.endLeftovers(left);
  for (const path of left) rmSync(path, { recursive: true, force: true });
  const workshop: Workshop = { driver, folder, running: new Map() };
  const endAll = async (): Promise<void> => {
    const builds = [...workshop.running.values()];
    for (const build of builds) build.abandon();
    await Promise.all(builds.map(({ done }) => done));
  };
  cloud.lifecycle.onStop("builds", endAll);
  cloud.lifecycle.onReset(endAll);
  return workshop;
}

/** The folder of one attempt of a build; nothing of an earlier one is in it. */
export function workFolder(cloud: Cloud, uuid: string, attempt: number): string {
  const folder = join(workshopOf(cloud).folder, "work", `${uuid}-${attempt}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}
