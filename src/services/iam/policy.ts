/** One statement in the only form that evaluation looks at: lists everywhere, condition keys in lower case. */
export interface Statement {
  readonly sid: string | undefined;
  readonly effect: "Allow" | "Deny";
  readonly principal: Principals | undefined;
  readonly notPrincipal: Principals | undefined;
  readonly actions: readonly string[] | undefined;
  readonly notActions: readonly string[] | undefined;
  readonly resources: readonly string[] | undefined;
  readonly notResources: readonly string[] | undefined;
  readonly conditions: readonly Condition[];
}

/** Kind of principal (`AWS`, `Service`, `Federated`, `CanonicalUser`) to its values; `"*"` alone is `{ "*": ["*"] }`. */
export type Principals = Readonly<Record<string, readonly string[]>>;

export interface Condition {
  /** Without prefix and suffix, e.g. `StringEquals`. */
  readonly operator: string;
  readonly qualifier: "any" | "all" | undefined;
  readonly ifExists: boolean;
  /** Lower case. */
  readonly key: string;
  readonly values: readonly string[];
}

export interface PolicyDocument {
  /** Variables are replaced only in documents of this version. */
  readonly variables: boolean;
  readonly statements: readonly Statement[];
}

/** Where a policy stands decides what it must and must not say. */
export type PolicyUse = "identity" | "trust" | "resource";

/** What is wrong with a document, in AWS's words. */
export class PolicyProblem extends Error {}

type Json = Readonly<Record<string, unknown>>;

const VERSIONS = ["2012-10-17", "2008-10-17"];
const DOCUMENT_FIELDS = new Set(["Version", "Id", "Statement"]);
const STATEMENT_FIELDS = new Set([
  "Sid",
  "Effect",
  "Principal",
  "NotPrincipal",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Condition",
]);
const PRINCIPAL_KINDS = new Set(["AWS", "Service", "Federated", "CanonicalUser"]);
const OPERATOR =
  /^(?:For(Any|All)(?:Value|Values):)?((?:String(?:Not)?(?:Equals(?:IgnoreCase)?|Like))|(?:(?:Numeric|Date)(?:(?:Not)?Equals|LessThan(?:Equals)?|GreaterThan(?:Equals)?))|Bool|BinaryEquals|(?:Not)?IpAddress|Arn(?:Not)?(?:Equals|Like)|Null)(IfExists)?$/i;

/**
 * Reads a policy document. The grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 * @throws PolicyProblem
 */
export function parsePolicy(text: string, use: PolicyUse): PolicyDocument {
  const document = parseJson(text, use);
  for (const field of Object.keys(document)) if (!DOCUMENT_FIELDS.has(field)) throw new PolicyProblem("Syntax errors in policy.");
  const version = document["Version"];
  if (version !== undefined && !VERSIONS.includes(String(version)))
    throw new PolicyProblem("The policy must contain a valid version string");
  if (version !== "2012-10-17" && use === "identity") throw new PolicyProblem("Policy document must be version 2012-10-17 or greater.");
  const list = document["Statement"];
  if (list === undefined) throw new PolicyProblem("Syntax errors in policy.");
  const statements = (Array.isArray(list) ? list : [list]).map((entry) => parseStatement(entry, use));
  if (statements.length === 0) throw new PolicyProblem("Syntax errors in policy.");
  checkSids(statements, use);
  return { variables: version === "2012-10-17", statements };
}

function parseJson(text: string, use: PolicyUse): Json {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new PolicyProblem(use === "trust" ? "This policy contains invalid Json" : "Syntax errors in policy.");
  }
  if (!isObject(value)) throw new PolicyProblem("Syntax errors in policy.");
  return value;
}

function parseStatement(value: unknown, use: PolicyUse): Statement {
  if (!isObject(value)) throw new PolicyProblem("Syntax errors in policy.");
  for (const field of Object.keys(value)) if (!STATEMENT_FIELDS.has(field)) throw new PolicyProblem("Syntax errors in policy.");
  const effect = value["Effect"];
  if (effect === undefined) throw new PolicyProblem("Missing required field Effect");
  if (effect !== "Allow" && effect !== "Deny") throw new PolicyProblem(`Invalid effect: ${String(effect)}`);
  const statement: Statement = {
    sid: value["Sid"] === undefined ? undefined : String(value["Sid"]),
    effect,
    principal: parsePrincipals(value["Principal"]),
    notPrincipal: parsePrincipals(value["NotPrincipal"]),
    actions: strings(value["Action"]),
    notActions: strings(value["NotAction"]),
    resources: strings(value["Resource"]),
    notResources: strings(value["NotResource"]),
    conditions: parseConditions(value["Condition"]),
  };
  checkActions(statement, use);
  checkPlacement(statement, use);
  return statement;
}

function checkActions({ actions, notActions }: Statement, use: PolicyUse): void {
  if (actions !== undefined && notActions !== undefined) throw new PolicyProblem("Syntax errors in policy.");
  const named = actions ?? notActions ?? [];
  if (named.length === 0) {
    throw new PolicyProblem(use === "trust" ? "Missing required field Action" : "Policy statement must contain actions.");
  }
  for (const action of named) {
    if (action === "*") continue;
    const [vendor, name, ...more] = action.split(":");
    if (name === undefined) throw new PolicyProblem("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
    if (more.length > 0) throw new PolicyProblem("Actions/Condition can contain only one colon.");
    if (!/^[a-zA-Z0-9-.]+$/.test(vendor ?? "")) throw new PolicyProblem(`Vendor ${vendor} is not valid`);
    if (use === "trust" && vendor?.toLowerCase() !== "sts") {
      throw new PolicyProblem("AssumeRole policy may only specify STS AssumeRole actions.");
    }
  }
}

function checkPlacement(statement: Statement, use: PolicyUse): void {
  const hasPrincipal = statement.principal !== undefined || statement.notPrincipal !== undefined;
  const named = statement.resources ?? statement.notResources;
  if (use === "identity") {
    if (hasPrincipal) throw new PolicyProblem("Policy document should not specify a principal.");
    if (named === undefined || named.length === 0) throw new PolicyProblem("Policy statement must contain resources.");
    if (statement.resources !== undefined && statement.notResources !== undefined) throw new PolicyProblem("Syntax errors in policy.");
    for (const resource of named) checkResource(resource);
    return;
  }
  if (!hasPrincipal) throw new PolicyProblem("Missing required field Principal");
  if (use === "trust" && named !== undefined) throw new PolicyProblem("Has prohibited field Resource");
}

function checkResource(resource: string): void {
  if (resource === "*") return;
  const parts = resource.split(":");
  if (parts[0] !== "arn") throw new PolicyProblem(`Resource ${resource} must be in ARN format or "*".`);
  if (!/^(aws[a-z-]*|\*)$/.test(parts[1] ?? "")) {
    throw new PolicyProblem(`Partition "${parts[1] ?? ""}" is not valid for resource "${resource}".`);
  }
  if (parts.length < 6 && !(parts.at(-1) ?? "").includes("*")) throw new PolicyProblem("The policy failed legacy parsing");
  if (parts[2] === "") throw new PolicyProblem(`Vendor must not be empty for resource "${resource}".`);
}

/** Other services' policies have rules of their own for statement ids: Lambda's take hyphens, S3's any character. */
function checkSids(statements: readonly Statement[], use: PolicyUse): void {
  const seen = new Set<string>();
  for (const { sid } of statements) {
    if (sid === undefined || sid === "") continue;
    if (use !== "resource" && !/^[0-9A-Za-z ]*$/.test(sid)) {
      throw new PolicyProblem(
        "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
      );
    }
    if (seen.has(sid)) throw new PolicyProblem("Statement IDs (SID) in a single policy must be unique.");
    seen.add(sid);
  }
}

function parsePrincipals(value: unknown): Principals | undefined {
  if (value === undefined) return undefined;
  if (value === "*") return { "*": ["*"] };
  if (!isObject(value)) throw new PolicyProblem(`Invalid principal in policy: "${String(value)}"`);
  const principals: Record<string, readonly string[]> = {};
  for (const [kind, names] of Object.entries(value)) {
    if (!PRINCIPAL_KINDS.has(kind)) throw new PolicyProblem(`Invalid principal in policy: "${kind}"`);
    principals[kind] = strings(names) ?? [];
  }
  return principals;
}

function parseConditions(value: unknown): Condition[] {
  if (value === undefined) return [];
  if (!isObject(value)) throw new PolicyProblem("Syntax errors in policy.");
  return Object.entries(value).flatMap(([name, block]) => {
    const parts = OPERATOR.exec(name);
    if (parts === null) throw new PolicyProblem(`Invalid Condition type : ${name}`);
    if (!isObject(block)) throw new PolicyProblem("Syntax errors in policy.");
    const qualifier = parts[1] === undefined ? undefined : parts[1].toLowerCase() === "any" ? ("any" as const) : ("all" as const);
    return Object.entries(block).map(([key, values]) => ({
      operator: (parts[2] ?? "").toLowerCase(),
      qualifier,
      ifExists: parts[3] !== undefined,
      key: key.toLowerCase(),
      values: strings(values) ?? [],
    }));
  });
}

/** A string, number or boolean, or a list of them, as a list of strings. */
function strings(value: unknown): string[] | undefined {
  if (value === undefined) return undefined;
  return (Array.isArray(value) ? value : [value]).map((item: unknown) => {
    if (typeof item !== "string" && typeof item !== "number" && typeof item !== "boolean")
      throw new PolicyProblem("Syntax errors in policy.");
    return String(item);
  });
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
