import { members, requiredCount, type Schema, traitsOf } from "./schema.ts";

export type BindingKind = "label" | "query" | "queryParams" | "header" | "prefix" | "payload" | "status" | "body";

/** Where a member travels in HTTP. */
export interface Binding {
  readonly name: string;
  readonly schema: Schema;
  readonly kind: BindingKind;
  /** Name on the wire: query key, lower-case header, header prefix; empty for the others. */
  readonly wire: string;
  readonly required: boolean;
}

export function inputBindings(schema: Schema): Binding[] {
  const required = requiredCount(schema);
  return members(schema).map(([name, member], index) => ({ ...place(name, member), name, schema: member, required: index < required }));
}

/** Labels and query keys mean nothing in a response: such members are in the body. */
export function outputBindings(schema: Schema): Binding[] {
  return inputBindings(schema).map((binding) =>
    binding.kind === "label" || binding.kind === "query" || binding.kind === "queryParams"
      ? { ...binding, kind: "body", wire: "" }
      : binding,
  );
}

function place(name: string, member: Schema): Pick<Binding, "kind" | "wire"> {
  const traits = traitsOf(member);
  if (traits.httpLabel) return { kind: "label", wire: name };
  if (traits.httpQuery !== undefined) return { kind: "query", wire: traits.httpQuery };
  if (traits.httpQueryParams) return { kind: "queryParams", wire: "" };
  if (traits.httpHeader !== undefined) return { kind: "header", wire: traits.httpHeader.toLowerCase() };
  if (traits.httpPrefixHeaders !== undefined) return { kind: "prefix", wire: traits.httpPrefixHeaders.toLowerCase() };
  if (traits.httpPayload) return { kind: "payload", wire: "" };
  if (traits.httpResponseCode) return { kind: "status", wire: "" };
  return { kind: "body", wire: "" };
}
