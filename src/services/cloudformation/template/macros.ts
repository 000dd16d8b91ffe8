import type { Context } from "../../../aws/context.ts";
import { messageOf } from "../../../kernel/errors.ts";
import * as store from "../store.ts";
import { type ParameterValue, parameterRef, parametersOf } from "./parameters.ts";
import { isRecord, type Json, type Template, validationError } from "./parse.ts";
import { textOf } from "./source.ts";

export interface MacroCall {
  readonly name: string;
  /** As the template has them: CloudFormation does not evaluate a macro's own parameters. */
  readonly params: Json;
  readonly fragment: unknown;
  readonly template: Template;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
}

/**
 * Has a macro's function process a piece of a template.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-macros-author.html
 * @throws AwsException ValidationError when there is no such macro, its function fails, or it answers with a failure
 */
export async function runMacro(ctx: Context, call: MacroCall): Promise<unknown> {
  const transform = `${ctx.account}::${call.name}`;
  const row = ctx.get(store.macroByName, { name: call.name });
  if (row === undefined) throw validationError(`No transform named ${transform} found.`);
  const definitions = parametersOf(call.template);
  const values = Object.entries(call.parameters).map(([name, value]) => [name, parameterRef(definitions.get(name), value)]);
  const requestId = ctx.cloud.ids.uuid();
  const event = {
    region: ctx.region,
    accountId: ctx.account,
    fragment: call.fragment,
    transformId: transform,
    params: call.params,
    requestId,
    templateParameterValues: Object.fromEntries(values) as Json,
  };
  const answer = await invoke(ctx, { transform, functionName: row.function, event });
  if (answer["requestId"] !== requestId) throw validationError(`Received malformed response from transform ${transform}`);
  if (String(answer["status"]).toLowerCase() !== "success") {
    const told = answer["errorMessage"];
    const why = typeof told === "string" && told !== "" ? `with: ${told}` : "without an error message";
    throw validationError(`Transform ${transform} failed ${why}.`);
  }
  return answer["fragment"];
}

async function invoke(
  ctx: Context,
  it: { readonly transform: string; readonly functionName: string; readonly event: Json },
): Promise<Json> {
  let text: string;
  try {
    const Payload = Buffer.from(JSON.stringify(it.event));
    const answer = await ctx.call("lambda", "Invoke", { FunctionName: it.functionName, Payload });
    text = await textOf(answer.Payload);
    if (answer.FunctionError !== undefined) throw validationError(text);
  } catch (error) {
    throw validationError(`Transform ${it.transform} failed with: ${messageOf(error)}.`);
  }
  try {
    const parsed: unknown = JSON.parse(text);
    if (isRecord(parsed)) return parsed;
  } catch {
    // Not JSON: the same fault as JSON that is no object.
  }
  throw validationError(`Received malformed response from transform ${it.transform}`);
}
