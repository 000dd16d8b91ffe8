/**
 * Writes `src/models/constraints/<id>.generated.json` from botocore's models: length, range, pattern and enum of each
 * member, which the JavaScript SDK's schemas do not have. botocore is Apache-2.0 (see NOTICE). The files are committed,
 * as botocore is not at hand everywhere; where it is, this makes them anew.
 *
 * A file is `{"structures": {<structure>: {<member>: <shape>}}, "shapes": {<shape>: Constraint}}`, with only those shapes
 * that constrain something.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { DERIVED, type Model, writeDerived } from "./generate-derived.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const output = join(root, "src/models/constraints");

/** botocore's folders, where they are not the SDK's suffixes. */
const FOLDERS: Readonly<Record<string, string>> = { "cloudwatch-logs": "logs", eventbridge: "events", "secrets-manager": "secretsmanager" };

interface Shape {
  readonly type: string;
  readonly members?: Readonly<Record<string, { readonly shape: string }>>;
  readonly member?: { readonly shape: string };
  readonly key?: { readonly shape: string };
  readonly value?: { readonly shape: string };
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
}

interface Constraint {
  min?: number;
  max?: number;
  pattern?: string;
  enum?: readonly string[];
  member?: string;
  key?: string;
  value?: string;
}

function botocoreData(): string | undefined {
  const found = spawnSync("python3", ["-c", "import botocore, os; print(os.path.join(os.path.dirname(botocore.__file__), 'data'))"], {
    encoding: "utf8",
  });
  return found.status === 0 ? found.stdout.trim() : undefined;
}

function modelOf(folder: string): Model {
  const version = readdirSync(folder).sort().at(-1) ?? "";
  const file = readdirSync(join(folder, version)).find((name) => name.startsWith("service-2.json")) ?? "service-2.json";
  const bytes = readFileSync(join(folder, version, file));
  const text = file.endsWith(".gz") ? gunzipSync(bytes).toString("utf8") : bytes.toString("utf8");
  return JSON.parse(text) as Model;
}

function constraintOf(name: string, shapes: Readonly<Record<string, Shape>>): Constraint | undefined {
  const shape = shapes[name];
  if (shape === undefined || shape.type === "structure") return undefined;
  const found: Constraint = {};
  if (shape.min !== undefined) found.min = shape.min;
  if (shape.max !== undefined) found.max = shape.max;
  if (shape.pattern !== undefined) found.pattern = shape.pattern;
  if (shape.enum !== undefined) found.enum = shape.enum;
  for (const part of ["member", "key", "value"] as const) {
    const inner = shape[part]?.shape;
    if (inner !== undefined && constraintOf(inner, shapes) !== undefined) found[part] = inner;
  }
  return Object.keys(found).length === 0 ? undefined : found;
}

function constraintsOf(shapes: Readonly<Record<string, Shape>>): object {
  const used: Record<string, Constraint> = {};
  const use = (name: string): boolean => {
    const constraint = constraintOf(name, shapes);
    if (constraint === undefined) return false;
    if (used[name] === undefined) {
      used[name] = constraint;
      for (const part of ["member", "key", "value"] as const) if (constraint[part] !== undefined) use(constraint[part]);
    }
    return true;
  };
  const structures: Record<string, Record<string, string>> = {};
  for (const [name, shape] of Object.entries(shapes).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (shape.type !== "structure") continue;
    const members = Object.entries(shape.members ?? {}).filter(([, member]) => use(member.shape));
    if (members.length > 0) structures[name] = Object.fromEntries(members.map(([member, { shape: target }]) => [member, target]));
  }
  return { structures, shapes: Object.fromEntries(Object.entries(used).sort(([a], [b]) => (a < b ? -1 : 1))) };
}

const data = botocoreData();
if (data === undefined) {
  process.stdout.write("botocore is not installed: the committed constraints stay as they are\n");
} else {
  mkdirSync(output, { recursive: true });
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { dependencies: Record<string, string> };
  const packages = Object.keys(dependencies).filter((key) => key.startsWith("@aws-sdk/client-"));
  // CodeConnections has no package of its own: see scripts/generate-schemas.ts.
  for (const id of [...packages.map((name) => name.slice("@aws-sdk/client-".length)), "codeconnections", ...DERIVED]) {
    const constraints = constraintsOf(modelOf(join(data, FOLDERS[id] ?? id)).shapes);
    writeFileSync(join(output, `${id}.generated.json`), `${JSON.stringify(constraints)}\n`);
  }
  for (const id of DERIVED) writeDerived(root, id, modelOf(join(data, id)));
}
