import { validation } from "../errors.ts";
import { type AttributeValue, type Item, normalise, type Tally } from "../values.ts";
import type { PathPart, Uses } from "./syntax.ts";
import type { ExpressionKind } from "./tokens.ts";

/** What a request gives to fill the placeholders of its expressions. */
export interface Placeholders {
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined;
  readonly ExpressionAttributeValues?: Item | undefined;
}

const NAME_KEY = /^#[A-Za-z0-9_]+$/;
const VALUE_KEY = /^:[A-Za-z0-9_]+$/;

/** The placeholders of one request, shared by its expressions; knows in the end which were not used. */
export class Bindings {
  readonly #names: Readonly<Record<string, string>>;
  readonly #values: Item;
  readonly #unused: { readonly names: Set<string>; readonly values: Set<string> };

  /**
   * @param expressions whether the request has any expression; `missing` names those it could have
   * @throws AwsException ValidationException
   */
  constructor(request: Placeholders, expressions: boolean, missing = "") {
    const names = request.ExpressionAttributeNames;
    const values = request.ExpressionAttributeValues;
    if (names !== undefined) checkNames(names, expressions);
    this.#names = names ?? {};
    this.#values = values === undefined ? {} : checkValues(values, expressions, missing);
    this.#unused = { names: new Set(Object.keys(this.#names)), values: new Set(Object.keys(this.#values)) };
  }

  /** Notes what an expression uses. @throws AwsException ValidationException for what is not given */
  use(kind: ExpressionKind, uses: Uses): void {
    for (const name of uses.names) {
      if (!Object.hasOwn(this.#names, name)) {
        throw validation(`Invalid ${kind}: An expression attribute name used in the document path is not defined; attribute name: ${name}`);
      }
      this.#unused.names.delete(name);
    }
    for (const value of uses.values) {
      if (!Object.hasOwn(this.#values, value)) {
        throw validation(`Invalid ${kind}: An expression attribute value used in expression is not defined; attribute value: ${value}`);
      }
      this.#unused.values.delete(value);
    }
  }

  /** To be called when all expressions are bound. @throws AwsException ValidationException */
  checkUnused(): void {
    const { names, values } = this.#unused;
    if (names.size > 0) {
      throw validation(`Value provided in ExpressionAttributeNames unused in expressions: keys: {${[...names].join(", ")}}`);
    }
    if (values.size > 0) {
      throw validation(`Value provided in ExpressionAttributeValues unused in expressions: keys: {${[...values].join(", ")}}`);
    }
  }

  /** Bound already: `use` has checked that it is there. */
  value(name: string): AttributeValue {
    return this.#values[name] ?? { NULL: true };
  }

  /** The attribute name behind a part of a path. */
  name(part: string): string {
    return part.startsWith("#") ? (this.#names[part] ?? part) : part;
  }

  path(parts: readonly PathPart[]): PathPart[] {
    return parts.map((part) => (typeof part === "string" ? this.name(part) : part));
  }
}

function checkNames(names: Readonly<Record<string, string>>, expressions: boolean): void {
  if (!expressions) throw validation("ExpressionAttributeNames can only be specified when using expressions");
  const keys = Object.keys(names);
  if (keys.length === 0) throw validation("ExpressionAttributeNames must not be empty");
  for (const key of keys) {
    if (!NAME_KEY.test(key)) throw validation(`ExpressionAttributeNames contains invalid key: Syntax error; key: "${key}"`);
  }
}

function checkValues(values: Item, expressions: boolean, missing: string): Item {
  if (!expressions) {
    throw validation(`ExpressionAttributeValues can only be specified when using expressions${missing === "" ? "" : `: ${missing}`}`);
  }
  const keys = Object.keys(values);
  if (keys.length === 0) throw validation("ExpressionAttributeValues must not be empty");
  const checked: Item = {};
  const tally: Tally = { size: 0, binary: false };
  for (const key of keys) {
    if (!VALUE_KEY.test(key)) throw validation(`ExpressionAttributeValues contains invalid key: Syntax error; key: "${key}"`);
    const value = values[key];
    if (value === undefined) continue;
    try {
      checked[key] = normalise(value, tally);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw validation(`ExpressionAttributeValues contains invalid value: ${error.message} for key ${key}`);
    }
  }
  return checked;
}
