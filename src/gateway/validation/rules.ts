import type { AuthStyle } from "../handlers/auth-errors.ts";

/** How a service answers invalid input, and what of it is left to its handlers. */
export interface ValidationRules {
  /** Code of the aggregated error. */
  readonly code: string;
  /** True where the service checks lengths, ranges, patterns and enums itself, in words of its own. */
  readonly required: "gateway" | "handler";
  readonly constraints: "gateway" | "handler";
  /** `Structure.member`s that AWS takes although the model says otherwise, or answers in words of its own. */
  readonly skip?: ReadonlySet<string>;
  /** Names what is missing, where the service does not use the common words. */
  readonly missing?: (member: string) => { readonly code: string; readonly message: string };
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
    missing: (member) => ({ code: "MissingParameter", message: `The request must contain the parameter ${member}.` }),
  },
  // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
  "cloudwatch-logs": { ...COMMON, code: "InvalidParameterException" },
  ecr: { ...COMMON, code: "InvalidParameterException" },
  // https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html
  apigatewayv2: { ...COMMON, code: "BadRequestException" },
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CommonErrors.html
  cloudwatch: QUERY,
};

export function rulesOf(serviceId: string, style: AuthStyle): ValidationRules {
  return RULES[serviceId] ?? (style === "query" ? QUERY : COMMON);
}
