import type { Context } from "../../../aws/context.ts";
import { evaluate, NO_VALUE, type Scope } from "./evaluate.ts";
import { expandLoops } from "./loops.ts";
import { runMacro } from "./macros.ts";
import type { ParameterValue } from "./parameters.ts";
import { isRecord, type Json, parseTemplate, type Template, validationError } from "./parse.ts";
import { readTemplate } from "./source.ts";

export interface TransformInput {
  /** The template as it was given. */
  readonly template: Template;
  readonly scope: Scope;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
}

/**
 * Applies the transforms: those inside of the template first, then the whole template's, in their order.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/transform-section-structure.html
 */
export async function processTemplate(ctx: Context, template: Template, input: TransformInput): Promise<Template> {
  const inner = (await expandInner(ctx, template, input)) as Template;
  const { Transform, ...rest } = inner;
  if (Transform === undefined) return rest;
  let result: Template = rest;
  for (const one of Array.isArray(Transform) ? (Transform as unknown[]) : [Transform]) {
    result = await applyTransform(ctx, result, { name: nameOf(one), parameters: parametersIn(one), input });
  }
  return result;
}

function nameOf(transform: unknown): string {
  if (typeof transform === "string") return transform;
  return isRecord(transform) ? String(transform["Name"] ?? "") : "";
}

function parametersIn(transform: unknown): Json {
  return isRecord(transform) && isRecord(transform["Parameters"]) ? transform["Parameters"] : {};
}

interface Application {
  readonly name: string;
  readonly parameters: Json;
  readonly input: TransformInput;
}

async function applyTransform(ctx: Context, template: Template, what: Application): Promise<Template> {
  if (what.name === "AWS::LanguageExtensions") return expandLoops(template, what.input.scope);
  if (what.name === "AWS::Include") {
    const included = await include(ctx, evaluated(what.parameters, what.input.scope));
    return { ...template, ...(included as Template) };
  }
  if (what.name.startsWith("AWS::")) {
    throw validationError(
      `Orrery does not implement the transform ${what.name}. Deploy the template as the transform writes it (for AWS::Serverless: 'sam package', or the CDK).`,
    );
  }
  // Macros of the whole template have no parameters that are evaluated, and see all of it but the Transform section.
  const { parameters } = what.input;
  const result = await runMacro(ctx, { name: what.name, params: what.parameters, fragment: template, template, parameters });
  if (!isRecord(result)) throw validationError("Template format error: unsupported structure.");
  return result as Template;
}

function evaluated(value: Json, scope: Scope): Json {
  const result = evaluate(value, scope);
  return result === NO_VALUE || !isRecord(result) ? {} : result;
}

async function include(ctx: Context, parameters: Json): Promise<Json> {
  const location = parameters["Location"];
  if (typeof location !== "string") throw validationError("Transform AWS::Include failed with: Location parameter is required");
  return parseTemplate(await readTemplate(ctx, location)) as Json;
}

/** `Fn::Transform` inside of the template, the deepest first. What stands beside it is the fragment that it works on. */
async function expandInner(ctx: Context, value: unknown, input: TransformInput): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((item) => expandInner(ctx, item, input)));
  if (!isRecord(value)) return value;
  const siblings: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (key !== "Fn::Transform") siblings[key] = await expandInner(ctx, item, input);
  }
  const transforms = value["Fn::Transform"];
  if (transforms === undefined) return siblings;
  let fragment: unknown = siblings;
  for (const one of Array.isArray(transforms) ? (transforms as unknown[]) : [transforms]) {
    fragment = await transformed(ctx, { transform: one, fragment }, input);
  }
  return fragment;
}

async function transformed(
  ctx: Context,
  it: { readonly transform: unknown; readonly fragment: unknown },
  input: TransformInput,
): Promise<unknown> {
  const name = nameOf(it.transform);
  const params = parametersIn(it.transform);
  if (name === "AWS::Include") {
    const snippet = await include(ctx, evaluated(params, input.scope));
    return isRecord(it.fragment) ? { ...it.fragment, ...snippet } : snippet;
  }
  if (name.startsWith("AWS::")) throw validationError(`Orrery does not implement the transform ${name} in Fn::Transform.`);
  return runMacro(ctx, { name, params, fragment: it.fragment, template: input.template, parameters: input.parameters });
}
