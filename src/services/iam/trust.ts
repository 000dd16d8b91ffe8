import { parseArn } from "../../aws/arn.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { arnOf } from "./entities.ts";
import { PolicyProblem, type PolicyUse, parsePolicy } from "./policy.ts";
import { entities } from "./store.ts";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const MAX_TRUST_CHARACTERS = 2048;

/** @throws MalformedPolicyDocument */
export function checkDocument(text: string, use: PolicyUse) {
  try {
    return parsePolicy(text, use);
  } catch (error) {
    if (error instanceof PolicyProblem) throw new AwsException("MalformedPolicyDocumentException", error.message);
    throw error;
  }
}

/**
 * A role's trust policy: grammar, size, and that whom it names exists, as far as it can be known here.
 * @throws MalformedPolicyDocument, LimitExceeded
 */
export function checkTrust(ctx: Context, text: string): void {
  const { statements } = checkDocument(text, "trust");
  if (text.replace(/\s/g, "").length > MAX_TRUST_CHARACTERS) {
    throw new AwsException("LimitExceededException", `Cannot exceed quota for ACLSizePerRole: ${MAX_TRUST_CHARACTERS}`);
  }
  for (const { principal = {}, notPrincipal = {} } of statements) {
    for (const [kind, names] of [...Object.entries(principal), ...Object.entries(notPrincipal)]) {
      for (const name of names) {
        if (!isKnown(ctx, kind, name)) {
          const label = kind === "Service" ? "SERVICE" : kind;
          throw new AwsException("MalformedPolicyDocumentException", `Invalid principal in policy: "${label}":"${name}"`);
        }
      }
    }
  }
}

function isKnown(ctx: Context, kind: string, name: string): boolean {
  if (kind === "Service") return /^[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com|amazon\.com|aws\.internal)(\.cn)?$/.test(name);
  if (kind !== "AWS" || name === "*" || /^\d{12}$/.test(name)) return true;
  if (/^A(ROA|IDA)[A-Z0-9]+$/.test(name)) return ctx.get(entities.byId, { id: name }) !== undefined;
  const arn = parseArn(name);
  if (arn === undefined || !/^\d{12}$/.test(arn.account)) return false;
  if (arn.resource === "root" || arn.service === "sts") return arn.service === "iam" || arn.service === "sts";
  const [type, ...path] = arn.resource.split("/");
  if (arn.service !== "iam" || (type !== "role" && type !== "user")) return false;
  const row = ctx.get(entities.inAccount, { owner: arn.account, kind: type, name: path.at(-1) ?? "" });
  return row !== undefined && arnOf(row) === name;
}
