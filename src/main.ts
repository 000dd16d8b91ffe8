import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { AnyService } from "./aws/service.ts";
import { compose, type Orrery, type OrreryOptions } from "./compose.ts";
import { introspection } from "./introspection/endpoints.ts";

const services = await loadServices();

async function loadServices(): Promise<AnyService[]> {
  const root = join(import.meta.dirname, "services");
  const found: AnyService[] = [];
  for (const name of readdirSync(root).sort()) {
    const file = join(root, name, "index.ts");
    if (!existsSync(file)) continue;
    try {
      const module = (await import(pathToFileURL(file).href)) as Record<string, AnyService>;
      for (const value of Object.values(module)) if (typeof value === "object" && "operations" in value) found.push(value);
    } catch (error) {
      process.stderr.write(`left out ${name}: ${String(error).slice(0, 300)}\n`);
    }
  }
  return found;
}

/** Starts a cloud with every service. */
export function startOrrery(options: OrreryOptions): Promise<Orrery> {
  return compose(services, options, (orrery) => [introspection(orrery, services)]);
}
