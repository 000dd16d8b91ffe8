/** Why an event cannot be transformed. */
export class TransformError extends Error {
  override readonly name = "TransformError";
}

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

/** What an event is told to processors of beside its message. */
export interface Surroundings {
  readonly logGroup: string;
  readonly logStream: string;
  readonly account: string;
  readonly region: string;
}

/** An event on its way through a transformer: its message, and the fields that were made of it. */
export class TransformedEvent {
  readonly message: string;
  readonly fields: Json = {};
  readonly #surroundings: Surroundings;

  constructor(message: string, surroundings: Surroundings) {
    this.message = message;
    this.#surroundings = surroundings;
  }

  /** By a path with dots, or one of the names with `@`; undefined where nothing is. */
  get(path: string): unknown {
    if (path.startsWith("@")) return this.#special(path);
    let found: unknown = this.fields;
    for (const part of path.split(".")) {
      if (Array.isArray(found)) found = found[Number(part)];
      else found = isObject(found) && Object.hasOwn(found, part) ? found[part] : undefined;
    }
    return found;
  }

  #special(name: string): unknown {
    const { logGroup, logStream, account, region } = this.#surroundings;
    const known: Json = { "@message": this.message, "@logGroupName": logGroup, "@logGroupStream": logStream, "@logStream": logStream };
    return (
      known[name] ??
      { "@accountId": account, "@regionName": region }[name] ??
      (Object.hasOwn(this.fields, name) ? this.fields[name] : undefined)
    );
  }

  /** Makes the objects on the way. */
  set(path: string, value: unknown): void {
    const parts = path.split(".");
    const last = parts.pop() ?? path;
    let at: Json = this.fields;
    for (const part of parts) {
      const next = Object.hasOwn(at, part) ? at[part] : undefined;
      const inner: Json = isObject(next) ? next : {};
      define(at, part, inner);
      at = inner;
    }
    define(at, last, value);
  }

  remove(path: string): void {
    const parts = path.split(".");
    const last = parts.pop() ?? path;
    const holder = parts.length === 0 ? this.fields : this.get(parts.join("."));
    if (isObject(holder)) delete holder[last];
  }

  /** Puts members under a destination, or at the root. */
  merge(destination: string | undefined, members: Json): void {
    if (destination === undefined) for (const [name, value] of Object.entries(members)) define(this.fields, name, value);
    else {
      const known = this.get(destination);
      this.set(destination, isObject(known) ? { ...known, ...members } : members);
    }
  }
}

/** Also where a log event names a member `__proto__`. */
function define(object: Json, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}
