import { posix } from "node:path";
import { hasDefault } from "./acl.ts";
import type { Permission } from "./appspec.ts";
import { AppSpecError } from "./appspec-error.ts";

/** What an installation lays down, as absolute paths of the instance. */
export interface LaidDown {
  readonly files: readonly string[];
  readonly directories: readonly string[];
  /** True for a folder that was on the instance already. */
  isDirectory(path: string): boolean;
}

/**
 * Which paths each permission is for. Only what the installation laid down gets any.
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-permissions.html
 * @throws AppSpecError
 */
export function assignPermissions(
  permissions: readonly Permission[],
  laid: LaidDown,
): { readonly path: string; readonly permission: Permission }[] {
  const seen = new Set<string>();
  return permissions.flatMap((permission) =>
    pathsOf(permission, laid).map((path) => {
      if (seen.has(path)) {
        throw new AppSpecError(
          `The deployment failed because the permissions setting for (${path}) is specified more than once in the application specification file. Update the files section of the AppSpec file, and then try again.`,
        );
      }
      seen.add(path);
      return { path, permission };
    }),
  );
}

function pathsOf(permission: Permission, laid: LaidDown): string[] {
  const object = posix.resolve("/", permission.object);
  if (laid.files.includes(object)) {
    if (!permission.types.includes("file")) return [];
    checkFile(permission);
    return [object];
  }
  if (!laid.directories.includes(object) && !laid.isDirectory(object)) return [];
  const files = permission.types.includes("file") ? laid.files.filter((path) => isFor(permission, object, path)) : [];
  if (files.length > 0) checkAcl(permission);
  const directories = permission.types.includes("directory") ? laid.directories.filter((path) => isFor(permission, object, path)) : [];
  return [...files, ...directories];
}

function checkFile(permission: Permission): void {
  if (permission.pattern !== "**") {
    throw new AppSpecError(
      `The deployment failed because the application specification file includes an object (${permission.object}) with an invalid pattern (${permission.pattern}), such as a pattern for a file applied to a directory. Correct the permissions section of the AppSpec file, and then try again.`,
    );
  }
  if (permission.except.length > 0) {
    throw new AppSpecError(
      `The deployment failed because the except parameter for a pattern in the permissions section (${JSON.stringify(permission.except)}) for the object named ${permission.object} contains an invalid format. Update the AppSpec file, and then try again.`,
    );
  }
  checkAcl(permission);
}

function checkAcl({ acls }: Permission): void {
  if (acls === undefined || !hasDefault(acls)) return;
  throw new AppSpecError(
    "The deployment failed because the -d parameter has been specified to apply an acl setting to a file. This parameter is supported for directories only. Update the AppSpec file, and then try again.",
  );
}

/** `**` matches at any depth; any other pattern, and `except`, what lies immediately in the object. */
function isFor(permission: Permission, object: string, path: string): boolean {
  const base = object.endsWith("/") ? object : `${object}/`;
  if (!path.startsWith(base)) return false;
  const relative = path.slice(base.length);
  return matches(relative, permission.pattern) && !permission.except.some((pattern) => pattern !== "**" && matches(relative, pattern));
}

function matches(name: string, pattern: string): boolean {
  if (pattern === "**") return true;
  if (name.includes("/")) return false;
  const parts = pattern.split(/\*+/).map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(name);
}
