import { AwsException, notImplemented } from "../../aws/exception.ts";
import type { Properties, ResourceRequest } from "../../aws/resource.ts";

/** Properties may come as text where the API has numbers, booleans and text of its own: these read them as the API wants them. */
export function text(properties: Properties, name: string): string | undefined {
  const value = properties[name];
  return value === undefined || value === null ? undefined : String(value);
}

export function integer(properties: Properties, name: string): number | undefined {
  const value = properties[name];
  return value === undefined || value === null ? undefined : Number(value);
}

export function flag(properties: Properties, name: string): boolean | undefined {
  const value = properties[name];
  return value === undefined || value === null ? undefined : String(value) === "true";
}

export function texts(properties: Properties, name: string): string[] | undefined {
  const value = properties[name];
  return Array.isArray(value) ? value.map(String) : undefined;
}

export function object(properties: Properties, name: string): Properties | undefined {
  const value = properties[name];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Properties) : undefined;
}

/** An object without the members that are undefined. */
export function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

export function tagsOf(request: ResourceRequest): Record<string, string> {
  const own = (request.properties["Tags"] ?? []) as readonly { readonly Key: string; readonly Value: unknown }[];
  return { ...request.stackTags, ...Object.fromEntries(own.map(({ Key, Value }) => [Key, String(Value)])) };
}

/** Runs what may find that its object is gone already. */
export async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AwsException && error.code === "ResourceNotFoundException") return undefined;
    throw error;
  }
}

/** @throws AwsException NotImplemented for properties that would be ignored */
export function refuse(type: string, properties: Properties, names: readonly string[]): void {
  for (const name of names) if (properties[name] !== undefined) throw notImplemented("lambda", type, name);
}
