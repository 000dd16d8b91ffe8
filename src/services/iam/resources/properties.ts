import { AwsException, unless } from "../../../aws/exception.ts";
import { text } from "../../../aws/properties.ts";
import type { Properties, ResourceRequest } from "../../../aws/resource.ts";
import { listOfTags, resourceTags } from "../../../aws/tags.ts";

/** @throws ValidationError when a required property is missing */
export function required(properties: Properties, name: string): string {
  const value = text(properties, name);
  if (value === undefined) throw new AwsException("ValidationError", `Property ${name} cannot be empty.`, { status: 400 });
  return value;
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
  const stackTags = Object.fromEntries(Object.entries(request.stackTags).filter(([key]) => !key.startsWith("aws:")));
  return listOfTags(resourceTags({ ...request, properties, stackTags }));
}

/** Waits for `work`; what is gone already is as good as deleted. Other failures are thrown on. */
export async function unlessGone(work: Promise<unknown>): Promise<void> {
  await unless("NoSuchEntityException", work);
}

/** What `previous` has and `now` has not. */
export function dropped(previous: readonly string[], now: readonly string[]): string[] {
  return previous.filter((item) => !now.includes(item));
}
