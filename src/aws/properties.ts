import type { Properties } from "./resource.ts";

/**
 * Templates may give as text what an API takes as a number or a boolean, and the other way round: these read a property
 * as the API wants it. Each is undefined when the property is not there.
 */
export function text(properties: Properties, name: string): string | undefined {
  const value = properties[name];
  return value === undefined || value === null ? undefined : String(value);
}

export function integer(properties: Properties, name: string): number | undefined {
  const value = text(properties, name);
  return value === undefined ? undefined : Number(value);
}

export function flag(properties: Properties, name: string): boolean | undefined {
  const value = text(properties, name);
  return value === undefined ? undefined : value === "true";
}

export function texts(properties: Properties, name: string): string[] | undefined {
  const value = properties[name];
  return Array.isArray(value) ? value.map(String) : undefined;
}

/** An object within the properties. */
export function section(properties: Properties, name: string): Properties | undefined {
  const value = properties[name];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Properties) : undefined;
}

/** The members that are there, for inputs whose members are optional. */
export function given<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
