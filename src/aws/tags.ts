import type { ResourceRequest } from "./resource.ts";

/** Key to value. Limits and what is reserved differ by service, and are theirs. */
export type Tags = Readonly<Record<string, string>>;

/** As most APIs carry them. */
export type TagList = readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[];

/** The last of two with one key wins. */
export function tagsOfList(list: TagList | undefined): Record<string, string> {
  return Object.fromEntries((list ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
}

export function listOfTags(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

export function withoutTags(tags: Tags, keys: readonly string[] | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => keys?.includes(key) !== true));
}

/**
 * The tags of a resource in a stack: its property `Tags`, be it a list or a map, over those of the stack.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-resource-tags.html
 */
export function resourceTags({ properties, stackTags }: ResourceRequest): Record<string, string> {
  const own = properties["Tags"] ?? [];
  const entries = Array.isArray(own)
    ? own.map(({ Key, Value }: { readonly Key?: unknown; readonly Value?: unknown }) => [String(Key ?? ""), String(Value ?? "")])
    : Object.entries(own).map(([key, value]) => [key, String(value)]);
  return { ...stackTags, ...(Object.fromEntries(entries) as Record<string, string>) };
}
