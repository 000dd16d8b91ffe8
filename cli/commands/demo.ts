import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import pc from "picocolors";
import { DEFAULT_REGION } from "../../src/aws/identity.ts";
import type { Orrery } from "../../src/compose.ts";
import { messageOf, OrreryError } from "../../src/kernel/errors.ts";
import { packageRoot } from "../../src/kernel/package.ts";
import { DEFAULT_PORT, isUp } from "../client.ts";
import { rootContext, stackOutputs } from "../demo/account.ts";
import { APPLICATION, Application } from "../demo/application.ts";
import { type Change, type Delivery, DeliveryLoop } from "../demo/delivery.ts";
import { Steps } from "../demo/steps.ts";
import { tellDelivery } from "../demo/story.ts";
import { print, span } from "../print.ts";
import { upInForeground } from "./up.ts";

/** The story begins so long ago, so that all its canaries are over by now. */
const START_AGO = "2h";

const GOOD: Change = {
  message: "Say what the page is for",
  file: "lambda/page.ts",
  from: "<h1>Ask the documents</h1>",
  to: "<h1>Ask the documents, in your own words</h1>",
};
// What no unit test covers: the first question of a conversation has none before it.
const BAD: Change = {
  message: "Take the previous question without asking whether there is one",
  file: "lambda/chat.ts",
  from: "const previous = history.at(-1)?.question;",
  to: "const previous = history[history.length - 1]!.question;",
};

interface DemoOptions {
  readonly exit?: boolean;
  readonly fresh?: boolean;
  readonly port?: string;
  readonly data?: string;
}

export function addDemo(program: Command): void {
  program
    .command("demo")
    .description("start Orrery, deploy the chatbot with its pipeline, and push a good and a bad commit")
    .option("--exit", "stop after the summary, with exit code 0 or 1")
    .option("--fresh", "begin with an empty cloud")
    .option("--port <n>", "port to listen on (default: 4566, or a free one where that is taken)")
    .option("--data <dir>", "data folder (default: .orrery of this project)")
    .addHelpText("after", "\nExample:\n  npm start -- --exit")
    .action(async (options: DemoOptions) => {
      const orrery = await startServer(options);
      try {
        await demonstrate(orrery);
      } catch (error) {
        print(pc.red(`\nfailed: ${messageOf(error)}`));
        process.exitCode = 1;
      }
      if (options.exit === true) {
        await orrery.stop();
        process.exit();
      }
      print(pc.dim("\nServing until Ctrl-C."));
    });
}

async function startServer(options: DemoOptions): Promise<Orrery> {
  const port = options.port ?? ((await isTaken()) ? "0" : String(DEFAULT_PORT));
  const data = options.data ?? join(packageRoot(), ".orrery");
  if (options.fresh === true) rmSync(data, { recursive: true, force: true });
  // The example's own builds fetch packages as this machine does.
  process.env["ORRERY_BUILD_ENV"] ??=
    "HTTP_PROXY,HTTPS_PROXY,NO_PROXY,http_proxy,https_proxy,no_proxy,NPM_CONFIG_REGISTRY,npm_config_registry";
  const defaults = {
    host: "127.0.0.1",
    durability: "process",
    auth: "on",
    authorisation: "audit",
    logLevel: "warn",
    startAgo: START_AGO,
    xrayPort: "2000",
  };
  return upInForeground({ ...defaults, port, data });
}

async function isTaken(): Promise<boolean> {
  if (await isUp({ port: DEFAULT_PORT })) {
    throw new OrreryError(
      "PortInUse",
      `an Orrery is running on port ${DEFAULT_PORT} already: 'orrery down' ends it, or give another --port and --data`,
    );
  }
  const { createServer } = await import("node:net");
  return new Promise((done) => {
    const probe = createServer();
    probe.once("error", () => done(true));
    probe.listen(DEFAULT_PORT, "127.0.0.1", () => probe.close(() => done(false)));
  });
}

async function demonstrate(orrery: Orrery): Promise<void> {
  const steps = new Steps();
  const application = new Application(orrery, steps);
  print();
  await application.deploy();
  await application.try();
  const loop = new DeliveryLoop(orrery);
  try {
    if (await loop.hasDelivered()) print("The story was told in this cloud before; 'npm start -- --fresh' tells it again.");
    else await tell(loop, steps);
  } finally {
    loop.close();
  }
  // The rest of the past goes by at once: from here on the clock is the wall's.
  const { clock } = orrery.cloud;
  if (clock.now() < clock.wall()) clock.jumpTo(clock.wall());
  await summary(orrery, steps.total);
}

async function tell(loop: DeliveryLoop, steps: Steps): Promise<void> {
  await steps.run("the pipeline's first run", async () => {
    await loop.first();
    return "install, lint, tests, synthesis, approval, deployment, smoke test";
  });
  await loop.clone();
  const deliveries: Delivery[] = [];
  for (const [what, change] of [
    ["git push of a good commit", GOOD],
    ["git push of a bad commit", BAD],
  ] as const)
    await steps.run(what, async () => {
      const delivery = await loop.deliver(change);
      deliveries.push(delivery);
      return `${delivery.status.toLowerCase()}, ${span(delivery.endedAt - delivery.pushedAt)} on the clock`;
    });
  for (const delivery of deliveries) tellDelivery(delivery);
  const [good, bad] = deliveries;
  if (good?.status !== "SUCCEEDED") throw new OrreryError("WorkloadFailed", `the good commit ended ${good?.status ?? "nowhere"}`);
  if (bad?.status !== "FAILED") throw new OrreryError("WorkloadFailed", `the bad commit ended ${bad?.status ?? "nowhere"}`);
  print(`\n  why the second did not go live    npm run -s orrery -- why ${bad.executionId}`);
}

async function summary(orrery: Orrery, total: number): Promise<void> {
  const { ApiId = "", Url = "" } = await stackOutputs(rootContext(orrery), APPLICATION);
  const { user, system } = process.cpuUsage();
  print(
    `\n${pc.bold("The chatbot is up.")} All of it took ${span(total)}, of which Orrery itself worked ${span((user + system) / 1_000)}.`,
  );
  print(`  console          ${pc.cyan(`${orrery.endpoint}/_orrery/console`)}`);
  print(`  chat page        ${pc.cyan(`http://${ApiId}.execute-api.${DEFAULT_REGION}.localhost:${orrery.port}/`)}`);
  print(`  the same, by path  ${pc.cyan(`${Url}/`)}`);
  print(`  AWS clients      eval "$(npm run -s orrery -- env)", then: aws codepipeline get-pipeline-state --name chatbot`);
  print("  rehearse it      npm run -s orrery -- drill run examples/chatbot/drills/errors.yaml");
  print("  what happened    npm run -s orrery -- timeline");
}
