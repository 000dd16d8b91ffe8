import { selectPath } from "./json-path.ts";

/** How a target turns an event into what it receives; at most one of the three is given. */
export interface TargetInput {
  readonly Input?: string | undefined;
  readonly InputPath?: string | undefined;
  readonly InputTransformer?:
    | { readonly InputPathsMap?: Readonly<Record<string, string>> | undefined; readonly InputTemplate: string | undefined }
    | undefined;
}

/** What the reserved variables stand for. */
export interface RuleFacts {
  readonly ruleArn: string;
  readonly ruleName: string;
  /** ISO 8601. */
  readonly ingestionTime: string;
}

type Event = Readonly<Record<string, unknown>>;

/**
 * The text that a target receives: the event, a part of it, a constant, or a filled template.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
export function targetInput(target: TargetInput, event: Event, facts: RuleFacts): string {
  if (target.InputTransformer !== undefined) {
    const { InputPathsMap, InputTemplate } = target.InputTransformer;
    return fillTemplate(InputTemplate ?? "", variables(InputPathsMap ?? {}, event, facts));
  }
  if (target.Input !== undefined) return target.Input;
  if (target.InputPath !== undefined) return JSON.stringify(selectPath(event, target.InputPath) ?? {});
  return JSON.stringify(event);
}

/** Values by variable name; a path that finds nothing gives no variable. */
function variables(paths: Readonly<Record<string, string>>, event: Event, facts: RuleFacts): ReadonlyMap<string, unknown> {
  const { detail: _, ...envelope } = event;
  const found = new Map<string, unknown>([
    ["aws.events.rule-arn", facts.ruleArn],
    ["aws.events.rule-name", facts.ruleName],
    ["aws.events.event.ingestion-time", facts.ingestionTime],
    ["aws.events.event", envelope],
    ["aws.events.event.json", event],
  ]);
  for (const [name, path] of Object.entries(paths)) {
    const value = selectPath(event, path);
    if (value !== undefined) found.set(name, value);
  }
  return found;
}

/**
 * Outside of quotes a variable becomes JSON, so that strings bring their own quotes; inside quotes its plain text is put
 * in, and of objects and arrays the quotes are taken out, as AWS does. Lines of quoted text become plain text.
 */
function fillTemplate(template: string, values: ReadonlyMap<string, unknown>): string {
  let result = "";
  let quoted = false;
  for (let i = 0; i < template.length; i++) {
    const character = template[i] ?? "";
    const [whole, name = ""] = character === "<" ? (/^<([^<>\s]+)>/.exec(template.slice(i, i + 300)) ?? []) : [];
    if (whole !== undefined) {
      if (values.has(name)) result += quoted ? inside(values.get(name)) : JSON.stringify(values.get(name));
      i += whole.length - 1;
    } else if (character === "\\" && quoted) {
      result += character + (template[++i] ?? "");
    } else {
      if (character === '"') quoted = !quoted;
      result += character;
    }
  }
  return result;
}

function inside(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value).slice(1, -1);
  return JSON.stringify(value).replaceAll('"', "");
}

/** Names in a template that are neither reserved nor in the map. */
export function undefinedVariables(template: string, paths: Readonly<Record<string, string>>): string[] {
  const used = [...template.matchAll(/<([^<>\s]+)>/g)].map(([, name = ""]) => name);
  return used.filter((name) => !name.startsWith("aws.events.") && !Object.hasOwn(paths, name));
}
