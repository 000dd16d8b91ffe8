import type { Command } from "./syntax.ts";

type Named = Readonly<Record<string, number>>;

/**
 * The commands with constants in place of what asks for the time that is queried, which is `[from, to)` in virtual ms.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html#CWL_QuerySyntax-general-functions
 */
export function inWindow(commands: readonly Command[], from: number, to: number): readonly Command[] {
  // StartQuery takes whole seconds or ms, and both of its ends are in.
  const end = to % 1_000 === 0 ? to - 1_000 : to - 1;
  return replaced(commands, { querystarttime: from, queryendtime: end, querytimerange: end - from }) as readonly Command[];
}

function replaced(part: unknown, values: Named): unknown {
  if (Array.isArray(part)) return part.map((item) => replaced(item, values));
  if (typeof part !== "object" || part === null || Object.getPrototypeOf(part) !== Object.prototype) return part;
  const { kind, name } = part as { readonly kind?: unknown; readonly name?: unknown };
  const value = kind === "call" && typeof name === "string" && Object.hasOwn(values, name) ? values[name] : undefined;
  if (value !== undefined) return { kind: "value", value };
  return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, replaced(inner, values)]));
}
