import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { FunctionRecord } from "./records.ts";
import { getPart, getVersion, LATEST } from "./store.ts";

/** A function as a request names it. */
export interface FunctionRef {
  readonly name: string;
  /** Version or alias, from the name or from the request's Qualifier. */
  readonly qualifier: string | undefined;
}

/** A function that was found. */
export interface Resolved extends FunctionRef {
  readonly record: FunctionRecord;
  /** Set when the qualifier is an alias. */
  readonly alias: string | undefined;
}

const NAME =
  /^(?:arn:aws[a-zA-Z-]*:lambda:)?(?:(?<region>[a-z]{2}(?:-[a-z]+)+-\d):)?(?:(?<account>\d{12}):)?(?:function:)?(?<name>[a-zA-Z0-9-_]+)(?::(?<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?$/;

/**
 * Name, partial ARN or ARN, with or without a qualifier.
 * @throws AwsException InvalidParameterValueException when name and Qualifier name different things
 */
export function refOf(ctx: Context, text: string | undefined, qualifier?: string): FunctionRef {
  const groups = NAME.exec(text ?? "")?.groups;
  const name = groups?.["name"];
  if (name === undefined) {
    throw new AwsException("InvalidParameterValueException", `The function name ${text} is not valid.`, typed("User"));
  }
  const own = groups?.["qualifier"];
  if (own !== undefined && qualifier !== undefined && own !== qualifier) {
    const message = "The derived qualifier from the function name does not match the specified qualifier.";
    throw new AwsException("InvalidParameterValueException", message, typed("User"));
  }
  const region = groups?.["region"];
  if (region !== undefined && region !== ctx.region) {
    throw new AwsException(
      "ResourceNotFoundException",
      `Functions from '${region}' are not reachable in this region ('${ctx.region}')`,
      typed("User"),
    );
  }
  return { name, qualifier: own ?? qualifier };
}

export function typed(type: "User" | "Server"): { members: { Type: string } } {
  return { members: { Type: type } };
}

export function functionArn(ctx: Context, name: string, qualifier?: string): string {
  return ctx.arn("lambda", qualifier === undefined ? `function:${name}` : `function:${name}:${qualifier}`);
}

export function notFound(ctx: Context, ref: FunctionRef): AwsException {
  const arn = functionArn(ctx, ref.name, ref.qualifier);
  return new AwsException("ResourceNotFoundException", `Function not found: ${arn}`, typed("User"));
}

/** The version that a reference leads to; of an alias, its main one. @throws AwsException ResourceNotFoundException */
export function resolve(ctx: Context, ref: FunctionRef): Resolved {
  const { name, qualifier } = ref;
  const alias = qualifier === undefined || isVersion(qualifier) ? undefined : getPart(ctx, "alias", name, qualifier);
  if (alias === undefined && qualifier !== undefined && !isVersion(qualifier)) throw notFound(ctx, ref);
  const record = getVersion(ctx, name, alias?.version ?? qualifier ?? LATEST);
  if (record === undefined) throw notFound(ctx, ref);
  return { name, qualifier, record, alias: alias?.name };
}

/** The unpublished version, which is what changes are made to. */
export function latest(ctx: Context, text: string | undefined): FunctionRecord {
  const ref = refOf(ctx, text);
  if (ref.qualifier !== undefined && ref.qualifier !== LATEST) {
    const message =
      "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.";
    throw new AwsException("InvalidParameterValueException", message, typed("User"));
  }
  const record = getVersion(ctx, ref.name, LATEST);
  if (record === undefined) throw notFound(ctx, { name: ref.name, qualifier: undefined });
  return record;
}

export function isVersion(qualifier: string): boolean {
  return qualifier === LATEST || /^\d+$/.test(qualifier);
}

/** The caller has seen another state of the thing than the one that is there. */
export function checkRevision(given: string | undefined, current: string): void {
  if (given === undefined || given === current) return;
  const message =
    "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id";
  throw new AwsException("PreconditionFailedException", message, typed("User"));
}

export function invalid(message: string): AwsException {
  return new AwsException("InvalidParameterValueException", message, typed("User"));
}
