import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, relative } from "node:path";
import type { Clock } from "../../kernel/clock.ts";
import { OrreryError } from "../../kernel/errors.ts";
import { removeDisk } from "./disk.ts";
import {
  type AgentDriver,
  type Machine,
  type MachineSpec,
  ROOT_VARIABLE,
  type RunOutcome,
  type RunRequest,
  SYSTEM_PATH,
} from "./driver.ts";
import { runProgram } from "./program.ts";

/** With rights of its own, or with those of a user namespace in which this user is root. */
export type Rights = "root" | "user";

/** Wall ms until what does not end is ended. */
const STOP_MS = 2_000;
/** Folders of this machine that an instance sees empty, and has as its own. */
const HIDDEN = ["/root", "/home", "/tmp", "/var/tmp", "/run", "/mnt", "/media"];
const SYSTEM = ["/bin", "/etc", "/lib", "/opt", "/sbin", "/usr", "/var"];

/**
 * $1: the instance's folder. $2: its name. $3: the rights. $4: a Node.js for machines without one. With the rights of a user
 * namespace the kernel does not lay a disk with mounts on it over another one: each top folder is laid over by itself.
 * Then: what is hidden, each with the folder that is seen in its place. The last program is the instance's first process: it
 * ends when its input does, which is when the server ends, however it ends; and with it end all processes of the instance. It
 * buries the orphans: who waits for a service to be gone must not find its corpse.
 */
const BOOT = `
set -e
folder=$1; name=$2; rights=$3; node=$4; shift 4
cd "$folder"
if [ "$rights" = root ]; then
  mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
else
  for path in /*; do
    if [ -L "$path" ]; then
      [ -L "root$path" ] || ln -s "$(readlink "$path")" "root$path"
    elif [ -d "$path" ]; then
      mkdir -p "root$path" "upper$path" "work$path"
      case $path in /proc|/sys|/dev|/run|/tmp|/root|/home|/mnt|/media|/lost+found) ;;
        *) mount -t overlay overlay -o "lowerdir=$path,upperdir=upper$path,workdir=work$path,userxattr" "root$path" 2>/dev/null || true ;;
      esac
    fi
  done
fi
while [ $# -gt 0 ]; do
  if [ -d "root$1" ]; then mkdir -p "own/$2"; mount --bind "own/$2" "root$1"; fi
  shift 2
done
chmod 1777 root/tmp root/var/tmp 2>/dev/null || true
mount -t proc proc root/proc
mount --rbind /dev root/dev
mount --rbind /sys root/sys || true
hostname "$name" || true
if [ -n "$node" ] && [ ! -e root/usr/bin/node ] && [ ! -e root/usr/local/bin/node ]; then
  mkdir -p root/usr/local/bin && : > root/usr/local/bin/node && mount --bind "$node" root/usr/local/bin/node
fi
cd root
exec chroot . /bin/sh -c '
mkdir -p /opt/codedeploy-agent
echo up
exec > /dev/null
if env --ignore-signal=CHLD true 2> /dev/null; then exec env --ignore-signal=CHLD cat; fi
if [ -x /bin/bash ]; then exec /bin/bash -c "while read -r line; do :; done"; fi
exec cat'
`;

/** As a machine that is switched off: all processes are asked to end, and have a second for it. */
const SHUTDOWN = `
kill -TERM -1 2>/dev/null
for turn in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  set -- /proc/[0-9]*
  [ $# -le 2 ] && exit
  sleep 0.05
done
`;

const unshareArgs = (rights: Rights): string[] => [
  ...(rights === "user" ? ["--user", "--map-root-user"] : []),
  ...["--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child"],
];

/** An instance whose disk is this machine's, copied on write into a folder, in namespaces of its own. */
class NamespaceMachine implements Machine {
  readonly #clock: Clock;
  readonly #spec: MachineSpec;
  readonly #rights: Rights;
  readonly #hidden: readonly string[];
  #init: { readonly child: ChildProcess; readonly pid: number } | undefined;
  #booting: Promise<number> | undefined;
  #ended = false;

  constructor(clock: Clock, spec: MachineSpec, rights: Rights, hidden: readonly string[]) {
    this.#clock = clock;
    this.#spec = spec;
    this.#rights = rights;
    this.#hidden = hidden;
  }

  get isUp(): boolean {
    return this.#init !== undefined;
  }

  async root(): Promise<string> {
    return `/proc/${await this.#boot()}/root`;
  }

  async run(request: RunRequest): Promise<RunOutcome> {
    const pid = await this.#boot();
    const { argv, user, variables, cwd } = request;
    const enter = ["--target", String(pid), ...(this.#rights === "user" ? ["--user", "--preserve-credentials"] : [])];
    const program = user === undefined ? argv : ["su", user, "-s", "/bin/sh", "-c", argv.map(quoted).join(" ")];
    const args = [...enter, "--mount", "--uts", "--ipc", "--pid", "--root", `--wdns=${cwd}`, "--", ...program];
    const env = { PATH: SYSTEM_PATH, HOME: "/root", LANG: "C.UTF-8", [ROOT_VARIABLE]: "", ...variables };
    return runProgram(this.#clock, { command: "nsenter", args, cwd: "/", variables: env }, request);
  }

  async stop(): Promise<void> {
    await this.#booting?.catch(() => undefined);
    const init = this.#init;
    if (init === undefined) return;
    await this.run({ argv: ["/bin/sh", "-c", SHUTDOWN], variables: {}, cwd: "/", timeoutMs: STOP_MS, line: () => undefined });
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.wallTimeout(STOP_MS, () => init.child.kill("SIGKILL"));
      init.child.once("close", () => {
        cancel();
        resolve();
      });
      init.child.stdin?.end();
    });
  }

  end(): Promise<void> {
    const stopped = this.stop();
    this.#ended = true;
    return stopped;
  }

  #boot(): Promise<number> {
    if (this.#init !== undefined) return Promise.resolve(this.#init.pid);
    if (this.#ended) return Promise.reject(new OrreryError("WorkloadFailed", `instance ${this.#spec.name} was ended`));
    this.#booting ??= this.#start().finally(() => {
      this.#booting = undefined;
    });
    return this.#booting;
  }

  #start(): Promise<number> {
    const { folder, name } = this.#spec;
    for (const part of ["upper", "work", "root", "own"]) mkdirSync(join(folder, part), { recursive: true, mode: 0o755 });
    const hidden = this.#hidden.flatMap((path) => [path, path.slice(1).replaceAll("/", "-")]);
    const args = [
      ...unshareArgs(this.#rights),
      "sh",
      "-c",
      BOOT,
      "orrery-instance",
      folder,
      name,
      this.#rights,
      process.execPath,
      ...hidden,
    ];
    return new Promise((resolve, reject) => {
      const child = spawn("unshare", args, { env: { PATH: SYSTEM_PATH }, detached: true, stdio: ["pipe", "pipe", "pipe"] });
      let errors = "";
      child.stdin.on("error", () => undefined);
      child.stderr.on("data", (chunk: Buffer) => {
        errors += chunk.toString("utf8");
      });
      child.stdout.once("data", () => {
        const pid = firstChildOf(child.pid);
        if (pid === undefined) {
          child.kill("SIGKILL");
          return;
        }
        this.#init = { child, pid };
        resolve(pid);
      });
      child.once("error", (error) => reject(new OrreryError("WorkloadFailed", `instance ${name} does not boot: ${error.message}`)));
      child.once("close", () => {
        this.#init = undefined;
        reject(new OrreryError("WorkloadFailed", `instance ${name} does not boot: ${errors.trim() || "it ended at once"}`));
      });
    });
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function firstChildOf(pid: number | undefined): number | undefined {
  try {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
    return first === undefined || first === "" ? undefined : Number(first);
  } catch {
    return undefined;
  }
}

/** Folders with what belongs to the user of this machine, and to the server. */
function hiddenFolders(dataDir: string): string[] {
  const cwd = process.cwd();
  const own = [homedir(), dataDir, ...(isOrdinary(cwd) ? [cwd] : [])];
  return [...new Set([...HIDDEN, ...own])].filter((path) => path !== "/").sort((a, b) => a.length - b.length);
}

/** Neither a folder of the system, nor one above it. */
function isOrdinary(path: string): boolean {
  return SYSTEM.every((folder) => relative(folder, path).startsWith("..") && relative(path, folder).startsWith(".."));
}

export function namespaceDriver(clock: Clock, dataDir: string, rights: Rights): AgentDriver {
  const hidden = hiddenFolders(dataDir);
  return {
    kind: "namespace",
    about: "each instance has this machine's disk, copied on write, as its own; paths in AppSpec files and scripts are the instance's",
    machine: (spec) => new NamespaceMachine(clock, spec, rights, hidden),
  };
}

/** The rights with which an instance boots here; undefined where none does. Tried in a folder beside the instances'. */
export async function rightsHere(clock: Clock, dataDir: string, folder: string): Promise<Rights | undefined> {
  if (process.platform !== "linux") return undefined;
  for (const rights of ["root", "user"] as const) {
    const machine = namespaceDriver(clock, dataDir, rights).machine({ folder, name: "probe" });
    try {
      const outcome = await machine.run({
        argv: ["/bin/sh", "-c", "test -d /opt/codedeploy-agent"],
        variables: {},
        cwd: "/",
        timeoutMs: 5_000,
        line: () => undefined,
      });
      if (outcome.end === "exit" && outcome.code === 0) return rights;
    } catch {
      // Not allowed here; the next way may be.
    } finally {
      await machine.stop();
      removeDisk(folder);
    }
  }
  return undefined;
}
