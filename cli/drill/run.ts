import { type ChildProcess, spawn } from "node:child_process";
import { OrreryError } from "../../src/kernel/errors.ts";
import type { TimelineEvent } from "../../src/kernel/events.ts";
import type { LoadReport } from "../../src/rehearsal/tally.ts";
import {
  approve,
  type DeploymentState,
  deployFunction,
  deploymentState,
  type Shift,
  shiftOf,
  startPipeline,
  withOutputs,
} from "./deployment.ts";
import type { Drill, DrillFault } from "./file.ts";
import type { Place } from "./place.ts";

/** Virtual ms that go by between two looks. */
const STEP = 15_000;
const MINUTE = 60_000;
/** While a command works, time goes by as on the wall: nobody knows yet what it waits for. */
const PACE = 250;

/** What a drill has come to, before it is judged. */
export interface Outcome {
  readonly begun: number;
  readonly deploymentId: string | undefined;
  readonly deployment: DeploymentState | undefined;
  /** Virtual ms from the deployment's creation to its end; undefined when it had none within the limit. */
  readonly took: number | undefined;
  readonly shift: Shift | undefined;
  readonly pipelineStatus: string | undefined;
  readonly load: LoadReport | undefined;
  readonly events: readonly TimelineEvent[];
}

/** Makes the deployment under the load, brings the faults at their moments, and sees it to its end. */
export async function runDrill(place: Place, drill: Drill): Promise<Outcome> {
  const run = new Run(place, drill);
  try {
    return await run.all();
  } finally {
    await run.end();
  }
}

class Run {
  readonly #place: Place;
  readonly #drill: Drill;
  readonly #events: TimelineEvent[] = [];
  readonly #injected = new Set<string>();
  #position = 0;
  #begun = 0;
  #deploymentId: string | undefined;
  #deployedAt = 0;
  #endedAt: number | undefined;
  #shift: Shift | undefined;
  #executionId: string | undefined;
  #pipelineStatus: string | undefined;
  #command: ChildProcess | undefined;
  #load: string | undefined;
  #waiting: DrillFault[] = [];

  constructor(place: Place, drill: Drill) {
    this.#place = place;
    this.#drill = drill;
    this.#waiting = drill.faults.toSorted((a, b) => a.at - b.at);
  }

  async all(): Promise<Outcome> {
    // Alarms look at whole minutes: the same drill begins at the same place in one.
    await this.#place.advance(MINUTE - ((await this.#place.now()) % MINUTE));
    this.#position = Number((await this.#place.ask("GET", "status"))["events"]);
    this.#begun = await this.#place.now();
    await this.#startLoad();
    await this.#deploy();
    let now = this.#begun;
    while (now - this.#begun < this.#drill.limit && !(await this.#isOver())) {
      await this.#step(now);
      now = await this.#place.now();
    }
    for (let left = this.#drill.settle; left > 0; left -= STEP) await this.#place.advance(Math.min(STEP, left));
    const load = await this.#stopLoad();
    await this.#look();
    const deployment = this.#deploymentId === undefined ? undefined : await deploymentState(this.#place, this.#deploymentId);
    return {
      begun: this.#begun,
      deploymentId: this.#deploymentId,
      deployment,
      took: this.#endedAt === undefined ? undefined : this.#endedAt - this.#deployedAt,
      shift: this.#shift,
      pipelineStatus: this.#pipelineStatus,
      load,
      events: this.#events,
    };
  }

  /** Leaves nothing behind that goes on. */
  async end(): Promise<void> {
    this.#command?.kill("SIGKILL");
    for (const id of this.#injected) await this.#place.ask("POST", "faults/remove", { id });
    if (this.#load !== undefined) await this.#stopLoad();
  }

  async #deploy(): Promise<void> {
    const { deploy } = this.#drill;
    if (deploy.kind === "function") await this.#found(await deployFunction(this.#place, deploy));
    else if (deploy.kind === "pipeline") this.#executionId = await startPipeline(this.#place, deploy.pipeline);
    else {
      this.#command = spawn(deploy.command, { shell: true, stdio: "inherit", env: { ...process.env, ...this.#place.environment } });
      this.#command.once("error", () => (this.#command = undefined));
    }
  }

  async #found(id: string): Promise<void> {
    this.#deploymentId = id;
    this.#deployedAt = await this.#place.now();
    this.#shift = await shiftOf(this.#place, id);
  }

  async #step(now: number): Promise<void> {
    const { deploy } = this.#drill;
    await this.#look();
    if (deploy.kind === "pipeline" && deploy.approve) await approve(this.#place, deploy.pipeline);
    if (this.#deploymentId === undefined && this.#command !== undefined) {
      await new Promise((next) => setTimeout(next, PACE));
      await this.#place.advance(PACE);
      return;
    }
    await this.#inject(now);
    const next = this.#deploymentId === undefined ? undefined : this.#waiting[0];
    const until = next === undefined ? STEP : this.#deployedAt + next.at - now;
    await this.#place.advance(Math.max(1, Math.min(STEP, until)));
  }

  /** Reads what has happened since the last look. */
  async #look(): Promise<void> {
    for (const event of await this.#place.eventsAfter(this.#position)) {
      this.#position = event.position;
      this.#events.push(event);
      const id = event.detail["deploymentId"];
      if (this.#deploymentId === undefined && event.source === "aws.codedeploy" && typeof id === "string") await this.#found(id);
      if (event.type === "CodePipeline Pipeline Execution State Change" && event.detail["execution-id"] === this.#executionId)
        this.#pipelineStatus = String(event.detail["state"]);
    }
  }

  async #isOver(): Promise<boolean> {
    if (this.#deploymentId !== undefined && this.#endedAt === undefined) {
      const { endedAt } = await deploymentState(this.#place, this.#deploymentId);
      this.#endedAt = endedAt;
    }
    switch (this.#drill.deploy.kind) {
      case "function":
        return this.#endedAt !== undefined;
      case "pipeline":
        return ["SUCCEEDED", "FAILED", "STOPPED", "CANCELED", "SUPERSEDED"].includes(this.#pipelineStatus ?? "");
      case "run":
        return this.#command?.exitCode !== null && (this.#deploymentId === undefined || this.#endedAt !== undefined);
    }
  }

  async #inject(now: number): Promise<void> {
    while (this.#deploymentId !== undefined && this.#waiting[0] !== undefined && this.#deployedAt + this.#waiting[0].at <= now) {
      const fault = this.#waiting.shift();
      if (fault === undefined) return;
      const id = `drill-${this.#injected.size + 1}`;
      this.#injected.add(id);
      await this.#place.ask("POST", "faults/put", { id, percent: fault.percent, ...this.#strikes(fault), ...effectOf(fault, now) });
    }
  }

  #strikes({ target }: DrillFault): object {
    if ("api" in target) {
      const operation = target.operation === undefined ? {} : { operation: target.operation };
      return { point: "api", where: { service: target.api, ...operation } };
    }
    const name = target.function ?? this.#shift?.function;
    if (name === undefined)
      throw new OrreryError("UsageError", "faults: the deployment is of no function, so that none of its versions can fail");
    const version = { new: this.#shift?.next, previous: this.#shift?.previous }[target.version] ?? target.version;
    return { point: "function", where: { function: name, version } };
  }

  async #startLoad(): Promise<void> {
    const { load, seed } = this.#drill;
    if (load === undefined) return;
    const url = await withOutputs(this.#place, load.url);
    const { id } = await this.#place.ask("POST", "load/start", { ...load, url, seed });
    this.#load = String(id);
  }

  async #stopLoad(): Promise<LoadReport | undefined> {
    if (this.#load === undefined) return undefined;
    const { report } = await this.#place.ask("POST", "load/stop", { id: this.#load });
    this.#load = undefined;
    return report as LoadReport;
  }
}

function effectOf({ error, status, delayMs, for: length }: DrillFault, now: number): object {
  return {
    ...(error === undefined ? {} : { code: error, ...(status === undefined ? {} : { status }) }),
    ...(delayMs === undefined ? {} : { delayMs }),
    ...(length === undefined ? {} : { until: now + length }),
  };
}
