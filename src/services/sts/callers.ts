import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export const callerOperations = {
  GetCallerIdentity: (_input, ctx) => ({ UserId: ctx.principal.userId, Account: ctx.principal.account, Arn: ctx.principal.arn }),

  GetAccessKeyInfo: (input, ctx) => {
    const id = input.AccessKeyId ?? "";
    const known = ctx.cloud.identity.find(id);
    return { Account: known?.principal.account ?? accountIn(id) };
  },
} satisfies Operations<"sts">;

/**
 * AWS's access key ids carry the account that they belong to, so this answers for keys of any cloud, active or not:
 * 40 bits after the first of the 80 that follow the prefix.
 * @throws ValidationError for what is no access key id
 */
function accountIn(accessKeyId: string): string {
  if (/^\d{12}$/.test(accessKeyId)) return accessKeyId;
  const digits = /^A[KS]IA([A-Z2-7]{16})$/.exec(accessKeyId)?.[1];
  if (digits === undefined) {
    throw new AwsException("ValidationError", `Invalid access key: ${accessKeyId} is not an access key id that AWS or Orrery would issue`, {
      status: 400,
    });
  }
  let bits = 0n;
  for (const digit of digits) bits = (bits << 5n) | BigInt(BASE32.indexOf(digit));
  return ((bits >> 39n) & 0xff_ffff_ffffn).toString().padStart(12, "0");
}
