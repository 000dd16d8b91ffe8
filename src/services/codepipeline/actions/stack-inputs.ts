import { inputNamed, readArtifactFile } from "./artifacts.ts";
import { ActionFailure } from "./failures.ts";
import type { ActionRun } from "./provider.ts";

export interface StackConfiguration {
  readonly parameters: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>> | undefined;
  /** JSON. */
  readonly stackPolicy: string | undefined;
}

const invalid = (message: string): ActionFailure => new ActionFailure("ConfigurationError", message);

/** `Artifact::path/in/it`. @throws ActionFailure */
export function splitPath(member: string, value: string): { readonly artifact: string; readonly path: string } {
  const [artifact = "", path = "", ...more] = value.split("::");
  if (artifact === "" || path === "" || more.length > 0)
    throw invalid(`${member} must be of the form ArtifactName::FileName, not ${value}`);
  return { artifact, path };
}

/** The text that a `TemplatePath` or `TemplateConfiguration` names. */
export async function readPath(run: ActionRun, member: string, value: string): Promise<string> {
  const { artifact, path } = splitPath(member, value);
  return await readArtifactFile(run, inputNamed(run, artifact), path);
}

function objectOf(text: string, what: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Not JSON: the same fault as JSON that is no object.
  }
  throw invalid(`${what} is not a JSON object.`);
}

function texts(value: unknown, what: string): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw invalid(`${what} is not a JSON object.`);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]: [string, unknown]) => {
      if (typeof item === "object") throw invalid(`The value of ${key} in ${what} is not a string.`);
      return [key, String(item)];
    }),
  );
}

/**
 * A template configuration file: `Parameters`, `Tags` and `StackPolicy`.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-cfn-artifacts.html
 */
export function parseConfiguration(text: string): StackConfiguration {
  const { Parameters, Tags, StackPolicy } = objectOf(text, "The template configuration file");
  return {
    parameters: texts(Parameters, "Parameters"),
    tags: Tags === undefined ? undefined : texts(Tags, "Tags"),
    stackPolicy: StackPolicy === undefined ? undefined : JSON.stringify(StackPolicy),
  };
}

/** What the functions of parameter overrides ask of artifacts. */
export interface OverrideSource {
  attribute(artifact: string, name: string): Promise<string>;
  parameter(artifact: string, file: string, key: string): Promise<string>;
}

/**
 * `ParameterOverrides`: values are texts, `Fn::GetArtifactAtt` or `Fn::GetParam`.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-parameter-override-functions.html
 */
export async function parseOverrides(text: string | undefined, source: OverrideSource): Promise<Record<string, string>> {
  if (text === undefined || text === "") return {};
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(objectOf(text, "ParameterOverrides"))) found[name] = await overrideOf(name, value, source);
  return found;
}

async function overrideOf(name: string, value: unknown, source: OverrideSource): Promise<string> {
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return value.map(String).join(",");
  const [[key, given] = [], ...more] = Object.entries(value ?? {});
  const words: readonly string[] = Array.isArray(given) ? given.map(String) : [];
  const [artifact = "", second = "", third = ""] = words;
  if (more.length === 0 && key === "Fn::GetArtifactAtt" && words.length === 2) return await source.attribute(artifact, second);
  if (more.length === 0 && key === "Fn::GetParam" && words.length === 3) return await source.parameter(artifact, second, third);
  throw invalid(`The value of the parameter override ${name} is neither a string nor Fn::GetArtifactAtt nor Fn::GetParam.`);
}

/** The functions as they are answered by the inputs of an action. */
export function overrideSource(run: ActionRun): OverrideSource {
  return {
    attribute: async (name, attribute) => {
      const artifact = inputNamed(run, name);
      if (attribute === "BucketName") return artifact.bucket;
      if (attribute === "ObjectKey") return artifact.key;
      if (attribute === "URL") return `https://s3.${run.region}.amazonaws.com/${artifact.bucket}/${artifact.key}`;
      throw invalid(`Fn::GetArtifactAtt knows BucketName, ObjectKey and URL, not ${attribute}`);
    },
    parameter: async (name, file, key) => {
      const value = objectOf(await readArtifactFile(run, inputNamed(run, name), file), `${file} in ${name}`)[key];
      if (value === undefined) throw invalid(`${file} in ${name} has no key ${key}`);
      return typeof value === "object" ? JSON.stringify(value) : String(value);
    },
  };
}
