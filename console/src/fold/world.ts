import type { TimelineEvent } from "../live/events.ts";
import { foldAlarm } from "./alarms.ts";
import { foldBuild } from "./builds.ts";
import { foldDeployment } from "./deployments.ts";
import { foldPipeline } from "./pipelines.ts";
import { foldStack } from "./stacks.ts";
import type { World } from "./types.ts";

export type { World } from "./types.ts";

export const emptyWorld = (): World => ({
  time: 0,
  position: 0,
  commits: [],
  pipelines: new Map(),
  executions: new Map(),
  builds: new Map(),
  deployments: new Map(),
  alarms: new Map(),
  stacks: new Map(),
});

const REDUCERS: Readonly<Record<string, (world: World, event: TimelineEvent) => void>> = {
  "aws.codepipeline": foldPipeline,
  "aws.codecommit": foldPipeline,
  "aws.codebuild": foldBuild,
  "aws.codedeploy": foldDeployment,
  "aws.cloudwatch": foldAlarm,
  "aws.cloudformation": foldStack,
};

/** Takes one event into the world, in order. What it does not know changes nothing but the instant. */
export function apply(world: World, event: TimelineEvent): void {
  world.time = event.time;
  world.position = event.position;
  REDUCERS[event.source]?.(world, event);
}

export function fold(events: readonly TimelineEvent[]): World {
  const world = emptyWorld();
  for (const event of events) apply(world, event);
  return world;
}
