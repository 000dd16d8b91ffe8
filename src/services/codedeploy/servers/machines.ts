import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Cloud, Context } from "../../../aws/context.ts";
import { servicePrincipal } from "../../../aws/identity.ts";
import { removeDisk } from "../../../runtime/agents/disk.ts";
import type { AgentDriver, Machine } from "../../../runtime/agents/driver.ts";
import { chooseDriver } from "../../../runtime/agents/index.ts";
import { endLeftovers } from "../../../runtime/agents/mapped.ts";
import type { Instance } from "./instances.ts";
import { laneOfInstance } from "./lanes.ts";
import { selectEveryInstance } from "./store.ts";

/** The instances of one cloud that this process has touched. */
class Machines {
  readonly #cloud: Cloud;
  readonly #machines = new Map<string, Machine>();
  /** Instances whose services were started since the server was. */
  readonly booted = new Set<string>();
  #driver: Promise<AgentDriver> | undefined;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  get #folder(): string {
    return join(this.#cloud.dataDir, "codedeploy");
  }

  /** Chosen once, when the first instance is needed. */
  driver(): Promise<AgentDriver> {
    const { clock, dataDir } = this.#cloud;
    this.#driver ??= chooseDriver(clock, dataDir, this.#folder);
    return this.#driver;
  }

  async of({ folder, name }: Pick<Instance, "folder" | "name">): Promise<Machine> {
    const driver = await this.driver();
    let machine = this.#machines.get(folder);
    if (machine === undefined) {
      machine = driver.machine({ folder: join(this.#folder, "instances", folder), name });
      this.#machines.set(folder, machine);
    }
    return machine;
  }

  isUp({ folder }: Pick<Instance, "folder">): boolean {
    return this.#machines.get(folder)?.isUp === true;
  }

  /** Ends what runs on it, and forgets its disk. */
  async remove(instance: Pick<Instance, "folder" | "name">): Promise<void> {
    await (await this.of(instance)).end();
    this.#machines.delete(instance.folder);
    this.booted.delete(instance.folder);
    removeDisk(join(this.#folder, "instances", instance.folder));
  }

  async stopAll(): Promise<void> {
    const machines = [...this.#machines.values()];
    this.#machines.clear();
    this.booted.clear();
    await Promise.all(machines.map((machine) => machine.end()));
  }

  /** Disks of instances that are known no more go, and so does what a killed server left running. */
  sweep(): void {
    const folder = join(this.#folder, "instances");
    if (!existsSync(folder)) return;
    const known = new Set(this.#cloud.store.all(selectEveryInstance, {}).map((row) => row.folder));
    for (const name of readdirSync(folder)) {
      endLeftovers(join(folder, name));
      if (!known.has(name)) removeDisk(join(folder, name));
    }
  }
}

const fleets = new WeakMap<Cloud, Machines>();

export function machinesOf(cloud: Cloud): Machines {
  let machines = fleets.get(cloud);
  if (machines === undefined) {
    machines = new Machines(cloud);
    fleets.set(cloud, machines);
  }
  return machines;
}

/** With the server begin the instances, and with it they end. */
export function startInstances(cloud: Cloud): void {
  const machines = machinesOf(cloud);
  cloud.lifecycle.onStop("instances", () => machines.stopAll());
  cloud.lifecycle.onReset(async () => {
    await machines.stopAll();
    machines.sweep();
    bootAll(cloud);
  });
  machines.sweep();
  bootAll(cloud);
}

function bootAll(cloud: Cloud): void {
  for (const { account, region, name } of cloud.store.all(selectEveryInstance, {})) {
    const ctx = new Context(cloud, { account, region, principal: servicePrincipal(account, "codedeploy.amazonaws.com") });
    ctx.send("codedeploy.boot", { instance: name }, { lane: laneOfInstance(ctx, name) });
  }
}
