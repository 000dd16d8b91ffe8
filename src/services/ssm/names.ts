import { parseArn } from "../../aws/arn.ts";
import { AwsException } from "../../aws/exception.ts";

const MAX_LEVELS = 15;
const invalid = (message: string): AwsException => new AwsException("ValidationException", message, { status: 400 });

/**
 * Checks the name of a parameter to be made. https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
 * @throws AwsException ValidationException, AccessDeniedException, HierarchyLevelLimitExceededException
 */
export function checkName(name: string): void {
  if (/^\/?aws(\/|$)/i.test(name)) {
    throw new AwsException("AccessDeniedException", `No access to reserved parameter name: ${name}.`, { status: 400 });
  }
  if (/^\/?(aws|ssm)/i.test(name)) throw unnamed();
  if (name.includes("/") && !name.startsWith("/")) throw invalid("Parameter name must be a fully qualified name.");
  if (!isFormed(name)) throw unnamed();
  const levels = name.split("/").length - 1;
  if (levels > MAX_LEVELS) {
    throw new AwsException(
      "HierarchyLevelLimitExceededException",
      `Hierarchy depth of ${levels} levels exceeds the limit: a hierarchy can have a maximum of ${MAX_LEVELS} levels.`,
    );
  }
  if (name.length > 1_011) throw invalid("Parameter name must not be longer than 1011 characters.");
}

const isFormed = (name: string): boolean => /^[A-Za-z0-9_.-]+$/.test(name) || /^(\/[A-Za-z0-9_.-]+)+$/.test(name);

/** AWS's one text for whatever is wrong with a name: https://github.com/boto/boto3/issues/1499 */
function unnamed(): AwsException {
  return invalid(
    'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_',
  );
}

/** What no parameter can be called is refused when it is asked for too. @throws AwsException ValidationException */
export function checkAsked(name: string): void {
  if (/^\/?ssm/i.test(name) || !isFormed(name)) throw unnamed();
}

/** `parameter/a/b` of `/a/b`, `parameter/x` of `x`. */
export function resourceOf(name: string): string {
  return `parameter${name.startsWith("/") ? "" : "/"}${name}`;
}

export interface Reference {
  readonly name: string;
  /** A version or a label, without the colon. */
  readonly selector?: string;
}

/** Reads `name`, `name:version`, `name:label`, or the same behind an ARN. */
export function readReference(text: string): Reference {
  const arn = parseArn(text);
  if (arn?.service === "ssm" && arn.resource.startsWith("parameter/")) {
    const rest = arn.resource.slice("parameter".length);
    // The ARN of `x` and of `/x` are the same; names with one level are far more often written without the slash.
    return splitSelector(rest.lastIndexOf("/") === 0 ? rest.slice(1) : rest);
  }
  return splitSelector(text.trim());
}

function splitSelector(text: string): Reference {
  const colon = text.indexOf(":");
  return colon < 0 ? { name: text } : { name: text.slice(0, colon), selector: text.slice(colon + 1) };
}

/** The last text that begins with `prefix`, exclusive, in SQLite's binary order. */
export function endOfPrefix(prefix: string): string {
  return `${prefix}\u{10ffff}`;
}

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-labels.html */
export function isLabel(label: string): boolean {
  return /^[A-Za-z_.-][A-Za-z0-9_.-]{0,99}$/.test(label) && !/^(aws|ssm)/i.test(label);
}
