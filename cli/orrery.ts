import { Command, CommanderError } from "commander";
import { messageOf, OrreryError } from "../src/kernel/errors.ts";
import { NotRunning } from "./client.ts";
import { addBuild } from "./commands/build.ts";
import { addClock } from "./commands/clock.ts";
import { addDemo } from "./commands/demo.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addDrill } from "./commands/drill.ts";
import { addEnv } from "./commands/env.ts";
import { addFault } from "./commands/fault.ts";
import { addInstance } from "./commands/instance.ts";
import { addLoad } from "./commands/load.ts";
import { addLook } from "./commands/look.ts";
import { addOutbox } from "./commands/outbox.ts";
import { addPullRequest } from "./commands/pull-request.ts";
import { addServer } from "./commands/server.ts";
import { addTop } from "./commands/top.ts";
import { addUp } from "./commands/up.ts";
import { addWhy } from "./commands/why.ts";
import { fail } from "./print.ts";

/** 0 done, 1 failed, 2 wrong usage, 3 no server is running. */
const EXIT = { failed: 1, usage: 2, notRunning: 3 };

// A reader that has seen enough (`orrery timeline | head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

const program = new Command("orrery")
  .description("The AWS delivery loop, running for real on this machine.")
  .addHelpText("after", "\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 no server is running.")
  // A command's options are its own, whatever those of the one above are called.
  .enablePositionalOptions()
  .exitOverride();
addUp(program);
addServer(program);
addBuild(program);
addClock(program);
addLook(program);
addWhy(program);
addTop(program);
addOutbox(program);
addLoad(program);
addFault(program);
addDrill(program);
addInstance(program);
addPullRequest(program);
addEnv(program);
addDoctor(program);
addDemo(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage;
  else {
    fail(error instanceof OrreryError ? error.message : error instanceof Error ? (error.stack ?? error.message) : messageOf(error));
    const usage = error instanceof OrreryError && error.code === "UsageError";
    process.exitCode = error instanceof NotRunning ? EXIT.notRunning : usage ? EXIT.usage : EXIT.failed;
  }
}
