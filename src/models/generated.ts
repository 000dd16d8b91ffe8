import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { OrreryError } from "../kernel/errors.ts";

let folder: string | undefined;

/**
 * The folder `generated/` beside the package root, looked for upwards from this module, so that it is found from `src/`
 * and from a bundle in `dist/` alike.
 * @throws OrreryError GeneratedCodeMissing
 */
export function generatedDir(): string {
  folder ??= find(dirname(fileURLToPath(import.meta.url)));
  return folder;
}

function find(from: string): string {
  for (let at = from; ; at = dirname(at)) {
    const candidate = join(at, "generated");
    if (existsSync(join(candidate, "services.json"))) return candidate;
    if (dirname(at) === at)
      throw new OrreryError("GeneratedCodeMissing", `no generated/services.json above ${from}: run 'npm run generate'`);
  }
}
