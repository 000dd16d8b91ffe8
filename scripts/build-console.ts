import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const root = join(import.meta.dirname, "..");
const source = join(root, "console");
const output = join(root, "dist/console");
/** Smaller files do not gain. */
const LEAST_BYTES = 1_024;

function newest(path: string): number {
  if (!existsSync(path)) return 0;
  const { mtimeMs } = statSync(path);
  return statSync(path).isDirectory() ? Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name)))) : mtimeMs;
}

/** True when what is there was made from the sources as they are. */
export function consoleIsCurrent(): boolean {
  const made = newest(join(output, "index.html"));
  return made > Math.max(newest(source), newest(join(root, "package-lock.json")), newest(import.meta.filename));
}

/** Makes dist/console: one small entry, a chunk for each page, everything compressed beside itself. */
export async function buildConsole(): Promise<void> {
  const [{ build }, { default: react }] = await Promise.all([import("vite"), import("@vitejs/plugin-react")]);
  await build({
    root: source,
    base: "/_orrery/console/",
    configFile: false,
    logLevel: "warn",
    plugins: [react()],
    build: { outDir: output, emptyOutDir: true, target: "es2023", chunkSizeWarningLimit: 4_000 },
  });
  const assets = join(output, "assets");
  for (const name of readdirSync(assets)) {
    const bytes = readFileSync(join(assets, name));
    if (!/\.(js|css|svg)$/.test(name) || bytes.length < LEAST_BYTES) continue;
    writeFileSync(join(assets, `${name}.gz`), gzipSync(bytes, { level: 9 }));
    const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    writeFileSync(join(assets, `${name}.br`), brotliCompressSync(bytes, { params }));
  }
}
