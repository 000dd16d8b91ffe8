import { join } from "node:path";
import { packageRoot } from "../kernel/package.ts";

/** The folder of what the build generates. */
export function generatedDir(): string {
  return join(packageRoot(), "generated");
}
