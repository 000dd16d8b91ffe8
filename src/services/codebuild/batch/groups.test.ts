import { describe, expect, it } from "vitest";
import { parseBuildspec } from "../buildspec.ts";
import { courseOf, type GroupState, groupsOf } from "./groups.ts";

const groups = (batch: string) => {
  const section = parseBuildspec(`version: 0.2\nbatch:\n${batch}\nphases: {build: {commands: ["true"]}}`).batch;
  if (section === undefined) throw new TypeError("there is no batch");
  return groupsOf(section);
};

const group = (identifier: string, status?: string, more: Partial<GroupState> = {}): GroupState => ({
  identifier,
  dependsOn: [],
  ignoreFailure: false,
  status,
  ...more,
});

describe("the groups of a batch", () => {
  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/batch-build.html
  it("of a matrix are all combinations of what is dynamic", () => {
    const made = groups(`  build-matrix:
    static: {ignore-failure: true, env: {privileged-mode: true}}
    dynamic:
      buildspec: [matrix1.yml, matrix2.yml]
      env: {variables: {MY_VAR: [VALUE1, VALUE2, VALUE3]}}`);
    expect(made.map(({ overrides, environment }) => `${overrides.buildspecOverride} ${environment.map(({ value }) => value)}`)).toEqual([
      ...["matrix1.yml VALUE1", "matrix1.yml VALUE2", "matrix1.yml VALUE3"],
      ...["matrix2.yml VALUE1", "matrix2.yml VALUE2", "matrix2.yml VALUE3"],
    ]);
    expect(made.every(({ ignoreFailure, overrides }) => ignoreFailure && overrides.privilegedModeOverride === true)).toBe(true);
    expect(new Set(made.map(({ identifier }) => identifier)).size).toBe(6);
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/batch-build-buildspec.html
  it("of a fan-out are as many as it says, each knowing its place", () => {
    const made = groups("  build-fanout: {parallelism: 3, ignore-failure: true}");
    expect(made).toHaveLength(3);
    expect(new Set(made.map(({ variables }) => JSON.stringify(variables))).size).toBe(3);
  });

  // assumed: sessions into builds and fleets are not there, and nothing is ignored in silence
  it("that cannot be carried out are refused", () => {
    expect(() => groups("  build-list: [{identifier: a, debug-session: true}]")).toThrow("debug-session");
    expect(() => groups("  build-list: [{identifier: a, env: {fleet: f}}]")).toThrow("fleets");
    expect(() => groups("  fast-fail: true")).toThrow("must have one of");
  });
});

describe("the course of a batch", () => {
  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/batch-build.html
  it("starts what depends on nothing, and what depends on others after they succeeded", () => {
    const chain = [group("a"), group("b", undefined, { dependsOn: ["a"] }), group("c")];
    expect(courseOf(chain, false)).toEqual({ start: ["a", "c"], stopFor: undefined, end: undefined });
    expect(courseOf([group("a", "SUCCEEDED"), group("b", undefined, { dependsOn: ["a"] })], false).start).toEqual(["b"]);
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/batch-build-buildspec.html
  it("ends FAILED when all are over and one failed whose failure counts; what depends on it never runs", () => {
    const after = group("b", undefined, { dependsOn: ["a"] });
    expect(courseOf([group("a", "FAILED"), after, group("c", "IN_PROGRESS")], false)).toEqual({
      start: [],
      stopFor: undefined,
      end: undefined,
    });
    expect(courseOf([group("a", "FAILED"), after, group("c", "SUCCEEDED")], false).end).toBe("FAILED");
    expect(courseOf([group("a", "FAILED", { ignoreFailure: true }), after], false).start).toEqual(["b"]);
    expect(courseOf([group("a", "FAILED", { ignoreFailure: true }), group("b", "SUCCEEDED")], false).end).toBe("SUCCEEDED");
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/batch-build-buildspec.html
  it("with fast-fail stops all others at the first failure", () => {
    const course = courseOf([group("a", "TIMED_OUT"), group("b", "IN_PROGRESS"), group("c")], true);
    expect(course).toEqual({ start: [], stopFor: "a", end: undefined });
    expect(courseOf([group("a", "FAILED"), group("b", "STOPPED")], true).end).toBe("FAILED");
  });
});
