// Runs before `npm start` and `npm test`, on whatever Node.js is there: installs what is missing and builds what is old.
// Plain JavaScript, because the Node.js that can run TypeScript is one of the things that it installs.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modified = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

function newest(path) {
  if (!existsSync(path)) return 0;
  if (!statSync(path).isDirectory()) return modified(path);
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function step(what, command, args) {
  const started = Date.now();
  process.stdout.write(`${what} … `);
  const run = spawnSync(command, args, { cwd: root, encoding: "utf8", shell: process.platform === "win32" });
  if (run.status !== 0) {
    process.stdout.write(`failed\n${run.stdout ?? ""}${run.stderr ?? ""}${run.error ?? ""}\n`);
    process.exit(1);
  }
  process.stdout.write(`${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

const node = join(root, "node_modules/.bin/node");
const marker = join(root, "node_modules/.package-lock.json");
if (!existsSync(node) || modified(marker) < modified(join(root, "package-lock.json"))) {
  // Not `npm ci`: it fails where a registry does not have the optional packages of other platforms.
  step("installing packages", "npm", ["install", "--no-save", "--no-audit", "--no-fund", "--prefer-offline"]);
}
const sources = Math.max(...["src", "cli", "console", "scripts", "package-lock.json"].map((name) => newest(join(root, name))));
if (modified(join(root, "dist/orrery.mjs")) < sources) {
  step("building", node, [join(root, "scripts/build.ts")]);
}
