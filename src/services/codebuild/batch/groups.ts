import type { ComputeType, EnvironmentType, EnvironmentVariable, StartBuildInput } from "@aws-sdk/client-codebuild";
import { shardVariables } from "../../../runtime/builds/programs/shards.ts";
import { type BatchBuild, type BatchEnvironment, type BatchMatrix, type BatchSection, BuildspecError } from "../buildspec.ts";

/** One build group of a batch: what its build does otherwise than the project. */
export interface GroupPlan {
  readonly identifier: string;
  readonly dependsOn: readonly string[];
  readonly ignoreFailure: boolean;
  readonly overrides: Pick<
    StartBuildInput,
    "buildspecOverride" | "computeTypeOverride" | "imageOverride" | "environmentTypeOverride" | "privilegedModeOverride"
  >;
  readonly environment: readonly EnvironmentVariable[];
  /** Come over all others: which shard of a fan-out it is. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * The groups that a buildspec's `batch` asks for.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/batch-build-buildspec.html
 * @throws BuildspecError for what cannot be carried out here
 */
export function groupsOf(batch: BatchSection): GroupPlan[] {
  const { list, graph, matrix, fanout } = batch;
  const named = list ?? graph;
  if (named !== undefined) return named.map(ofBuild);
  if (matrix !== undefined) return ofMatrix(matrix);
  if (fanout === undefined) throw new BuildspecError("batch must have one of build-list, build-graph, build-matrix, build-fanout");
  return Array.from({ length: fanout.parallelism }, (_, index) => ({
    identifier: `build_fanout_${index}`,
    dependsOn: [],
    ignoreFailure: fanout.ignoreFailure,
    overrides: {},
    environment: [],
    variables: shardVariables({ index, total: fanout.parallelism }),
  }));
}

function ofBuild({ identifier, buildspec, env, dependOn, ignoreFailure, debugSession }: BatchBuild): GroupPlan {
  if (debugSession) throw new BuildspecError(`${identifier}: debug-session is not possible here`);
  return { identifier, dependsOn: dependOn, ignoreFailure, ...overridesOf(identifier, env, buildspec), variables: {} };
}

function overridesOf(
  identifier: string,
  { computeType, image, type, fleet, privilegedMode, variables }: BatchEnvironment,
  buildspec: string | undefined,
): Pick<GroupPlan, "overrides" | "environment"> {
  if (fleet !== undefined) throw new BuildspecError(`${identifier}: there are no fleets here (${fleet})`);
  return {
    overrides: {
      ...(buildspec === undefined ? {} : { buildspecOverride: buildspec }),
      ...(computeType === undefined ? {} : { computeTypeOverride: computeType as ComputeType }),
      ...(image === undefined ? {} : { imageOverride: image }),
      ...(type === undefined ? {} : { environmentTypeOverride: type as EnvironmentType }),
      ...(privilegedMode === undefined ? {} : { privilegedModeOverride: privilegedMode }),
    },
    environment: Object.entries(variables).map(([name, value]) => ({ name, value, type: "PLAINTEXT" as const })),
  };
}

/** Every combination, the last dimension turning fastest. */
function ofMatrix({ static: fixed, dynamic }: BatchMatrix): GroupPlan[] {
  if (fixed.debugSession) throw new BuildspecError("build-matrix: debug-session is not possible for a matrix");
  const orNone = (values: readonly string[]): readonly (string | undefined)[] => (values.length === 0 ? [undefined] : values);
  const names = Object.keys(dynamic.variables);
  const dimensions = [dynamic.buildspec, dynamic.computeType, dynamic.image, dynamic.type, dynamic.fleet].map(orNone);
  const values = names.map((name) => orNone(dynamic.variables[name] ?? []));
  return combinations([...dimensions, ...values]).map(([buildspec, computeType, image, type, fleet, ...chosen], index) => {
    const identifier = `build${index}`;
    const variables = Object.fromEntries(names.flatMap((name, i) => (chosen[i] === undefined ? [] : [[name, chosen[i]]])));
    const env: BatchEnvironment = {
      computeType: computeType ?? fixed.env.computeType,
      image: image ?? fixed.env.image,
      type: type ?? fixed.env.type,
      fleet: fleet ?? fixed.env.fleet,
      privilegedMode: fixed.env.privilegedMode,
      variables: { ...fixed.env.variables, ...variables },
    };
    return { identifier, dependsOn: [], ignoreFailure: fixed.ignoreFailure, ...overridesOf(identifier, env, buildspec), variables: {} };
  });
}

function combinations<T>(dimensions: readonly (readonly T[])[]): T[][] {
  return dimensions.reduce<T[][]>((made, values) => made.flatMap((head) => values.map((value) => [...head, value])), [[]]);
}

/** What a batch's course depends on. */
export interface GroupState {
  readonly identifier: string;
  readonly dependsOn: readonly string[];
  readonly ignoreFailure: boolean;
  /** Undefined before its build was started. */
  readonly status: string | undefined;
}

export interface Course {
  /** Groups whose builds may start now. */
  readonly start: readonly string[];
  /** The group whose failure ends those that still run. */
  readonly stopFor: string | undefined;
  /** How the batch ends; undefined while something runs or may start. */
  readonly end: "SUCCEEDED" | "FAILED" | undefined;
}

/**
 * What follows from the states of all groups. A group runs once all that it depends on succeeded, or failed and may; one whose
 * dependency failed never runs. With `fastFail` the first failure stops all others.
 */
export function courseOf(groups: readonly GroupState[], fastFail: boolean): Course {
  const bad = ({ status, ignoreFailure }: GroupState): boolean =>
    status !== undefined && status !== "IN_PROGRESS" && status !== "SUCCEEDED" && !ignoreFailure;
  const failure = groups.find(bad);
  const running = groups.some(({ status }) => status === "IN_PROGRESS");
  const stopFor = fastFail ? failure?.identifier : undefined;
  const passed = new Set(groups.flatMap((group) => (isOver(group) && !bad(group) ? [group.identifier] : [])));
  const ready = groups.filter(({ status, dependsOn }) => status === undefined && dependsOn.every((id) => passed.has(id)));
  const start = stopFor === undefined ? ready.map(({ identifier }) => identifier) : [];
  const goesOn = running || start.length > 0;
  return { start, stopFor: running ? stopFor : undefined, end: goesOn ? undefined : failure === undefined ? "SUCCEEDED" : "FAILED" };
}

const isOver = ({ status }: GroupState): boolean => status !== undefined && status !== "IN_PROGRESS";
