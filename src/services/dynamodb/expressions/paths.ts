import { validation } from "../errors.ts";
import type { AttributeValue, Item } from "../values.ts";
import type { PathPart } from "./syntax.ts";

/** The value at a document path; undefined when any part of it is not there. */
export function valueAt(item: Item, path: readonly PathPart[]): AttributeValue | undefined {
  const [first, ...rest] = path;
  let value = typeof first === "string" ? own(item, first) : undefined;
  for (const part of rest) {
    if (value === undefined) return undefined;
    value = typeof part === "number" ? value.L?.[part] : value.M === undefined ? undefined : own(value.M, part);
  }
  return value;
}

function own(map: Item, name: string): AttributeValue | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

/** As AWS's messages write a path: `[a, b, [0]]`. */
export function showPath(path: readonly PathPart[]): string {
  return `[${path.map((part) => (typeof part === "number" ? `[${part}]` : part)).join(", ")}]`;
}

/**
 * No path may be another's beginning, nor take for a list what another takes for a map.
 * @throws AwsException ValidationException
 */
export function checkOverlaps(kind: string, paths: readonly (readonly PathPart[])[]): void {
  for (const [i, one] of paths.entries()) {
    for (const two of paths.slice(i + 1)) {
      const relation = relate(one, two);
      if (relation === undefined) continue;
      throw validation(
        `Invalid ${kind}: Two document paths ${relation} with each other; must remove or rewrite one of these paths; path one: ${showPath(one)}, path two: ${showPath(two)}`,
      );
    }
  }
}

function relate(one: readonly PathPart[], two: readonly PathPart[]): "overlap" | "conflict" | undefined {
  for (let i = 0; i < Math.min(one.length, two.length); i++) {
    if (typeof one[i] !== typeof two[i]) return "conflict";
    if (one[i] !== two[i]) return undefined;
  }
  return "overlap";
}

/** What a projection keeps: everything below a leaf, else only what its branches name. */
interface Branch {
  readonly parts: Map<PathPart, Branch>;
}

/** The parts of an item that the paths name, in the item's own structure; list elements close up. */
export function project(item: Item, paths: readonly (readonly PathPart[])[]): Item {
  const root: Branch = { parts: new Map() };
  for (const path of paths) {
    let branch = root;
    for (const part of path) {
      const next = branch.parts.get(part) ?? { parts: new Map() };
      branch.parts.set(part, next);
      branch = next;
    }
  }
  return pickMap(item, root);
}

function pickMap(map: Item, branch: Branch): Item {
  const out: Item = {};
  for (const [part, below] of branch.parts) {
    if (typeof part !== "string") continue;
    const value = own(map, part);
    const picked = value === undefined ? undefined : pick(value, below);
    if (picked !== undefined) out[part] = picked;
  }
  return out;
}

function pick(value: AttributeValue, branch: Branch): AttributeValue | undefined {
  if (branch.parts.size === 0) return value;
  if (value.M !== undefined) {
    const map = pickMap(value.M, branch);
    return Object.keys(map).length === 0 ? undefined : { M: map };
  }
  if (value.L === undefined) return undefined;
  const list: AttributeValue[] = [];
  for (const [index, element] of value.L.entries()) {
    const below = branch.parts.get(index);
    const picked = below === undefined ? undefined : pick(element, below);
    if (picked !== undefined) list.push(picked);
  }
  return list.length === 0 ? undefined : { L: list };
}
