import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { aliases, entities, versions } from "./store.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html; the quotas are AWS's defaults. */
const QUOTAS: Readonly<Record<string, number>> = {
  AccessKeysPerUserQuota: 2,
  AssumeRolePolicySizeQuota: 2048,
  AttachedPoliciesPerGroupQuota: 10,
  AttachedPoliciesPerRoleQuota: 10,
  AttachedPoliciesPerUserQuota: 10,
  GlobalEndpointTokenVersion: 1,
  GroupPolicySizeQuota: 5120,
  GroupsPerUserQuota: 10,
  GroupsQuota: 300,
  InstanceProfilesQuota: 1000,
  PoliciesQuota: 1500,
  PolicySizeQuota: 6144,
  PolicyVersionsInUseQuota: 10_000,
  RolePolicySizeQuota: 10_240,
  RolesQuota: 1000,
  ServerCertificatesQuota: 20,
  SigningCertificatesPerUserQuota: 2,
  UserPolicySizeQuota: 2048,
  UsersQuota: 5000,
  VersionsPerPolicyQuota: 5,
};

export const accountOperations = {
  GetAccountSummary: (_input, ctx) => {
    const counts = new Map(ctx.all(entities.counts, {}).map(({ kind, total }) => [kind, total]));
    return {
      SummaryMap: {
        ...QUOTAS,
        AccountAccessKeysPresent: 0,
        AccountMFAEnabled: 0,
        AccountPasswordPresent: 0,
        AccountSigningCertificatesPresent: 0,
        Groups: counts.get("group") ?? 0,
        InstanceProfiles: counts.get("instance-profile") ?? 0,
        MFADevices: 0,
        MFADevicesInUse: 0,
        Policies: counts.get("policy") ?? 0,
        PolicyVersionsInUse: ctx.get(versions.count, {})?.total ?? 0,
        Providers: 0,
        Roles: counts.get("role") ?? 0,
        ServerCertificates: 0,
        Users: counts.get("user") ?? 0,
      },
    };
  },

  CreateAccountAlias: (input, ctx) => {
    const alias = input.AccountAlias ?? "";
    ctx.tx(() => {
      const owner = ctx.get(aliases.owner, { alias });
      if (owner !== undefined && owner.account !== ctx.account) {
        throw new AwsException("EntityAlreadyExistsException", `The account alias ${alias} already exists.`);
      }
      ctx.run(aliases.remove, {});
      ctx.run(aliases.put, { alias });
      ctx.emit({ source: "aws.iam", type: "account alias created", resources: [`arn:aws:iam::${ctx.account}:root`], detail: { alias } });
    });
    return {};
  },

  DeleteAccountAlias: (input, ctx) => {
    ctx.tx(() => {
      if (ctx.get(aliases.get, {})?.alias !== input.AccountAlias) {
        throw new AwsException("NoSuchEntityException", `The account alias ${input.AccountAlias} cannot be found.`);
      }
      ctx.run(aliases.remove, {});
      const detail = { alias: input.AccountAlias };
      ctx.emit({ source: "aws.iam", type: "account alias deleted", resources: [`arn:aws:iam::${ctx.account}:root`], detail });
    });
    return {};
  },

  ListAccountAliases: (_input, ctx) => {
    const alias = ctx.get(aliases.get, {})?.alias;
    return { AccountAliases: alias === undefined ? [] : [alias], IsTruncated: false };
  },
} satisfies Operations<"iam">;
