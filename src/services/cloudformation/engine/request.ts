import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import type { Principal } from "../../../aws/identity.ts";
import type { ResourceRequest } from "../../../aws/resource.ts";
import { messageOf } from "../../../kernel/errors.ts";
import type { Json } from "../template/parse.ts";
import type { Operation, Resource, Stack } from "./model.ts";

/**
 * `<stack>-<logical id>-<suffix>`, the first two cut alike when it would be longer than `maxLength`.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
 */
export function generatedName(parts: readonly [stack: string, logical: string, suffix: string], maxLength: number): string {
  const [stack, logical, suffix] = parts;
  const room = maxLength - suffix.length - 2;
  if (stack.length + logical.length <= room) return `${stack}-${logical}-${suffix}`;
  const half = Math.floor(room / 2);
  const first = stack.slice(0, Math.max(half, room - logical.length));
  return `${first}-${logical.slice(0, room - first.length)}-${suffix}`;
}

export function requestFor(stack: Stack, resource: Resource, properties: Json): ResourceRequest {
  return {
    properties,
    logicalId: resource.logical,
    stackName: stack.name,
    stackId: stack.id,
    stackTags: {
      ...stack.body.desired.tags,
      "aws:cloudformation:stack-name": stack.name,
      "aws:cloudformation:logical-id": resource.logical,
      "aws:cloudformation:stack-id": stack.id,
    },
    generatedName: (maxLength, options) => {
      const name = generatedName([stack.name, resource.logical, resource.suffix], maxLength);
      return options?.lowerCase ? name.toLowerCase() : name;
    },
  };
}

/** The principal that a stack's resources are made with: its role, or whoever asked for the operation. */
export function actorOf(ctx: Context, stack: Stack, op: Operation): Principal {
  const { roleArn, roleId } = stack.body.desired;
  if (roleArn === undefined) return op.principal;
  const name = roleArn.split("/").pop() ?? roleArn;
  return {
    type: "assumed-role",
    account: ctx.account,
    arn: `arn:aws:sts::${ctx.account}:assumed-role/${name}/AWSCloudFormation`,
    userId: `${roleId ?? name}:AWSCloudFormation`,
  };
}

const HANDLER_CODES: readonly (readonly [RegExp, string])[] = [
  [/^InternalFailure$/, "InternalFailure"],
  [/AlreadyExists|Conflict|AlreadyOwnedByYou|ResourceInUse/i, "AlreadyExists"],
  [/NotFound|NoSuch/i, "NotFound"],
  [/AccessDenied|Unauthorized/i, "AccessDenied"],
  [/Limit|Throttl/i, "ServiceLimitExceeded"],
  [/Invalid|Validation|Malformed/i, "InvalidRequest"],
];

/** Why a resource failed, as resource handlers word it. */
export function failureReason(ctx: Context, error: unknown): string {
  if (!(error instanceof AwsException)) return messageOf(error);
  if (error.code === "ValidationError" || error.code === "ResourceFailed") return error.message;
  const code = HANDLER_CODES.find(([pattern]) => pattern.test(error.code))?.[1] ?? "GeneralServiceException";
  return `Resource handler returned message: "${error.message}" (RequestToken: ${ctx.cloud.ids.uuid()}, HandlerErrorCode: ${code})`;
}

/** A failure whose text is shown as it is. */
export function resourceFailed(reason: string): AwsException {
  return new AwsException("ResourceFailed", reason);
}

/** A failure that left something behind, which the rollback must delete by this id. */
export class ResourceFailure extends AwsException {
  readonly physicalId: string | undefined;

  constructor(reason: string, physicalId: string | undefined) {
    super("ResourceFailed", reason);
    this.physicalId = physicalId;
  }
}
