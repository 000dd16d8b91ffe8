import { isScalar, parseDocument } from "yaml";
import { type Acl, parseAcl } from "./acl.ts";
import { AppSpecError } from "./appspec-error.ts";

export type FileExistsBehavior = "DISALLOW" | "OVERWRITE" | "RETAIN";

export interface Script {
  /** Relative to the root of the revision. */
  readonly location: string;
  /** Seconds. */
  readonly timeout: number;
  readonly runas: string | undefined;
}

export interface SelinuxContext {
  readonly user: string | undefined;
  readonly type: string;
  readonly range: string | undefined;
}

export interface Permission {
  readonly object: string;
  readonly pattern: string;
  readonly except: readonly string[];
  readonly types: readonly ("file" | "directory")[];
  readonly owner: string | undefined;
  readonly group: string | undefined;
  /** Octal digits, three or four. */
  readonly mode: string | undefined;
  readonly acls: Acl | undefined;
  readonly context: SelinuxContext | undefined;
}

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure.html#server-appspec-structure */
export interface AppSpec {
  readonly files: readonly { readonly source: string; readonly destination: string }[];
  readonly fileExistsBehavior: FileExistsBehavior | undefined;
  readonly permissions: readonly Permission[];
  readonly hooks: ReadonlyMap<string, readonly Script[]>;
}

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html: "The default is 3600 seconds". */
export const EVENT_SECONDS = 3_600;

type Fields = Readonly<Record<string, unknown>>;

/**
 * An AppSpec file of the EC2/on-premises platform, YAML or JSON. YAML is 1.1, as the agent reads it: `mode: 0644` is octal
 * there, which is why the guide asks for quotes.
 * @throws AppSpecError in the agent's words
 */
export function parseAppSpec(text: string): AppSpec {
  const document = parseDocument(text, { version: "1.1" });
  const [problem] = document.errors;
  if (problem !== undefined) throw new AppSpecError(`(<unknown>): ${problem.message}`);
  const root: unknown = document.toJS();
  if (!isFields(root)) {
    throw new AppSpecError(
      "The deployment failed because the application specification file was empty. Make sure your AppSpec file defines at minimum the 'version' and 'os' properties.",
    );
  }
  const version = document.get("version", true);
  checkVersion(root["version"], isScalar(version) ? version.source : undefined);
  checkOs(root["os"]);
  const hooks = hooksOf(root["hooks"]);
  const files = listOf(root["files"]).map(fileOf);
  return { files, fileExistsBehavior: behaviorOf(root["file_exists_behavior"]), hooks, permissions: permissionsOf(root["permissions"]) };
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map((item: unknown) => (isFields(item) ? item : {})) : [];
}

const textOf = (value: unknown): string | undefined => (value === undefined || value === null ? undefined : String(value));

function checkVersion(version: unknown, source: string | undefined): void {
  if (version === 0) return;
  throw new AppSpecError(
    `The deployment failed because an invalid version value (${source ?? textOf(version) ?? ""}) was entered in the application specification file. Make sure your AppSpec file specifies "0.0" as the version, and then try again.`,
  );
}

/** Instances here run Linux, or stand for one that does. */
function checkOs(os: unknown): void {
  if (os === "linux") return;
  throw new AppSpecError(
    `The deployment failed because the application specification file specifies an unsupported operating system (${textOf(os) ?? ""}). Specify either "linux" or "windows" in the os section of the AppSpec file, and then try again.`,
  );
}

function behaviorOf(value: unknown): FileExistsBehavior | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === "DISALLOW" || value === "OVERWRITE" || value === "RETAIN") return value;
  throw new AppSpecError(
    `The deployment failed because an invalid file_exists_behavior value (${String(value)}) was entered in the application specification file. Make sure your AppSpec file specifies one of DISALLOW,OVERWRITE,RETAIN as the file_exists_behavior, and then try again.`,
  );
}

function fileOf(mapping: Fields): { source: string; destination: string } {
  const source = textOf(mapping["source"]);
  const destination = textOf(mapping["destination"]);
  if (source === undefined) {
    throw new AppSpecError(
      "The deployment failed because the application specification file specifies a destination file, but no source file. Update the files section of the AppSpec file, and then try again.",
    );
  }
  if (destination === undefined) {
    throw new AppSpecError(
      `The deployment failed because the application specification file specifies only a source file (${source}). Add the name of the destination file to the files section of the AppSpec file, and then try again.`,
    );
  }
  return { source, destination };
}

function hooksOf(value: unknown): Map<string, Script[]> {
  if (!isFields(value)) return new Map();
  return new Map(Object.entries(value).map(([event, scripts]) => [event, listOf(scripts).map(scriptOf)]));
}

function scriptOf(script: Fields): Script {
  const location = textOf(script["location"])?.trim() ?? "";
  if (location === "") {
    throw new AppSpecError(
      "The deployment failed because the application specification file specifies a script with no location value. Specify the location in the hooks section of the AppSpec file, and then try again.",
    );
  }
  const timeout = Math.trunc(Number(script["timeout"] ?? EVENT_SECONDS));
  if (!(timeout > 0)) {
    throw new AppSpecError(
      "The deployment failed because an invalid timeout value was provided for a script in the application specification file. Make corrections in the hooks section of the AppSpec file, and then try again.",
    );
  }
  return { location, timeout, runas: textOf(script["runas"])?.trim() };
}

function permissionsOf(value: unknown): Permission[] {
  return listOf(value).map((permission) => {
    const object = textOf(permission["object"])?.trim() ?? "";
    if (object === "") {
      throw new AppSpecError(
        "The deployment failed because a permission listed in the application specification file has no object value. Update the permissions section of the AppSpec file, and then try again.",
      );
    }
    return {
      object,
      pattern: textOf(permission["pattern"]) ?? "**",
      except: stringsOf(permission["except"]) ?? [],
      types: typesOf(permission["type"]),
      owner: textOf(permission["owner"]),
      group: textOf(permission["group"]),
      mode: permission["mode"] === undefined || permission["mode"] === null ? undefined : modeOf(String(permission["mode"])),
      acls: parseAcl(stringsOf(permission["acls"])),
      context: contextOf(permission["context"]),
    };
  });
}

function stringsOf(value: unknown): string[] | undefined {
  if (value === undefined || value === null) return undefined;
  return (Array.isArray(value) ? value : [value]).map(String);
}

function typesOf(value: unknown): ("file" | "directory")[] {
  return (stringsOf(value) ?? ["file", "directory"]).map((type) => {
    if (type === "file" || type === "directory") return type;
    throw new AppSpecError(
      `The deployment failed because the application specification file specifies a permission for an object type not supported for permissions (${type}). Update the permissions section of the AppSpec file, and then try again.`,
    );
  });
}

function modeOf(text: string): string {
  const mode = text.padStart(3, "0");
  if (mode.length > 4) {
    throw new AppSpecError(
      `The deployment failed because the length of a permissions mode (${mode}) in the application specification file is invalid. Permissions modes must be between one and four characters long. Update the permissions section of the AppSpec file, and then try again.`,
    );
  }
  const wrong = /[^0-7]/.exec(mode)?.[0];
  if (wrong === undefined) return mode;
  throw new AppSpecError(
    `The deployment failed because the permissions mode (${mode}) in the application specification file contains an invalid character (${wrong}). Update the permissions section of the AppSpec file, and then try again.`,
  );
}

function contextOf(value: unknown): SelinuxContext | undefined {
  if (!isFields(value)) return undefined;
  const type = textOf(value["type"]) ?? textOf(value["name"]);
  if (type === undefined) {
    throw new AppSpecError(
      `The deployment failed because the application specification file specifies an invalid context type (${textOf(value["type"]) ?? ""}). Update the permissions section of the AppSpec file, and then try again.`,
    );
  }
  return { user: textOf(value["user"]), type, range: textOf(value["range"]) };
}
