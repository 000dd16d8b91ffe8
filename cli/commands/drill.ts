import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import pc from "picocolors";
import { print, printJson, span } from "../print.ts";
import { printStory } from "../story.ts";
import { printReport } from "./load.ts";
import { serverCommand, targetOf } from "./server.ts";

interface DrillOptions {
  readonly data?: string;
  readonly port?: string;
  readonly json?: boolean;
  readonly live?: boolean;
  readonly junit?: string;
}

export function addDrill(program: Command): void {
  const drill = program.command("drill").description("rehearse a deployment that goes wrong, and check what must hold");
  serverCommand(drill, "run <file>", "run the drill that a YAML file describes, on a copy of the cloud")
    .option("--live", "on the cloud itself: what the drill does stays, and its clock is moved on")
    .option("--junit <file>", "write the result as JUnit XML")
    .addHelpText(
      "after",
      "\nExample:\n  orrery drill run examples/chatbot/drills/errors.yaml --junit drill.xml\n\nExit code 1 when an expectation is not met.",
    )
    .action(runFile);
}

async function runFile(file: string, options: DrillOptions): Promise<void> {
  // Only here: a drill brings a whole server and the SDK's clients with it.
  const [{ readDrill }, { Place }, { runDrill }, { judge }, { junit }] = await Promise.all([
    import("../drill/file.ts"),
    import("../drill/place.ts"),
    import("../drill/run.ts"),
    import("../drill/judge.ts"),
    import("../drill/junit.ts"),
  ]);
  const drill = readDrill(file);
  const started = performance.now();
  const place = options.live === true ? await Place.live(targetOf(options)) : await Place.fork(targetOf(options), drill.seed);
  try {
    const outcome = await runDrill(place, drill);
    const verdicts = await judge(place, drill, outcome);
    const ms = performance.now() - started;
    if (options.junit !== undefined) writeFileSync(options.junit, junit(drill, verdicts, ms / 1_000));
    const isMet = verdicts.every((verdict) => verdict.isMet);
    if (options.json === true) printJson({ name: drill.name, isMet, verdicts, took: outcome.took, load: outcome.load, wallMs: ms });
    else {
      print(`${pc.bold(drill.name)}\n`);
      printStory(outcome.events, (event) => offset(event.time - outcome.begun));
      print();
      if (outcome.load !== undefined) printReport(outcome.load);
      print();
      for (const { expected, isMet: met, seen } of verdicts)
        print(`${met ? pc.green("holds ") : pc.red("broken")}  ${expected}  ${pc.dim(seen)}`);
      print(pc.dim(`\n${span(ms)} of wall time`));
    }
    if (!isMet) process.exitCode = 1;
  } finally {
    await place.leave();
  }
}

/** `+02:30` after the beginning, in minutes and seconds. */
function offset(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return `+${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
}
