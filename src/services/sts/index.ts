import type { Input } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { service } from "../../aws/service.ts";
import { assumeRoleOperations } from "./assume-role.ts";
import { callerOperations } from "./callers.ts";
import { sessionOperations } from "./sessions.ts";

export const sts = service({
  id: "sts",
  operations: { ...assumeRoleOperations, ...callerOperations, ...sessionOperations },
  partial: {
    AssumeRole: "MFA (SerialNumber, TokenCode) and ProvidedContexts are refused.",
    GetSessionToken: "MFA (SerialNumber, TokenCode) is refused.",
  },
  notImplemented: [
    "AssumeRoleWithSAML",
    "AssumeRoleWithWebIdentity",
    "AssumeRoot",
    "DecodeAuthorizationMessage",
    "GetDelegatedAccessToken",
    "GetWebIdentityToken",
  ],
  permissions: {
    // The operation itself asks the role's trust policy and the caller's own, and refuses.
    AssumeRole: () => [],
    // AWS asks for no permission: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    GetCallerIdentity: () => [],
    GetSessionToken: () => [],
    GetFederationToken: (input: Input<"sts", "GetFederationToken">, ctx: Context) => [
      { action: "sts:GetFederationToken", resource: `arn:aws:sts::${ctx.account}:federated-user/${input.Name ?? ""}` },
    ],
  },
});
