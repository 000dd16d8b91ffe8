import { tupleOf, type Values } from "../../models/schema.ts";
import type { ErrorFacts } from "./errors.ts";
import { escapeXml, xmlContents } from "./xml-writer.ts";

/**
 * The error's members besides its message. Members that the schema does not have, such as S3's `<BucketName>`, are
 * written as plain text elements.
 */
export function errorMembers(facts: ErrorFacts): string {
  const known = new Set(facts.model === undefined ? [] : (tupleOf(facts.model.schema)?.[4] ?? []));
  const modelled: Values = {};
  let text = "";
  for (const [name, value] of Object.entries(facts.values)) {
    if (name === (facts.model?.messageMember ?? "message")) continue;
    if (known.has(name)) modelled[name] = value;
    else if (value !== undefined && value !== null) text += `<${name}>${escapeXml(String(value))}</${name}>`;
  }
  return facts.model === undefined ? text : xmlContents(facts.model.schema)(modelled) + text;
}
