#!/usr/bin/env node
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The command's entry: Orrery needs Node.js 24, and brings it; an older Node.js only hands over. */
const NEEDED_MAJOR = 24;

if (Number(process.versions.node.split(".")[0]) >= NEEDED_MAJOR) {
  const { enableCompileCache } = await import("node:module");
  enableCompileCache();
  await import(new URL("./cli.mjs", import.meta.url).href);
} else {
  const node = fileURLToPath(new URL("../node_modules/.bin/node", import.meta.url));
  if (!existsSync(node)) {
    process.stderr.write(
      `Orrery needs Node.js ${NEEDED_MAJOR} or newer, this is ${process.versions.node}: run 'npm install' in its folder, which brings one\n`,
    );
    process.exit(1);
  }
  const [, script = "", ...args] = process.argv;
  process.exit(spawnSync(node, [script, ...args], { stdio: "inherit" }).status ?? 1);
}
