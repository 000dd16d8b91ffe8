import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { callerIdentity } from "./calls.ts";
import { cpuMs, freePort, startOrrery } from "./server.ts";

const BROWSER = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];
const PAINT_BUDGET_MS = 1_000;
const MOST_SHARE = 0.05;
const PAIRS = 2;
const PAINTS = 5;

type Note = (what: string, value: string, target: string, met?: boolean) => void;

/** How soon the console is there, and what it costs the loop to be watched; needs Chromium. */
export async function consoleFigures(note: Note): Promise<void> {
  if (BROWSER === undefined) {
    console.log("the console's figures need chromium");
    return;
  }
  const paint = await firstPaint();
  note("console: first contentful paint, cold", `${paint.toFixed(0)} ms`, `< ${PAINT_BUDGET_MS} ms`, paint < PAINT_BUDGET_MS);
  const runs = { closed: [] as number[], open: [] as number[] };
  // They take turns, since the neighbours of a virtual machine come and go.
  for (let i = 0; i < PAIRS; i++) {
    runs.closed.push(await demo(false));
    runs.open.push(await demo(true));
  }
  const [closed, open] = [Math.min(...runs.closed), Math.min(...runs.open)];
  const more = open / closed - 1;
  const value = `${(closed / 1_000).toFixed(1)} → ${(open / 1_000).toFixed(1)} s, ${(100 * more).toFixed(1)} % more`;
  note("CPU of Orrery over the demo, console closed → open", value, `< ${100 * MOST_SHARE} % more`, more < MOST_SHARE);
}

async function withPage<T>(work: (page: Page) => Promise<T>): Promise<T> {
  const browser = await chromium.launch({ executablePath: BROWSER as string, args: FLAGS });
  try {
    return await work(await browser.newPage({ viewport: { width: 1440, height: 900 } }));
  } finally {
    await browser.close();
  }
}

async function firstPaint(): Promise<number> {
  const server = await startOrrery(async (port) => callerIdentity(port));
  const times: number[] = [];
  for (let i = 0; i < PAINTS; i++) {
    times.push(
      await withPage(async (page) => {
        await page.goto(`http://127.0.0.1:${server.port}/_orrery/console`);
        await page.locator("h1").first().waitFor();
        return page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.POSITIVE_INFINITY);
      }),
    );
  }
  await server.stop();
  return times.toSorted((a, b) => a - b)[Math.floor(PAINTS / 2)] ?? Number.POSITIVE_INFINITY;
}

/** The story of a good and a bad commit, its own process's CPU in ms; its builds and functions are processes of their own. */
async function demo(watched: boolean): Promise<number> {
  const data = mkdtempSync(join(tmpdir(), "orrery-bench-"));
  const port = await freePort();
  const cli = join(import.meta.dirname, "..", "dist/orrery.mjs");
  const child = spawn(process.execPath, [cli, "demo", "--exit", "--port", String(port), "--data", data], { stdio: "ignore" });
  const ended = new Promise<number>((done) => child.once("exit", (code) => done(code ?? 1)));
  let used = 0;
  const watch = setInterval(() => {
    if (child.pid !== undefined && child.exitCode === null) used = Math.max(used, cpuMs(child.pid));
  }, 50);
  const code = watched
    ? await withPage(async (page) => {
        await reach(page, `http://127.0.0.1:${port}/_orrery/console`);
        return ended;
      })
    : await ended;
  clearInterval(watch);
  rmSync(data, { recursive: true, force: true });
  if (code !== 0) throw new RangeError(`the demo ended with ${code}`);
  return used;
}

async function reach(page: Page, url: string): Promise<void> {
  for (;;) {
    try {
      await page.goto(url);
      return;
    } catch {
      await new Promise((next) => setTimeout(next, 50));
    }
  }
}
