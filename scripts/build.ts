import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { buildConsole, consoleIsCurrent } from "./build-console.ts";
import { generateResourceSpec } from "./generate-resource-spec.ts";
import { generateSchemas } from "./generate-schemas.ts";

/** Makes generated/ (schemas, resource metadata) and dist/ (one bundle, services in chunks). Fast when nothing changed. */
const root = join(import.meta.dirname, "..");
await generateSchemas();
await generateResourceSpec();
const dist = join(root, "dist");
// The console takes seconds and changes seldom: what is current of it stays.
const kept = consoleIsCurrent() ? ["console"] : [];
for (const name of existsSync(dist) ? readdirSync(dist) : [])
  if (!kept.includes(name)) rmSync(join(dist, name), { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: {
    cli: "cli/orrery.ts",
    orrery: "cli/launch.ts",
    testing: "src/testing/index.ts",
    programs: "src/runtime/builds/programs/main.ts",
  },
  outdir: "dist",
  outExtension: { ".js": ".mjs" },
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node24",
  minifySyntax: true,
  minifyWhitespace: true,
  // CommonJS packages inside an ES module bundle still call require for Node's own modules.
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  external: ["./cli.mjs", "@aws-sdk/client-*"],
  logLevel: "warning",
});
const bootstrap = join(root, "src/runtime/processes/bootstrap");
if (existsSync(bootstrap)) cpSync(bootstrap, join(root, "dist/bootstrap"), { recursive: true });
// What CloudFormation puts beside inline code of functions.
cpSync(join(root, "src/services/lambda/inline"), join(root, "dist/inline"), { recursive: true });
const start = "export declare function startOrrery(options?: StartOptions): Promise<TestCloud>;";
writeFileSync(
  join(root, "dist/testing.d.ts"),
  `${readFileSync(join(root, "src/testing/api.ts"), "utf8")}\n/** Starts a cloud in this process, on a free port of the loopback interface. */\n${start}\n`,
);
if (kept.length === 0) await buildConsole();
