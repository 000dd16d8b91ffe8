import type { Context } from "../../../aws/context.ts";
import * as store from "../store.ts";
import { evaluate, type Scope } from "../template/evaluate.ts";
import { functionOf } from "../template/functions.ts";
import { isRecord, type Template, validationError } from "../template/parse.ts";
import { type Stack, type StackBody, saveBody, stackById, templateOf } from "./model.ts";
import { stackScope } from "./scope.ts";

type Output = StackBody["outputs"][number];

function evaluateOutputs(template: Template, scope: Scope): Output[] {
  const outputs: Output[] = [];
  for (const [key, output] of Object.entries(template.Outputs ?? {})) {
    if (!isRecord(output)) continue;
    if (typeof output["Condition"] === "string" && !scope.condition(output["Condition"])) continue;
    const value = evaluate(output["Value"], scope);
    if (typeof value === "object" && value !== null) {
      throw validationError(
        `Template format error: Output ${key} is malformed. The Value field of every Outputs member must evaluate to a String.`,
      );
    }
    const description = output["Description"];
    const named = isRecord(output["Export"]) ? evaluate(output["Export"]["Name"], scope) : undefined;
    outputs.push({
      key,
      value: String(value),
      ...(typeof description === "string" ? { description } : {}),
      ...(named === undefined ? {} : { exportName: String(named) }),
    });
  }
  return outputs;
}

/** Every argument of an `Fn::ImportValue` in a value. */
function importsIn(value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  const call = functionOf(value);
  if (call?.[0] === "Fn::ImportValue") return [call[1]];
  return Object.values(value).flatMap(importsIn);
}

export function importersOf(ctx: Context, name: string): string[] {
  return ctx.all(store.importersOf, { name }).map(({ stack }) => stackById(ctx, stack)?.name ?? stack);
}

/**
 * Evaluates the outputs, publishes the exports and notes the imports.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html
 * @throws AwsException ValidationError when an export's name is taken, or one in use would change or go
 */
export function publishOutputs(ctx: Context, stack: Stack): Stack {
  const template = templateOf(ctx, stack.body.desired.templateId);
  const scope = stackScope(ctx, stack, template);
  const outputs = evaluateOutputs(template, scope);
  const wanted = new Map(outputs.flatMap((one) => (one.exportName === undefined ? [] : [[one.exportName, one.value] as const])));
  for (const { name, value } of ctx.all(store.exportsOfStack, { stack: stack.id })) {
    const users = importersOf(ctx, name);
    const next = wanted.get(name);
    if (users.length > 0 && next !== value) {
      const verb = next === undefined ? "deleted" : "updated";
      throw validationError(`Export ${name} cannot be ${verb} as it is in use by ${users.join(", ")}`);
    }
    if (next === undefined) ctx.run(store.dropExport, { name });
  }
  for (const [name, value] of wanted) {
    const other = ctx.get(store.exportByName, { name });
    if (other !== undefined && other.stack !== stack.id) {
      const owner = stackById(ctx, other.stack)?.name ?? other.stack;
      throw validationError(`Export with name ${name} is already exported by stack ${owner}. `);
    }
    ctx.run(store.upsertExport, { name, value, stack: stack.id });
  }
  ctx.run(store.dropImports, { stack: stack.id });
  for (const argument of importsIn([template.Resources, template.Outputs])) {
    const name = evaluate(argument, scope);
    if (typeof name === "string") ctx.run(store.addImport, { name, stack: stack.id });
  }
  return saveBody(ctx, stack, { outputs });
}

export function withdrawOutputs(ctx: Context, stack: Stack): void {
  for (const { name } of ctx.all(store.exportsOfStack, { stack: stack.id })) ctx.run(store.dropExport, { name });
  ctx.run(store.dropImports, { stack: stack.id });
}

/** @throws AwsException ValidationError when another stack uses an export of this one */
export function refuseExportsInUse(ctx: Context, stack: Stack): void {
  for (const { name } of ctx.all(store.exportsOfStack, { stack: stack.id })) {
    const users = importersOf(ctx, name);
    if (users.length > 0) throw validationError(`Export ${name} cannot be deleted as it is in use by ${users.join(", ")}`);
  }
}
