import type { AuthStyle } from "../handlers/auth-errors.ts";
import { wordAsCodeDeploy } from "./codedeploy.ts";
import type { Violation } from "./validator.ts";

/** How a service answers invalid input, and what of it is left to its handlers. */
export interface ValidationRules {
  /** Code of the aggregated error. */
  readonly code: string;
  /** Who checks that required members are there. */
  readonly required: "gateway" | "handler";
  /** Who checks lengths, ranges, patterns and enums: a service with an error of its own for each does it itself. */
  readonly constraints: "gateway" | "handler";
  /** `Structure.member`s that AWS takes although the model says otherwise, or answers in words of its own. */
  readonly skip?: ReadonlySet<string>;
  /** The answer to the first violation, where the service does not use the common words; undefined leaves it to them. */
  readonly word?: (violation: Violation) => Wording | undefined;
}

export interface Wording {
  readonly code: string;
  readonly message: string;
}

const COMMON: ValidationRules = { code: "ValidationException", required: "gateway", constraints: "gateway" };
const QUERY: ValidationRules = { ...COMMON, code: "ValidationError" };

/**
 * The exceptions from the common rules, each as the service's API reference words it. To leave a member to a handler,
 * add `Structure.member` to the service's `skip`.
 */
const RULES: Readonly<Record<string, ValidationRules>> = {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html: S3 has an error of its own for each parameter.
  s3: { ...COMMON, required: "handler", constraints: "handler" },
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
  sqs: {
    code: "InvalidParameterValue",
    required: "gateway",
    constraints: "handler",
    word: ({ missing }) =>
      missing === undefined ? undefined : { code: "MissingParameter", message: `The request must contain the parameter ${missing}.` },
  },
  // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
  "cloudwatch-logs": { ...COMMON, code: "InvalidParameterException" },
  // https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
  ecr: { ...COMMON, code: "InvalidParameterException", word: wordAsEcr },
  // https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
  lambda: { ...COMMON, word: wordAsLambda },
  // https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html
  apigatewayv2: { ...COMMON, code: "BadRequestException" },
  // https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateProject.html
  codebuild: { ...COMMON, code: "InvalidInputException" },
  // https://docs.aws.amazon.com/codecommit/latest/APIReference/API_GetBranch.html
  codecommit: { ...COMMON, word: wordAsCodeCommit },
  // https://docs.aws.amazon.com/codedeploy/latest/APIReference/CommonErrors.html
  codedeploy: { ...COMMON, code: "InvalidInputException", word: wordAsCodeDeploy },
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CommonErrors.html
  cloudwatch: QUERY,
};

/** `Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '…''`. */
function wordAsEcr({ path, constraint }: Violation): Wording {
  const plain = constraint.replace(/^Member /, "").replace(/ pattern: (.*)$/s, " '$1'");
  return { code: "InvalidParameterException", message: `Invalid parameter at '${path}' failed to satisfy constraint: '${plain}'` };
}

/** A runtime is an enum or, for managed ones, an ARN, and Lambda says so. */
function wordAsLambda({ path, value, constraint }: Violation): Wording | undefined {
  if (path !== "runtime") return undefined;
  const message = `Value ${String(value)} at 'runtime' failed to satisfy constraint: ${constraint} or be a valid ARN`;
  return { code: "InvalidParameterValueException", message };
}

/** CodeCommit has an exception for each of its members: what is missing, and what is not valid. */
const CODECOMMIT_NAMES: Readonly<Record<string, string>> = {
  repositoryName: "RepositoryName",
  oldName: "RepositoryName",
  newName: "RepositoryName",
  branchName: "BranchName",
  defaultBranchName: "BranchName",
  commitId: "CommitId",
  blobId: "BlobId",
  filePath: "Path",
  folderPath: "Path",
  pullRequestId: "PullRequestId",
  revisionId: "RevisionId",
  title: "Title",
  commentId: "CommentId",
  approvalRuleName: "ApprovalRuleName",
  approvalRuleTemplateName: "ApprovalRuleTemplateName",
  mergeOption: "MergeOption",
  resourceArn: "ResourceArn",
};

function wordAsCodeCommit({ path, value, missing }: Violation): Wording | undefined {
  const member = path.split(".").at(-1) ?? "";
  const name = CODECOMMIT_NAMES[member];
  if (name === undefined) return undefined;
  return missing === undefined
    ? { code: `Invalid${name}Exception`, message: `The value for ${member} is not valid: ${String(value)}` }
    : { code: `${name}RequiredException`, message: `A value for ${member} is required, but was not specified.` };
}

export function rulesOf(serviceId: string, style: AuthStyle): ValidationRules {
  return RULES[serviceId] ?? (style === "query" ? QUERY : COMMON);
}
