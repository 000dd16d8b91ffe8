import { parseArn } from "../../aws/arn.ts";
import type { Context } from "../../aws/context.ts";
import type { RequiredPermission, ServiceDefinition } from "../../aws/service.ts";
import { readEnvelope } from "./envelope.ts";
import { keyArn } from "./find.ts";
import { aliases, keys } from "./store.ts";

type Permissions = NonNullable<ServiceDefinition<"kms">["permissions"]>;
type Named = Readonly<Record<string, unknown>>;

/** The key's ARN as policies name it. Looks only: AWS's own keys must not come into being for a question. */
function arnOf(ctx: Context, keyId: unknown): string | undefined {
  if (typeof keyId !== "string") return undefined;
  const arn = keyId.startsWith("arn:") ? parseArn(keyId) : undefined;
  if (keyId.startsWith("arn:") && !arn?.resource.startsWith("alias/")) return keyId;
  const name = arn?.resource ?? keyId;
  if (!name.startsWith("alias/")) return keyArn({ account: ctx.account, region: ctx.region, id: keyId });
  const alias = ctx.get(aliases.get, { name });
  return alias === undefined ? undefined : keyArn({ ...alias, id: alias.key_id });
}

function ofCiphertext(blob: unknown): string | undefined {
  return blob instanceof Uint8Array ? readEnvelope(blob)?.keyArn : undefined;
}

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html */
function asked(operation: string, input: Named, ctx: Context): RequiredPermission[] {
  if (operation === "ReEncrypt") {
    const source = arnOf(ctx, input["SourceKeyId"]) ?? ofCiphertext(input["CiphertextBlob"]) ?? "*";
    const target = arnOf(ctx, input["DestinationKeyId"]) ?? "*";
    return [
      { action: "kms:ReEncryptFrom", resource: source },
      { action: "kms:ReEncryptTo", resource: target },
    ];
  }
  const key = arnOf(ctx, input["KeyId"] ?? input["TargetKeyId"]) ?? ofCiphertext(input["CiphertextBlob"]);
  const action = `kms:${operation}`;
  const alias = input["AliasName"];
  // An alias is changed with permission on the alias and on the key behind it.
  if (typeof alias === "string") {
    const behind = key ?? arnOf(ctx, alias);
    const own = { action, resource: ctx.arn("kms", alias) };
    return behind === undefined ? [own] : [own, { action, resource: behind }];
  }
  return [{ action, resource: key ?? "*" }];
}

/** The key's policy, where the key is the caller's account's. */
function withPolicy(ctx: Context, required: RequiredPermission): RequiredPermission {
  const id = required.resource.split(":key/")[1];
  const key = id === undefined || !required.resource.startsWith(ctx.arn("kms", "key/")) ? undefined : ctx.get(keys.get, { id });
  return key === undefined ? required : { ...required, policy: key.policy };
}

export function permissionsOf(operations: Readonly<Record<string, unknown>>): Permissions {
  const entries = Object.keys(operations).map((name) => {
    return [name, (input: Named, ctx: Context) => asked(name, input, ctx).map((required) => withPolicy(ctx, required))] as const;
  });
  return Object.fromEntries(entries) as unknown as Permissions;
}
