import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { type AwsManagedPolicy, managedPolicies, managedPolicy } from "./aws-managed.ts";
import {
  afterMarker,
  arnOf,
  changed,
  create,
  cut,
  encodeDocument,
  page,
  policyBody,
  remove,
  tagMember,
  tagsOf,
  update,
} from "./entities.ts";
import { policyByArn } from "./principals.ts";
import { attachments, type EntityRow, entities, versions } from "./store.ts";
import { checkDocument } from "./trust.ts";

const MAX_VERSIONS = 5;
const MAX_CHARACTERS = 6144;

/** A managed policy by its ARN, the account's own or AWS's. @throws NoSuchEntity */
export function requirePolicy(ctx: Context, arn: string): EntityRow | AwsManagedPolicy {
  const policy = managedPolicy(arn) ?? policyByArn(ctx.cloud, arn);
  if (policy === undefined) throw new AwsException("NoSuchEntityException", `Policy ${arn} does not exist or is not attachable.`);
  return policy;
}

/** One of the account's own. @throws NoSuchEntity; AccessDenied for AWS's, which nobody can change */
export function ownPolicy(ctx: Context, arn: string): EntityRow {
  const row = policyByArn(ctx.cloud, arn);
  if (row !== undefined && row.account === ctx.account) return row;
  if (managedPolicy(arn) !== undefined) {
    throw new AwsException("AccessDenied", `Cannot perform the operation on the AWS managed policy ${arn}.`, { status: 403 });
  }
  throw missing(arn);
}

function missing(arn: string): AwsException {
  return new AwsException("NoSuchEntityException", `Policy ${arn} was not found.`);
}

export function isAwsManaged(policy: EntityRow | AwsManagedPolicy): policy is AwsManagedPolicy {
  return "document" in policy;
}

function awsShape(ctx: Context, policy: AwsManagedPolicy) {
  const date = new Date(policy.created);
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.version,
    ...usage(ctx, policy.arn),
    IsAttachable: true,
    CreateDate: date,
    UpdateDate: date,
  };
}

function ownShape(ctx: Context, row: EntityRow) {
  const { defaultVersion, updated } = policyBody(row);
  return {
    PolicyName: row.name,
    PolicyId: row.id,
    Arn: arnOf(row),
    Path: row.path,
    DefaultVersionId: `v${defaultVersion}`,
    ...usage(ctx, arnOf(row)),
    IsAttachable: true,
    CreateDate: new Date(row.created),
    UpdateDate: new Date(updated),
  };
}

function usage(ctx: Context, arn: string) {
  return {
    AttachmentCount: ctx.get(attachments.count, { arn })?.total ?? 0,
    PermissionsBoundaryUsageCount: ctx.get(entities.bounded, { arn })?.total ?? 0,
  };
}

export function policyShape(ctx: Context, policy: EntityRow | AwsManagedPolicy) {
  return isAwsManaged(policy) ? awsShape(ctx, policy) : ownShape(ctx, policy);
}

export function versionsOf(ctx: Context, policy: EntityRow | AwsManagedPolicy) {
  if (isAwsManaged(policy)) {
    const document = encodeDocument(policy.document);
    return [{ Document: document, VersionId: policy.version, IsDefaultVersion: true, CreateDate: new Date(policy.created) }];
  }
  const { defaultVersion } = policyBody(policy);
  return ctx.all(versions.of, { id: policy.id }).map((version) => ({
    Document: encodeDocument(version.document),
    VersionId: `v${version.number}`,
    IsDefaultVersion: version.number === defaultVersion,
    CreateDate: new Date(version.created),
  }));
}

/** @throws MalformedPolicyDocument, LimitExceeded */
function checkManaged(document: string): void {
  checkDocument(document, "identity");
  if (document.replace(/\s/g, "").length > MAX_CHARACTERS) {
    throw new AwsException("LimitExceededException", `Cannot exceed quota for PolicySize: ${MAX_CHARACTERS}`);
  }
}

/** `v3` → 3. @throws NoSuchEntity when the policy has no such version */
function versionNumber(ctx: Context, row: EntityRow, id: string): number {
  const number = Number(/^v(\d+)/.exec(id)?.[1] ?? 0);
  if (ctx.get(versions.get, { id: row.id, number }) === undefined) {
    throw new AwsException("NoSuchEntityException", `Policy ${arnOf(row)} version ${id} does not exist or is not attachable.`);
  }
  return number;
}

export const policyOperations = {
  CreatePolicy: (input, ctx) => {
    const { PolicyName: name = "", Path: path = "/", PolicyDocument: document = "", Description: description, Tags: tags } = input;
    checkManaged(document);
    const body = { defaultVersion: 1, nextVersion: 2, updated: ctx.now, ...(description === undefined ? {} : { description }) };
    const row = ctx.tx(() => {
      const created = create(ctx, { kind: "policy", name, path, tags, body });
      ctx.run(versions.insert, { policy_id: created.id, number: 1, document, created: ctx.now });
      return created;
    });
    return { Policy: { ...ownShape(ctx, row), ...tagMember(ctx, row.id) } };
  },

  GetPolicy: (input, ctx) => {
    const arn = input.PolicyArn ?? "";
    const policy = managedPolicy(arn) ?? policyByArn(ctx.cloud, arn);
    if (policy === undefined) throw missing(arn);
    const description = isAwsManaged(policy) ? policy.description : policyBody(policy).description;
    const tags = isAwsManaged(policy) ? [] : tagsOf(ctx, policy.id);
    return { Policy: { ...policyShape(ctx, policy), ...(description === undefined ? {} : { Description: description }), Tags: tags } };
  },

  ListPolicies: (input, ctx) => {
    const scope = input.Scope ?? "All";
    const aws = scope === "Local" ? [] : managedPolicies();
    const limit = Number.MAX_SAFE_INTEGER;
    const own = scope === "AWS" ? [] : ctx.all(entities.page, { kind: "policy", prefix: "/", after: "", limit });
    const shapes = [...own.map((row) => ownShape(ctx, row)), ...aws.map((policy) => awsShape(ctx, policy))]
      .filter(({ Path }) => Path.startsWith(input.PathPrefix ?? "/"))
      .filter((policy) => input.OnlyAttached !== true || policy.AttachmentCount > 0)
      .filter((policy) => {
        if (input.PolicyUsageFilter === "PermissionsPolicy") return policy.AttachmentCount > 0;
        return input.PolicyUsageFilter !== "PermissionsBoundary" || policy.PermissionsBoundaryUsageCount > 0;
      })
      .sort((a, b) => (a.Arn < b.Arn ? -1 : 1));
    const after = afterMarker(input.Marker);
    const { items, tail } = cut(
      shapes.filter(({ Arn }) => Arn > after),
      input,
      ({ Arn }) => Arn,
    );
    return { Policies: items, ...tail };
  },

  DeletePolicy: (input, ctx) => {
    const row = ownPolicy(ctx, input.PolicyArn ?? "");
    const { AttachmentCount, PermissionsBoundaryUsageCount } = usage(ctx, arnOf(row));
    if (AttachmentCount + PermissionsBoundaryUsageCount > 0) {
      throw new AwsException("DeleteConflictException", "Cannot delete a policy attached to entities.");
    }
    if (ctx.all(versions.of, { id: row.id }).length > 1) {
      throw new AwsException(
        "DeleteConflictException",
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
      );
    }
    remove(ctx, row);
    return {};
  },

  CreatePolicyVersion: (input, ctx) => {
    const document = input.PolicyDocument ?? "";
    checkManaged(document);
    return ctx.tx(() => {
      const row = ownPolicy(ctx, input.PolicyArn ?? "");
      if (ctx.all(versions.of, { id: row.id }).length >= MAX_VERSIONS) {
        throw new AwsException(
          "LimitExceededException",
          `A managed policy can have up to ${MAX_VERSIONS} versions. Before you create a new version, you must delete an existing version.`,
        );
      }
      const { nextVersion: number, defaultVersion } = policyBody(row);
      ctx.run(versions.insert, { policy_id: row.id, number, document, created: ctx.now });
      const isDefault = input.SetAsDefault ?? false;
      update(ctx, row, { body: { nextVersion: number + 1, defaultVersion: isDefault ? number : defaultVersion, updated: ctx.now } });
      return { PolicyVersion: { VersionId: `v${number}`, IsDefaultVersion: isDefault, CreateDate: new Date(ctx.now) } };
    });
  },

  GetPolicyVersion: (input, ctx) => {
    const arn = input.PolicyArn ?? "";
    const policy = managedPolicy(arn) ?? policyByArn(ctx.cloud, arn);
    if (policy === undefined) throw missing(arn);
    const version = versionsOf(ctx, policy).find(({ VersionId }) => VersionId === input.VersionId);
    if (version === undefined) {
      throw new AwsException("NoSuchEntityException", `Policy ${arn} version ${input.VersionId} does not exist or is not attachable.`);
    }
    return { PolicyVersion: version };
  },

  ListPolicyVersions: (input, ctx) => {
    const arn = input.PolicyArn ?? "";
    const policy = managedPolicy(arn) ?? policyByArn(ctx.cloud, arn);
    if (policy === undefined) throw missing(arn);
    const { items, tail } = page(versionsOf(ctx, policy), input, ({ VersionId }) => VersionId);
    return { Versions: items.map(({ Document: _, ...version }) => version), ...tail };
  },

  SetDefaultPolicyVersion: (input, ctx) => {
    const row = ownPolicy(ctx, input.PolicyArn ?? "");
    update(ctx, row, { body: { defaultVersion: versionNumber(ctx, row, input.VersionId ?? ""), updated: ctx.now } });
    return {};
  },

  DeletePolicyVersion: (input, ctx) => {
    const row = ownPolicy(ctx, input.PolicyArn ?? "");
    const number = versionNumber(ctx, row, input.VersionId ?? "");
    if (policyBody(row).defaultVersion === number) {
      throw new AwsException("DeleteConflictException", "Cannot delete the default version of a policy.");
    }
    ctx.tx(() => {
      ctx.run(versions.remove, { id: row.id, number });
      changed(ctx, "policy version deleted", row, { version: `v${number}` });
    });
    return {};
  },
} satisfies Operations<"iam">;
