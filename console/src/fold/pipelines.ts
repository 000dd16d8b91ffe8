import type { TimelineEvent } from "../live/events.ts";
import { record, stated, text } from "./read.ts";
import type { Action, Execution, Stage, World } from "./types.ts";

const MOST_COMMITS = 200;

/** Pushes, pipelines, and what their executions, stages and actions come to. */
export function foldPipeline(world: World, event: TimelineEvent): void {
  if (event.type === "CodeCommit Repository State Change") foldPush(world, event);
  else if (event.type === "Pipeline created" || event.type === "Pipeline updated") {
    const { pipeline, mode } = event.detail;
    pipelineOf(world, text(pipeline)).mode = text(mode) || pipelineOf(world, text(pipeline)).mode;
  } else if (event.type === "Pipeline deleted") world.pipelines.delete(text(event.detail["pipeline"]));
  else if (event.type === "CodePipeline Pipeline Execution State Change") foldExecution(world, event);
  else if (event.type === "CodePipeline Stage Execution State Change") foldStage(world, event);
  else if (event.type === "CodePipeline Action Execution State Change") foldAction(world, event);
}

function foldPush(world: World, event: TimelineEvent): void {
  const { detail } = event;
  const id = text(detail["commitId"]);
  if (id === "" || detail["event"] === "referenceDeleted") return;
  const [, message = "", author = ""] = /"(.*)" by (.*)$/.exec(event.rule ?? "") ?? [];
  world.commits.unshift({
    id,
    repository: text(detail["repositoryName"]),
    branch: text(detail["referenceName"]),
    message,
    author,
    time: event.time,
    eventId: event.id,
  });
  world.commits.length = Math.min(world.commits.length, MOST_COMMITS);
}

function pipelineOf(world: World, name: string) {
  let found = world.pipelines.get(name);
  if (found === undefined) {
    found = { name, mode: "", executions: [] };
    world.pipelines.set(name, found);
  }
  return found;
}

function executionOf(world: World, event: TimelineEvent): Execution {
  const id = text(event.detail["execution-id"]);
  let found = world.executions.get(id);
  if (found === undefined) {
    const pipeline = text(event.detail["pipeline"]);
    found = { ...stated(event, "STARTED"), id, pipeline, started: event.time, ended: undefined, commit: undefined, stages: [] };
    world.executions.set(id, found);
    pipelineOf(world, pipeline).executions.unshift(id);
  }
  return found;
}

const OPEN = new Set(["STARTED", "RESUMED", "STOPPING", "CANCELING"]);

function foldExecution(world: World, event: TimelineEvent): void {
  const execution = executionOf(world, event);
  const status = text(event.detail["state"]);
  Object.assign(execution, stated(event, status));
  execution.ended = OPEN.has(status) ? undefined : event.time;
  const commit = text(record(event.detail["execution-trigger"])["commit-id"]);
  if (commit !== "") execution.commit = commit;
}

function stageOf(execution: Execution, event: TimelineEvent): Stage {
  const name = text(event.detail["stage"]);
  let found = execution.stages.find((stage) => stage.name === name);
  if (found === undefined) {
    found = { ...stated(event, "STARTED"), name, actions: [] };
    execution.stages.push(found);
  }
  return found;
}

function foldStage(world: World, event: TimelineEvent): void {
  Object.assign(stageOf(executionOf(world, event), event), stated(event, text(event.detail["state"])));
}

function foldAction(world: World, event: TimelineEvent): void {
  const execution = executionOf(world, event);
  const stage = stageOf(execution, event);
  const { detail } = event;
  const name = text(detail["action"]);
  const status = text(detail["state"]);
  const { category, provider } = record(detail["type"]);
  const result = record(detail["execution-result"]);
  const before = status === "STARTED" ? undefined : stage.actions.find((action) => action.name === name);
  const action: Action = {
    ...stated(event, status),
    name,
    provider: text(provider),
    category: text(category),
    started: before?.started ?? event.time,
    ended: status === "STARTED" ? undefined : event.time,
    externalId: text(result["external-execution-id"]) || before?.externalId,
    summary: text(result["external-execution-summary"]) || undefined,
  };
  const at = stage.actions.findIndex((one) => one.name === name);
  if (at < 0) stage.actions.push(action);
  else stage.actions[at] = action;
  if (action.category === "Source" && /^[0-9a-f]{40}$/.test(action.externalId ?? "")) execution.commit = action.externalId;
}
