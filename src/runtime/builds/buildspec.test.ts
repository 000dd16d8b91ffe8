import { describe, expect, it } from "vitest";
import { onFailureOf, parseBuildspec } from "./buildspec.ts";

describe("a buildspec", () => {
  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html
  it("is read whole, as YAML 1.1", () => {
    const spec = parseBuildspec(`version: 0.2
env:
  shell: bash
  variables: { A: 1.10, B: "two" }
  secrets-manager: { S: "id:key:AWSCURRENT" }
  exported-variables: [A]
  git-credential-helper: yes
phases:
  install:
    runtime-versions: { nodejs: 20, python: 3.12 }
  build:
    on-failure: RETRY-2-timed.*out
    commands:
      - |
        echo one
        echo two
      - echo three
    finally: [ "echo last" ]
reports:
  tests: { files: "**/*.xml", file-format: junitxml }
artifacts:
  files: ["**/*"]
  discard-paths: yes
  secondary-artifacts:
    docs: { files: [d/*], base-directory: "out*" }
cache: { key: k-$X, fallback-keys: [k-], paths: [node_modules/**/*] }
`);
    expect(spec.env).toMatchObject({ shell: "bash", variables: { A: "1.10", B: "two" }, gitCredentialHelper: true });
    expect(spec.phases.install?.runtimeVersions).toEqual({ nodejs: "20", python: "3.12" });
    expect(spec.phases.build).toMatchObject({
      commands: ["echo one\necho two\n", "echo three"],
      finally: ["echo last"],
      onFailure: { action: "RETRY", count: 2, pattern: "timed.*out" },
    });
    expect(spec.reports["tests"]).toMatchObject({ files: ["**/*.xml"], fileFormat: "JUNITXML" });
    expect(spec.artifacts).toMatchObject({ discardPaths: true, secondary: { docs: { baseDirectory: "out*" } } });
    expect(spec.cache).toMatchObject({ key: "k-$X", fallbackKeys: ["k-"], action: undefined });
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/batch-build-buildspec.html
  it("has batches as lists, graphs, matrices and fan-outs", () => {
    const graph = parseBuildspec(`version: 0.2
batch:
  build-graph:
    - identifier: a
    - identifier: b
      depend-on: [a]
      env: { compute-type: BUILD_GENERAL1_LARGE, variables: { X: y } }
`);
    expect(graph.batch).toMatchObject({
      fastFail: false,
      graph: [{ identifier: "a" }, { dependOn: ["a"], env: { variables: { X: "y" } } }],
    });
    const cycle =
      "version: 0.2\nbatch:\n  build-graph:\n    - { identifier: a, depend-on: [b] }\n    - { identifier: b, depend-on: [a] }\n";
    expect(() => parseBuildspec(cycle)).toThrow("depend on each other");
    const matrix = parseBuildspec("version: 0.2\nbatch:\n  build-matrix:\n    dynamic:\n      env:\n        variables: { V: [1, 2] }\n");
    expect(matrix.batch?.matrix?.dynamic.variables).toEqual({ V: ["1", "2"] });
  });

  // recorded: messages of builds on AWS; those without a known text of AWS's are assumed
  it.each([
    ["phases: {}", "version is required"],
    ["version: 0.3", "Invalid buildspec version: 0.3"],
    ["just text", "wrong number of container tags, expected 1"],
    [
      "version: 0.2\nphases:\n  build:\n    commands:\n      - echo a: b\n",
      "Expected Commands[0] to be of string type: found subkeys instead at line 5, value of the key tag on line 4 might be empty",
    ],
    [
      "version: 0.2\nphases:\n  built:\n    commands: [a]\n",
      "Invalid buildspec phase name: built. Expected: BUILD,INSTALL,POST_BUILD,PRE_BUILD",
    ],
    ["version: 0.2\nphases:\n\tbuild: x\n", "found character that cannot start any token at line 3"],
  ])("says what is wrong with %j", (text, message) => {
    expect(() => parseBuildspec(text)).toThrow(message);
  });

  // documented: https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html (phases/*/on-failure)
  it.each([
    ["RETRY", { action: "RETRY", count: 3, pattern: ".*" }],
    ["RETRY-4", { action: "RETRY", count: 4, pattern: ".*" }],
    ["RETRY-invalid+", { action: "RETRY", count: 3, pattern: "invalid+" }],
    ["Retry-3-.*connection timed out.*", { action: "RETRY", count: 3, pattern: ".*connection timed out.*" }],
    ["abort", { action: "ABORT" }],
  ])("knows on-failure: %s", (text, rule) => {
    expect(onFailureOf(text)).toEqual(rule);
    expect(() => onFailureOf("RETRY-101")).toThrow("Invalid on-failure value");
  });
});
