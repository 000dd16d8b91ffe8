import {
  type ActionDeclaration,
  CreatePipelineCommand,
  DeletePipelineCommand,
  GetPipelineCommand,
  ListPipelinesCommand,
  ListTagsForResourceCommand,
  type PipelineDeclaration,
  type StageDeclaration,
  TagResourceCommand,
  UntagResourceCommand,
  UpdatePipelineCommand,
} from "@aws-sdk/client-codepipeline";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { action, approval, Pipelines, source } from "../../../test/support/pipeline.ts";

let pipelines: Pipelines;
beforeAll(async () => {
  pipelines = await Pipelines.start();
});
beforeEach(() => pipelines.script());
afterAll(() => pipelines.stop());

const gate = { name: "Gate", actions: [approval("Ask")] };
const create = (pipeline: PipelineDeclaration) => pipelines.client.send(new CreatePipelineCommand({ pipeline }));

// documented: https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_CreatePipeline.html
it("a pipeline gets its defaults, version 1, and a first execution", async () => {
  const id = await pipelines.create("first", [gate], { pipelineType: undefined });
  const { pipeline, metadata } = await pipelines.client.send(new GetPipelineCommand({ name: "first" }));
  expect(pipeline).toMatchObject({ version: 1, executionMode: "SUPERSEDED", pipelineType: "V1" });
  expect(pipeline?.stages?.[1]?.actions?.[0]).toMatchObject({ runOrder: 1, configuration: {}, inputArtifacts: [], outputArtifacts: [] });
  expect(metadata?.pipelineArn).toBe("arn:aws:codepipeline:us-east-1:000000000000:first");
  const { trigger } =
    (await pipelines.cloud.ctx.call("codepipeline", "GetPipelineExecution", { pipelineName: "first", pipelineExecutionId: id }))
      .pipelineExecution ?? {};
  expect(trigger?.triggerType).toBe("CreatePipeline");
  await expect(create(pipelines.declaration("first", [gate]))).rejects.toMatchObject({ name: "PipelineNameInUseException" });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/pipeline-requirements.html
it("each update makes a version, and older ones can be read", async () => {
  await pipelines.create("versions", [gate]);
  const next = pipelines.declaration("versions", [{ name: "Other", actions: [approval("Ask")] }]);
  expect((await pipelines.client.send(new UpdatePipelineCommand({ pipeline: next }))).pipeline?.version).toBe(2);
  const read = async (version?: number) => {
    const { pipeline } = await pipelines.client.send(new GetPipelineCommand({ name: "versions", version }));
    return pipeline?.stages?.[1]?.name;
  };
  expect([await read(), await read(1)]).toEqual(["Other", "Gate"]);
  await expect(read(3)).rejects.toMatchObject({ name: "PipelineVersionNotFoundException" });
  const missing = new UpdatePipelineCommand({ pipeline: pipelines.declaration("nowhere", [gate]) });
  await expect(pipelines.client.send(missing)).rejects.toMatchObject({ name: "PipelineNotFoundException" });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ListPipelines.html
it("lists come in pages; deletion of what is not there is no error", async () => {
  for (const name of ["list-a", "list-b", "list-c"]) await pipelines.create(name, [gate]);
  const names: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await pipelines.client.send(new ListPipelinesCommand({ maxResults: 2, nextToken }));
    names.push(...(page.pipelines ?? []).map(({ name = "" }) => name).filter((name) => name.startsWith("list-")));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  expect(names).toEqual(["list-a", "list-b", "list-c"]);
  await expect(pipelines.client.send(new ListPipelinesCommand({ nextToken: "x" }))).rejects.toMatchObject({
    name: "InvalidNextTokenException",
  });
  for (const name of ["list-a", "list-a"]) await pipelines.client.send(new DeletePipelineCommand({ name }));
  await expect(pipelines.client.send(new GetPipelineCommand({ name: "list-a" }))).rejects.toMatchObject({
    name: "PipelineNotFoundException",
  });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_TagResource.html
it("tags are added, listed and taken away", async () => {
  await pipelines.create("tagged", [gate]);
  const resourceArn = "arn:aws:codepipeline:us-east-1:000000000000:tagged";
  const tags = [
    { key: "team", value: "a" },
    { key: "stage", value: "b" },
  ];
  await pipelines.client.send(new TagResourceCommand({ resourceArn, tags }));
  await pipelines.client.send(new UntagResourceCommand({ resourceArn, tagKeys: ["stage"] }));
  expect((await pipelines.client.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual([{ key: "team", value: "a" }]);
  const reserved = new TagResourceCommand({ resourceArn, tags: [{ key: "aws:x", value: "" }] });
  await expect(pipelines.client.send(reserved)).rejects.toMatchObject({ name: "InvalidTagsException" });
  const gone = new ListTagsForResourceCommand({ resourceArn: `${resourceArn}-not` });
  await expect(pipelines.client.send(gone)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
});

const stages = (...all: StageDeclaration[]) => pipelines.declaration("wrong", all);
const build = (more: Partial<ActionDeclaration> = {}) => ({ name: "Build", actions: [action("A", more)] });
const rule = {
  name: "r",
  ruleTypeId: { category: "Rule", owner: "AWS", provider: "CloudWatchAlarm", version: "1" },
  configuration: { AlarmName: "a" },
} as const;
const condition = (result: "FAIL" | "SKIP" | "ROLLBACK") => ({
  conditions: [{ result, rules: [{ ...rule, configuration: { ...rule.configuration } }] }],
});

const STRUCTURE = "InvalidStructureException";
const STAGE = "InvalidStageDeclarationException";
const ACTION = "InvalidActionDeclarationException";

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/pipeline-requirements.html
// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/action-requirements.html
it.each<[string, string, () => PipelineDeclaration]>([
  ["one stage only", STRUCTURE, () => stages()],
  ["two stages of one name", STRUCTURE, () => stages(gate, gate)],
  ["two actions of one name in a stage", STAGE, () => stages({ name: "Gate", actions: [approval("Ask"), approval("Ask")] })],
  ["a source action in a later stage", STRUCTURE, () => stages({ name: "More", actions: [source("Again")] })],
  ["something else in the first stage", STRUCTURE, () => ({ ...stages(gate), stages: [gate, gate] })],
  ["an artifact that no earlier action makes", ACTION, () => stages(build({ inputArtifacts: [{ name: "nothing" }] }))],
  [
    "an artifact of an action of the same run order",
    ACTION,
    () =>
      stages({
        name: "Build",
        actions: [action("A", { outputArtifacts: [{ name: "x" }] }), action("B", { inputArtifacts: [{ name: "x" }] })],
      }),
  ],
  ["an artifact that two actions make", ACTION, () => stages(build({ outputArtifacts: [{ name: "FetchOutput" }] }))],
  [
    "more artifacts than the provider takes",
    ACTION,
    () => stages({ name: "Gate", actions: [approval("Ask", { inputArtifacts: [{ name: "FetchOutput" }] })] }),
  ],
  [
    "a provider that AWS does not have",
    ACTION,
    () => stages(build({ actionTypeId: { category: "Build", owner: "AWS", provider: "Make", version: "1" } })),
  ],
  ["a configuration without a required key", ACTION, () => stages(build({ configuration: {} }))],
  ["a configuration with an unknown key", ACTION, () => stages(build({ configuration: { FunctionName: "f", Colour: "red" } }))],
  [
    "two actions with one namespace",
    ACTION,
    () => stages({ name: "Build", actions: [action("A", { namespace: "n" }), action("B", { namespace: "n" })] }),
  ],
  ["a namespace named like an artifact", ACTION, () => stages(build({ namespace: "FetchOutput" }))],
  ["a reserved namespace", ACTION, () => stages(build({ namespace: "variables" }))],
  [
    "a reference to a namespace that no earlier action has",
    ACTION,
    () => stages(build({ configuration: { FunctionName: "#{later.Name}" } })),
  ],
  ["a reference to a variable that is not declared", ACTION, () => stages(build({ configuration: { FunctionName: "#{variables.Name}" } }))],
  ["a time-out of an action that is no approval", ACTION, () => stages(build({ timeoutInMinutes: 10 }))],
  [
    "both kinds of artifact stores",
    STRUCTURE,
    () => ({ ...stages(gate), artifactStores: { "us-east-1": { type: "S3", location: "artifacts" } } }),
  ],
  ["an action in another region without a store there", STRUCTURE, () => stages(build({ region: "eu-west-1" }))],
  ["QUEUED in a pipeline of type V1", STRUCTURE, () => ({ ...stages(gate), pipelineType: "V1", executionMode: "QUEUED" })],
  [
    "variables in a pipeline of type V1",
    STRUCTURE,
    () => ({ ...stages(gate), pipelineType: "V1", variables: [{ name: "v", defaultValue: "1" }] }),
  ],
  ["a blocker", "InvalidBlockerDeclarationException", () => stages({ ...gate, blockers: [{ name: "b", type: "Schedule" }] })],
  [
    "a trigger of a source action that is no connection",
    STRUCTURE,
    () => ({
      ...stages(gate),
      triggers: [{ providerType: "CodeStarSourceConnection", gitConfiguration: { sourceActionName: "Fetch", push: [{}] } }],
    }),
  ],
  ["a rollback in mode PARALLEL", STAGE, () => ({ ...stages({ ...gate, onFailure: { result: "ROLLBACK" } }), executionMode: "PARALLEL" })],
  ["a rollback as the result of an entry condition", STAGE, () => stages({ ...gate, beforeEntry: condition("ROLLBACK") })],
  ["SKIP with a rule that can not skip", STAGE, () => stages({ ...gate, beforeEntry: condition("SKIP") })],
  ["a retry with conditions", STAGE, () => stages({ ...gate, onFailure: { result: "RETRY", ...condition("ROLLBACK") } })],
  ["a role that CodePipeline may not assume", STRUCTURE, () => ({ ...stages(gate), roleArn: "arn:aws:iam::000000000000:role/nobody" })],
])("%s is refused with %s", async (_what, name, pipeline) => {
  await expect(create(pipeline())).rejects.toMatchObject({ name });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html
it("all conditions of a stage can be had", async () => {
  await create(
    pipelines.declaration("right", [
      { ...gate, beforeEntry: condition("FAIL"), onSuccess: condition("ROLLBACK"), onFailure: condition("ROLLBACK") },
    ]),
  );
  const { pipeline } = await pipelines.client.send(new GetPipelineCommand({ name: "right" }));
  expect(pipeline?.stages?.[1]?.onFailure?.conditions?.[0]).toMatchObject({
    result: "ROLLBACK",
    rules: [{ name: "r", inputArtifacts: [] }],
  });
});
