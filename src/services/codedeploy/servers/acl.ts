import { AppSpecError } from "./appspec-error.ts";

/** One entry of an access control list, in the words of setfacl. */
interface Ace {
  readonly isDefault: boolean;
  readonly type: "user" | "group" | "mask" | "other";
  readonly name: string;
  /** Such as `rw-`. */
  readonly rights: string;
}

export type Acl = readonly Ace[];

const TYPES: Readonly<Record<string, Ace["type"]>> = {
  u: "user",
  user: "user",
  g: "group",
  group: "group",
  m: "mask",
  mask: "mask",
  o: "other",
  other: "other",
};

const isDefaultWord = (word: string | undefined): boolean => word === "d" || word === "default";

/**
 * `acls` of a permission: `[default:][user|group|mask|other:][name]:rights`.
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-permissions.html
 * @throws AppSpecError
 */
export function parseAcl(entries: readonly string[] | undefined): Acl | undefined {
  return entries?.map(parseEntry);
}

function parseEntry(entry: string): Ace {
  const invalid = new AppSpecError(
    `The deployment failed because of a problem with the acls permission settings in the application specification file. Invalid acl entry (${entry}).`,
  );
  const parts = entry.split(":");
  const rights = rightsOf(entry, parts.pop() ?? "");
  const isDefault = parts.length > 1 && isDefaultWord(parts[0]);
  if (isDefault) parts.shift();
  if (parts.length === 0 || parts.length > 2) throw invalid;
  const [first = "", second] = parts;
  const named = second === undefined && first !== "m" && first !== "mask" && first !== "o" && first !== "other";
  const type = named ? "user" : TYPES[first];
  const name = named ? first : (second ?? "");
  if (type === undefined || ((type === "mask" || type === "other") && name !== "")) throw invalid;
  if (!isDefault && type !== "mask" && name === "") {
    throw new AppSpecError(
      `The deployment failed because of a problem with the acls permission settings in the application specification file. Use mode to set the base acl entry (${entry}). Update the permissions section of the AppSpec file, and then try again.`,
    );
  }
  return { isDefault, type, name, rights };
}

function rightsOf(entry: string, text: string): string {
  if (/^[0-7]$/.test(text)) return rightsOfDigit(Number(text));
  const wrong = /[^rwx-]/.exec(text)?.[0];
  if (wrong !== undefined) {
    throw new AppSpecError(
      `The deployment failed because the access control list (ACL) named ${entry} in the application specification file contains an invalid character (${wrong}). Correct the ACL in the hooks section of the AppSpec file, and then try again.`,
    );
  }
  return [..."rwx"].map((right) => (text.includes(right) ? right : "-")).join("");
}

const rightsOfDigit = (digit: number): string => [..."rwx"].map((right, i) => ((digit & (4 >> i)) === 0 ? "-" : right)).join("");

/**
 * The whole list for `setfacl --set`: what the file's mode grants, and the entries. A mask is the group's rights unless
 * one is given, as named entries need one.
 */
export function fullAcl(acl: Acl, mode: number): string {
  const digits = [6, 3, 0].map((shift) => rightsOfDigit((mode >> shift) & 7));
  const [user = "", group = "", other = ""] = digits;
  const text = ({ isDefault, type, name, rights }: Ace): string => `${isDefault ? "default:" : ""}${type}:${name}:${rights}`;
  const has = (isDefault: boolean, type?: Ace["type"], name?: string): boolean =>
    acl.some(
      (ace) => ace.isDefault === isDefault && (type === undefined || ace.type === type) && (name === undefined || ace.name === name),
    );
  const isNamed = (isDefault: boolean): boolean => acl.some((ace) => ace.isDefault === isDefault && ace.name !== "");
  const base = [`user::${user}`, `group::${group}`, `other::${other}`];
  if (isNamed(false) && !has(false, "mask")) base.push(`mask::${group}`);
  if (has(true)) {
    if (!has(true, "user", "")) base.push(`default:user::${user}`);
    if (!has(true, "group", "")) base.push(`default:group::${group}`);
    if (!has(true, "other")) base.push(`default:other::${other}`);
    if (isNamed(true) && !has(true, "mask")) base.push(`default:mask::${group}`);
  }
  return [...acl.map(text), ...base].join(",");
}

export const hasDefault = (acl: Acl): boolean => acl.some(({ isDefault }) => isDefault);
