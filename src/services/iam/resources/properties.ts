import { AwsException } from "../../../aws/exception.ts";
import type { Properties, ResourceRequest } from "../../../aws/resource.ts";

/** Text of a property; numbers and booleans as their text. Undefined when it is not there. */
export function text(properties: Properties, name: string): string | undefined {
  const value = properties[name];
  return value === undefined || value === null ? undefined : String(value);
}

/** @throws ValidationError when a required property is missing */
export function required(properties: Properties, name: string): string {
  const value = text(properties, name);
  if (value === undefined) throw new AwsException("ValidationError", `Property ${name} cannot be empty.`, { status: 400 });
  return value;
}

export function integer(properties: Properties, name: string): number | undefined {
  const value = text(properties, name);
  return value === undefined ? undefined : Number(value);
}

export function texts(properties: Properties, name: string): string[] {
  const value = properties[name];
  return Array.isArray(value) ? value.map(String) : [];
}

/** A policy document: an object in most templates, a string in some. */
export function document(properties: Properties, name: string): string {
  const value = properties[name];
  return typeof value === "string" ? value : JSON.stringify(value ?? {});
}

/** `Policies` of users, roles and groups: name to document. */
export function inlinePolicies(properties: Properties): Map<string, string> {
  const list = properties["Policies"];
  const entries = Array.isArray(list) ? (list as Properties[]) : [];
  return new Map(entries.map((entry) => [required(entry, "PolicyName"), document(entry, "PolicyDocument")]));
}

/** The resource's own tags over the stack's. IAM takes no tags in the `aws:` namespace from callers, so those stay out. */
export function tagList(request: ResourceRequest, properties: Properties = request.properties): { Key: string; Value: string }[] {
  const own = Array.isArray(properties["Tags"]) ? (properties["Tags"] as Properties[]) : [];
  const merged = new Map(Object.entries(request.stackTags).filter(([key]) => !key.startsWith("aws:")));
  for (const tag of own) merged.set(required(tag, "Key"), text(tag, "Value") ?? "");
  return [...merged].map(([Key, Value]) => ({ Key, Value }));
}

/** Members that are there, for inputs whose members are optional. */
export function given<T extends Record<string, unknown>>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** Waits for `work`; what is gone already is as good as deleted. Other failures are thrown on. */
export async function unlessGone(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof AwsException && error.code === "NoSuchEntityException")) throw error;
  }
}

/** What `previous` has and `now` has not. */
export function dropped(previous: readonly string[], now: readonly string[]): string[] {
  return previous.filter((item) => !now.includes(item));
}
