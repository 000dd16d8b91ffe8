import { expect, test } from "vitest";
import { environmentOf, failureText } from "./builds.ts";
import { buildspecOf } from "./commands.ts";
import { contentTypeOf, objectKeyOf } from "./s3-deploy.ts";
import { parseConfiguration, parseOverrides, splitPath } from "./stack-inputs.ts";
import { parseStrategy } from "./strategy.ts";

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-LambdaDeploy.html
test.each([
  ["AllAtOnce", { shares: [100], minutes: 0 }],
  ["Canary10Percent5Minutes", { shares: [10, 100], minutes: 5 }],
  ["Linear30PercentEvery1Minute", { shares: [30, 60, 90, 100], minutes: 1 }],
  ["Linear50PercentEvery10Minutes", { shares: [50, 100], minutes: 10 }],
  ["Linear1PercentEvery60Minutes", undefined],
  ["Canary0Percent5Minutes", undefined],
  ["Fast", undefined],
])("the strategy %s", (text, expected) => {
  expect(parseStrategy(text)).toEqual(expected);
});

// assumed: the wording of the console
test("a build that failed is told with its phase, code and message", () => {
  const phases = [
    { phaseType: "INSTALL", phaseStatus: "SUCCEEDED" },
    { phaseType: "BUILD", phaseStatus: "FAILED", contexts: [{ statusCode: "COMMAND_EXECUTION_ERROR", message: "exit status 1" }] },
  ] as const;
  expect(failureText("FAILED", phases as never)).toBe(
    "Build terminated with state: FAILED. Phase: BUILD, Code: COMMAND_EXECUTION_ERROR, Message: exit status 1",
  );
  expect(failureText("STOPPED", [])).toBe("Build terminated with state: STOPPED");
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeBuild.html
test("EnvironmentVariables are a JSON list of name, value and type", () => {
  expect(environmentOf('[{"name":"A","value":"1"},{"name":"B","value":"p","type":"PARAMETER_STORE"}]')).toEqual([
    { name: "A", value: "1", type: "PLAINTEXT" },
    { name: "B", value: "p", type: "PARAMETER_STORE" },
  ]);
  expect(() => environmentOf("{}")).toThrow("EnvironmentVariables");
  expect(() => environmentOf("nonsense")).toThrow("EnvironmentVariables");
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Commands.html
test("commands become a buildspec with exported variables and files", () => {
  const output = { name: "Out", bucket: "b", key: "k", files: ["**/"] };
  expect(JSON.parse(buildspecOf({ commands: ["ls"], outputVariables: ["V"], outputs: [output] }))).toEqual({
    version: 0.2,
    env: { "exported-variables": ["V"] },
    phases: { build: { commands: ["ls"] } },
    artifacts: { files: ["**/*"] },
  });
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-parameter-override-functions.html
test("parameter overrides are texts, attributes of artifacts and values of their files", async () => {
  const source = {
    attribute: async (artifact: string, name: string) => `${artifact}.${name}`,
    parameter: async (artifact: string, file: string, key: string) => `${artifact}/${file}#${key}`,
  };
  const overrides = { A: "a", N: 3, B: { "Fn::GetArtifactAtt": ["App", "URL"] }, C: { "Fn::GetParam": ["App", "f.json", "k"] } };
  expect(await parseOverrides(JSON.stringify(overrides), source)).toEqual({ A: "a", N: "3", B: "App.URL", C: "App/f.json#k" });
  await expect(parseOverrides('{"A":{"Ref":"B"}}', source)).rejects.toThrow("neither a string nor Fn::GetArtifactAtt");
  await expect(parseOverrides("[]", source)).rejects.toThrow("ParameterOverrides is not a JSON object");
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-cfn-artifacts.html
test("a template configuration file has parameters, tags and a stack policy", () => {
  expect(parseConfiguration('{"Parameters":{"A":"1"},"Tags":{"t":"v"},"StackPolicy":{"Statement":[]}}')).toEqual({
    parameters: { A: "1" },
    tags: { t: "v" },
    stackPolicy: '{"Statement":[]}',
  });
  expect(splitPath("TemplatePath", "App::a/t.yml")).toEqual({ artifact: "App", path: "a/t.yml" });
  expect(() => splitPath("TemplatePath", "t.yml")).toThrow("ArtifactName::FileName");
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/tutorials-s3deploy.html
test("keys of an S3 deployment may hold the time and the run; types go by the name", () => {
  const run = { startedAt: Date.UTC(2026, 0, 2, 3, 4, 5), actionExecutionId: "u" };
  expect(objectKeyOf("a/{datetime}/{uuid}", run)).toBe("a/2026-01-02_03-04-05/u");
  expect(contentTypeOf("a/INDEX.HTML")).toBe("text/html");
  expect(contentTypeOf("a")).toBe("application/octet-stream");
});
