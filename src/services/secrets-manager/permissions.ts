import { parseArn } from "../../aws/arn.ts";
import type { Context } from "../../aws/context.ts";
import type { RequiredPermission, ServiceDefinition } from "../../aws/service.ts";
import { type SecretRow, selectByArn, selectByName } from "./store.ts";

type Permissions = NonNullable<ServiceDefinition<"secrets-manager">["permissions"]>;

interface OfSecret {
  readonly SecretId?: string | undefined;
}

const ON_SECRET = [
  "CancelRotateSecret",
  "DeleteResourcePolicy",
  "DeleteSecret",
  "DescribeSecret",
  "GetResourcePolicy",
  "GetSecretValue",
  "ListSecretVersionIds",
  "PutResourcePolicy",
  "PutSecretValue",
  "RestoreSecret",
  "RotateSecret",
  "TagResource",
  "UntagResource",
  "UpdateSecret",
  "UpdateSecretVersionStage",
] as const;

/** Stands for the six characters that AWS makes up, which policies write as `-??????` or `-*`. */
const UNKNOWN_SUFFIX = "-000000";

function find(ctx: Context, id: string): SecretRow | undefined {
  const arn = parseArn(id);
  if (arn === undefined) return ctx.get(selectByName, { name: id });
  const scope = ctx.with({ account: arn.account, region: arn.region });
  return ctx.get(selectByArn, { arn: id }) ?? scope.get(selectByName, { name: arn.resource.replace(/^secret:/, "") });
}

function on(ctx: Context, action: string, id: string | undefined): RequiredPermission {
  const secret = find(ctx, id ?? "");
  const named = id?.startsWith("arn:") ? id : ctx.arn("secretsmanager", `secret:${id ?? ""}${UNKNOWN_SUFFIX}`);
  const resource = secret?.arn ?? named;
  const policy = parseArn(resource)?.account === ctx.account ? (secret?.policy ?? undefined) : undefined;
  return { action: `secretsmanager:${action}`, resource, policy };
}

const onSecret = ON_SECRET.map((action) => {
  return [action, (input: OfSecret, ctx: Context): RequiredPermission[] => [on(ctx, action, input.SecretId)]] as const;
});

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html */
export const permissions: Permissions = {
  ...(Object.fromEntries(onSecret) as Record<(typeof ON_SECRET)[number], (input: OfSecret, ctx: Context) => RequiredPermission[]>),
  // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
  BatchGetSecretValue: (input, ctx) => [
    { action: "secretsmanager:BatchGetSecretValue", resource: "*" },
    ...(input.SecretIdList ?? []).map((id) => on(ctx, "GetSecretValue", id)),
    ...(input.Filters === undefined ? [] : [{ action: "secretsmanager:ListSecrets", resource: "*" }]),
  ],
  CreateSecret: (input, ctx) => {
    const own = on(ctx, "CreateSecret", input.Name);
    return (input.Tags?.length ?? 0) === 0 ? [own] : [own, on(ctx, "TagResource", input.Name)];
  },
};
