import type { YAMLMap } from "yaml";
import { BuildspecError, type BuildspecReader } from "./buildspec-read.ts";

/** What one build of a batch does otherwise than the project. */
export interface BatchEnvironment {
  readonly computeType: string | undefined;
  readonly image: string | undefined;
  readonly type: string | undefined;
  readonly privilegedMode: boolean | undefined;
  readonly fleet: string | undefined;
  readonly variables: Readonly<Record<string, string>>;
}

export interface BatchBuild {
  readonly identifier: string;
  readonly buildspec: string | undefined;
  readonly env: BatchEnvironment;
  /** Identifiers that must have succeeded; only in a graph. */
  readonly dependOn: readonly string[];
  readonly ignoreFailure: boolean;
  readonly debugSession: boolean;
}

/** A list of values for each dimension; an empty one stands for "as the project". */
export interface BatchMatrix {
  readonly static: { readonly ignoreFailure: boolean; readonly debugSession: boolean; readonly env: BatchEnvironment };
  readonly dynamic: {
    readonly buildspec: readonly string[];
    readonly computeType: readonly string[];
    readonly image: readonly string[];
    readonly type: readonly string[];
    readonly fleet: readonly string[];
    readonly variables: Readonly<Record<string, readonly string[]>>;
  };
}

export interface BatchFanout {
  readonly parallelism: number;
  readonly ignoreFailure: boolean;
}

/** https://docs.aws.amazon.com/codebuild/latest/userguide/batch-build-buildspec.html: one of the four kinds. */
export interface BatchSection {
  readonly fastFail: boolean;
  readonly list: readonly BatchBuild[] | undefined;
  readonly graph: readonly BatchBuild[] | undefined;
  readonly matrix: BatchMatrix | undefined;
  readonly fanout: BatchFanout | undefined;
}

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const KINDS = ["build-list", "build-graph", "build-matrix", "build-fanout"] as const;

/** @throws BuildspecError */
export function readBatch(reader: BuildspecReader, batch: YAMLMap): BatchSection {
  const kinds = KINDS.filter((kind) => reader.child(batch, kind) !== undefined);
  if (kinds.length > 1) throw new BuildspecError(`Only one of ${KINDS.join(", ")} is allowed in batch`);
  const matrix = reader.map(batch, "build-matrix", "batch.build-matrix");
  const fanout = reader.map(batch, "build-fanout", "batch.build-fanout");
  return {
    fastFail: reader.flag(batch, "fast-fail", "batch.fast-fail") ?? false,
    list: readBuilds(reader, batch, "build-list"),
    graph: readBuilds(reader, batch, "build-graph"),
    matrix: matrix === undefined ? undefined : readMatrix(reader, matrix),
    fanout: fanout === undefined ? undefined : readFanout(reader, fanout),
  };
}

function readBuilds(reader: BuildspecReader, batch: YAMLMap, kind: "build-list" | "build-graph"): BatchBuild[] | undefined {
  const builds = reader.maps(batch, kind, `batch.${kind}`)?.map((build, i) => readBuild(reader, build, `batch.${kind}[${i}]`));
  if (builds === undefined) return undefined;
  const known = new Set<string>();
  for (const { identifier } of builds) {
    if (known.has(identifier)) throw new BuildspecError(`Duplicate identifier in batch: ${identifier}`);
    known.add(identifier);
  }
  for (const { identifier, dependOn } of builds) {
    for (const other of dependOn) {
      if (!known.has(other)) throw new BuildspecError(`Build ${identifier} depends on ${other}, which is not in the batch`);
    }
  }
  checkCycles(builds);
  return builds;
}

function checkCycles(builds: readonly BatchBuild[]): void {
  const done = new Set<string>();
  for (let left = builds; left.length > 0; ) {
    const ready = left.filter(({ dependOn }) => dependOn.every((id) => done.has(id)));
    if (ready.length === 0) throw new BuildspecError(`Builds depend on each other: ${left.map(({ identifier }) => identifier).join(", ")}`);
    for (const { identifier } of ready) done.add(identifier);
    left = left.filter((build) => !ready.includes(build));
  }
}

function readBuild(reader: BuildspecReader, build: YAMLMap, path: string): BatchBuild {
  const identifier = reader.text(build, "identifier", `${path}.identifier`);
  if (identifier === undefined || !IDENTIFIER.test(identifier)) throw new BuildspecError(`${path}: identifier is required`);
  const env = reader.map(build, "env", `${path}.env`);
  return {
    identifier,
    buildspec: reader.text(build, "buildspec", `${path}.buildspec`),
    env: readEnvironment(reader, env, `${path}.env`),
    dependOn: reader.texts(build, "depend-on", `${path}.depend-on`) ?? [],
    ignoreFailure: reader.flag(build, "ignore-failure", `${path}.ignore-failure`) ?? false,
    debugSession: reader.flag(build, "debug-session", `${path}.debug-session`) ?? false,
  };
}

function readEnvironment(reader: BuildspecReader, env: YAMLMap | undefined, path: string): BatchEnvironment {
  const text = (key: string) => (env === undefined ? undefined : reader.text(env, key, `${path}.${key}`));
  return {
    computeType: text("compute-type"),
    image: text("image"),
    type: text("type"),
    fleet: text("fleet"),
    privilegedMode: env === undefined ? undefined : reader.flag(env, "privileged-mode", `${path}.privileged-mode`),
    variables: (env === undefined ? undefined : reader.textMap(env, "variables", `${path}.variables`)) ?? {},
  };
}

function readMatrix(reader: BuildspecReader, matrix: YAMLMap): BatchMatrix {
  const fixed = reader.map(matrix, "static", "batch.build-matrix.static");
  const dynamic = reader.map(matrix, "dynamic", "batch.build-matrix.dynamic");
  const env = dynamic === undefined ? undefined : reader.map(dynamic, "env", "batch.build-matrix.dynamic.env");
  const texts = (key: string) => (env === undefined ? undefined : reader.texts(env, key, `batch.build-matrix.dynamic.env.${key}`)) ?? [];
  const variables = env === undefined ? undefined : reader.map(env, "variables", "batch.build-matrix.dynamic.env.variables");
  const values = (name: string) => (variables === undefined ? [] : (reader.texts(variables, name, name) ?? []));
  const fixedEnv = fixed === undefined ? undefined : reader.map(fixed, "env", "batch.build-matrix.static.env");
  const flag = (key: string) => (fixed === undefined ? undefined : reader.flag(fixed, key, `batch.build-matrix.static.${key}`)) ?? false;
  return {
    static: {
      ignoreFailure: flag("ignore-failure"),
      debugSession: flag("debug-session"),
      env: readEnvironment(reader, fixedEnv, "batch.build-matrix.static.env"),
    },
    dynamic: {
      buildspec: (dynamic === undefined ? undefined : reader.texts(dynamic, "buildspec", "batch.build-matrix.dynamic.buildspec")) ?? [],
      computeType: texts("compute-type"),
      image: texts("image"),
      type: texts("type"),
      fleet: texts("fleet"),
      variables: variables === undefined ? {} : Object.fromEntries(reader.keys(variables).map((name) => [name, values(name)])),
    },
  };
}

function readFanout(reader: BuildspecReader, fanout: YAMLMap): BatchFanout {
  const parallelism = Number(reader.text(fanout, "parallelism", "batch.build-fanout.parallelism") ?? Number.NaN);
  if (!Number.isInteger(parallelism) || parallelism < 1) throw new BuildspecError("batch.build-fanout: parallelism is required");
  return { parallelism, ignoreFailure: reader.flag(fanout, "ignore-failure", "batch.build-fanout.ignore-failure") ?? false };
}
