import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

let root: string | undefined;

/** The package's own folder, found upwards from this module: the same from `src/` and from a bundle in `dist/`. */
export function packageRoot(): string {
  root ??= find(import.meta.dirname);
  return root;
}

function find(from: string): string {
  for (let at = from; dirname(at) !== at; at = dirname(at)) if (existsSync(join(at, "package.json"))) return at;
  return from;
}
