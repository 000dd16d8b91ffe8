type Json = Readonly<Record<string, unknown>>;

const COUNT_TYPES = ["imageCountMoreThan", "sinceImagePushed", "sinceImagePulled", "sinceImageTransitioned"];

/**
 * What keeps a text from being a lifecycle policy; undefined when nothing does.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
 */
export function lifecycleProblem(text: string): string | undefined {
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    return "the policy is not JSON";
  }
  const rules = isObject(policy) ? policy["rules"] : undefined;
  if (!Array.isArray(rules) || rules.length === 0) return 'object has missing required properties (["rules"])';
  const problem = (rules as unknown[]).map(ruleProblem).find((found) => found !== undefined);
  return problem ?? togetherProblem(rules as Json[]);
}

function ruleProblem(rule: unknown): string | undefined {
  if (!isObject(rule)) return "a rule is not an object";
  const { rulePriority: priority, selection, action } = rule;
  if (!Number.isInteger(priority) || Number(priority) < 1) return "rulePriority must be a whole number from 1";
  if (!isObject(selection)) return 'object has missing required properties (["selection"])';
  if (!isObject(action) || (action["type"] !== "expire" && action["type"] !== "transition"))
    return 'the action\'s type must be "expire" or "transition"';
  return selectionProblem(selection);
}

function selectionProblem(selection: Json): string | undefined {
  const { tagStatus, countType, countUnit, countNumber, tagPrefixList: prefixes, tagPatternList: patterns } = selection;
  if (!["tagged", "untagged", "any"].includes(String(tagStatus))) return 'tagStatus must be "tagged", "untagged" or "any"';
  if (tagStatus === "tagged" && (isFilled(prefixes) ? isFilled(patterns) : !isFilled(patterns))) {
    return "a rule for tagged images needs either tagPrefixList or tagPatternList";
  }
  if (tagStatus !== "tagged" && (isFilled(prefixes) || isFilled(patterns))) return "tag lists go with tagged images only";
  if (!COUNT_TYPES.includes(String(countType))) return `countType must be one of ${COUNT_TYPES.join(", ")}`;
  if (countType !== "imageCountMoreThan" && countUnit !== "days") return `countType ${String(countType)} needs countUnit "days"`;
  if (countType === "imageCountMoreThan" && countUnit !== undefined) return "countUnit does not go with imageCountMoreThan";
  return Number.isInteger(countNumber) && Number(countNumber) >= 1 ? undefined : "countNumber must be a whole number from 1";
}

function togetherProblem(rules: readonly Json[]): string | undefined {
  const priorities = rules.map((rule) => Number(rule["rulePriority"]));
  if (new Set(priorities).size !== priorities.length) return "rulePriority must be unique";
  const any = rules.find((rule) => isObject(rule["selection"]) && rule["selection"]["tagStatus"] === "any");
  if (any !== undefined && Number(any["rulePriority"]) !== Math.max(...priorities))
    return 'a rule with tagStatus "any" must have the highest rulePriority';
  return undefined;
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
