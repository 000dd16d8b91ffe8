import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { pageOf } from "../../aws/paging.ts";
import { mergeBase } from "../../runtime/git/reading.ts";
import { appliesTo, sha256 } from "./approval-rules.ts";
import { limitOf } from "./commits.ts";
import { fault } from "./errors.ts";
import { type Found, findPullRequest, openPullRequest, record, savePullRequest } from "./pull-request-record.ts";
import { newRevision } from "./pull-request-sources.ts";
import {
  insertPullRequest,
  nextPullRequestId,
  type PullRequest,
  type Rule,
  selectPullRequestByToken,
  selectPullRequests,
} from "./pull-request-store.ts";
import { positionOf } from "./repositories.ts";
import { findRepository, pathOf } from "./repository.ts";
import { type RepositoryRow, selectRef } from "./store.ts";
import { templatesOf } from "./template-store.ts";

const MOST_OPEN = 1_000;

export function ruleShape(rule: Rule) {
  return {
    approvalRuleId: rule.id,
    approvalRuleName: rule.name,
    approvalRuleContent: rule.content,
    ruleContentSha256: sha256(rule.content),
    lastModifiedDate: new Date(rule.modified),
    creationDate: new Date(rule.created),
    lastModifiedUser: rule.modifiedBy,
    ...(rule.template === undefined
      ? {}
      : { originApprovalRuleTemplate: { approvalRuleTemplateId: rule.template.id, approvalRuleTemplateName: rule.template.name } }),
  };
}

/** As https://docs.aws.amazon.com/codecommit/latest/APIReference/API_PullRequest.html has it. */
export async function pullRequestShape(ctx: Context, { row, body, repository }: Found) {
  const base = await mergeBase(pathOf(ctx.cloud, repository), body.sourceCommit, body.destinationCommit);
  const { merge } = body;
  return {
    pullRequestId: String(row.id),
    title: body.title,
    ...(body.description === undefined ? {} : { description: body.description }),
    lastActivityDate: new Date(body.lastActivity),
    creationDate: new Date(body.created),
    pullRequestStatus: row.status,
    authorArn: row.author,
    pullRequestTargets: [
      {
        repositoryName: repository.name,
        sourceReference: body.sourceReference,
        destinationReference: body.destinationReference,
        destinationCommit: body.destinationCommit,
        sourceCommit: body.sourceCommit,
        ...(base === undefined ? {} : { mergeBase: base }),
        mergeMetadata:
          merge === undefined
            ? { isMerged: false }
            : { isMerged: true, mergedBy: merge.by, mergeCommitId: merge.commitId, mergeOption: merge.option as "SQUASH_MERGE" },
      },
    ],
    ...(row.token === null ? {} : { clientRequestToken: row.token }),
    revisionId: body.revisionId,
    approvalRules: body.rules.map(ruleShape),
  };
}

/** The branch that a reference means, and its commit. @throws ReferenceDoesNotExistException, ReferenceTypeNotSupportedException */
function branchOf(ctx: Context, row: RepositoryRow, reference: string | undefined): { readonly name: string; readonly commit: string } {
  if (reference === undefined || reference === "")
    throw fault("ReferenceNameRequired", "A reference name is required, but none was provided.");
  if (reference.startsWith("refs/") && !reference.startsWith("refs/heads/"))
    throw fault("ReferenceTypeNotSupported", "The specified reference is not a supported type: only branches are.");
  const name = reference.startsWith("refs/heads/") ? reference : `refs/heads/${reference}`;
  const commit = ctx.cloud.store.get(selectRef, { repository_id: row.id, name })?.commit_id;
  if (commit === undefined) throw fault("ReferenceDoesNotExist", `The specified reference does not exist: ${reference}`);
  return { name, commit };
}

type CreateInput = Input<"codecommit", "CreatePullRequest">;

/** @throws IdempotencyParameterMismatchException */
function madeBefore(ctx: Context, input: CreateInput): Found | undefined {
  const token = input.clientRequestToken;
  const row = token === undefined ? undefined : ctx.get(selectPullRequestByToken, { token });
  if (row === undefined) return undefined;
  const found = findPullRequest(ctx, String(row.id));
  if (found.body.title === input.title && found.repository.name === input.targets?.[0]?.repositoryName) return found;
  throw fault("IdempotencyParameterMismatch", "The client request token is not valid: it was used with other parameters.");
}

export async function createPullRequest(input: CreateInput, ctx: Context): Promise<Output<"codecommit", "CreatePullRequest">> {
  const made = madeBefore(ctx, input);
  if (made !== undefined) return { pullRequest: await pullRequestShape(ctx, made) };
  const [target, another] = input.targets ?? [];
  if (target === undefined) throw fault("TargetsRequired", "An array of target objects is required. It cannot be empty or null.");
  if (another !== undefined)
    throw fault("InvalidTargets", "The targets for the pull request is not valid or not in a valid format: one target is taken.");
  const title = input.title ?? "";
  if (title === "") throw fault("TitleRequired", "A pull request title is required. It cannot be empty or null.");
  const repository = findRepository(ctx, target.repositoryName);
  const source = branchOf(ctx, repository, target.sourceReference);
  const destination = branchOf(ctx, repository, target.destinationReference ?? repository.default_branch ?? undefined);
  if (source.name === destination.name)
    throw fault(
      "SourceAndDestinationAreSame",
      "The source branch and destination branch for the pull request are the same. You must specify different branches.",
    );
  const base = await mergeBase(pathOf(ctx.cloud, repository), source.commit, destination.commit);
  const found = ctx.tx(() => {
    if (
      ctx.cloud.store.all(selectPullRequests, { repository_id: repository.id }).filter(({ status }) => status === "OPEN").length >=
      MOST_OPEN
    )
      throw fault(
        "MaximumOpenPullRequestsExceeded",
        "You cannot create the pull request because the repository has too many open pull requests.",
      );
    const body = bodyOf(ctx, repository, { title, input, source, destination });
    const id = ctx.get(nextPullRequestId, {})?.id ?? 1;
    const row = {
      id,
      repository_id: repository.id,
      status: "OPEN",
      author: ctx.principal.arn,
      token: input.clientRequestToken ?? null,
    } as const;
    ctx.run(insertPullRequest, { ...row, body: JSON.stringify(body) });
    ctx.claim(String(id));
    const created: Found = { row: { ...row, account: ctx.account, region: ctx.region, body: "" }, body, repository };
    const metadata = {
      repositoryName: repository.name,
      sourceCommitId: source.commit,
      destinationCommitId: destination.commit,
      mergeBase: base,
    };
    record(ctx, created, {
      type: "PULL_REQUEST_CREATED",
      metadata: { pullRequestCreatedEventMetadata: metadata },
      event: "pullRequestCreated",
      told: `The pull request was created with the following information: Pull Request ID as ${id} and title as ${title}.`,
    });
    return created;
  });
  return { pullRequest: await pullRequestShape(ctx, found) };
}

interface Ends {
  readonly title: string;
  readonly input: CreateInput;
  readonly source: { readonly name: string; readonly commit: string };
  readonly destination: { readonly name: string; readonly commit: string };
}

/** Templates of the repository become rules of the pull request. */
function bodyOf(ctx: Context, repository: RepositoryRow, { title, input, source, destination }: Ends): PullRequest {
  const rules = templatesOf(ctx, repository.id)
    .filter(({ content }) => appliesTo(content, destination.name))
    .map(({ id, name, content }): Rule => {
      const by = { created: ctx.now, modified: ctx.now, modifiedBy: ctx.principal.arn };
      return { id: ctx.cloud.ids.uuid(), name, content, ...by, template: { id, name } };
    });
  return {
    title,
    ...(input.description === undefined ? {} : { description: input.description }),
    sourceReference: source.name,
    destinationReference: destination.name,
    sourceCommit: source.commit,
    destinationCommit: destination.commit,
    revisionId: newRevision(ctx),
    created: ctx.now,
    lastActivity: ctx.now,
    rules,
    approvals: {},
    overrides: {},
  };
}

export async function getPullRequest(
  input: Input<"codecommit", "GetPullRequest">,
  ctx: Context,
): Promise<Output<"codecommit", "GetPullRequest">> {
  return { pullRequest: await pullRequestShape(ctx, findPullRequest(ctx, input.pullRequestId)) };
}

export function listPullRequests(input: Input<"codecommit", "ListPullRequests">, ctx: Context): Output<"codecommit", "ListPullRequests"> {
  const repository = findRepository(ctx, input.repositoryName);
  const limit = limitOf(input.maxResults);
  const start = positionOf(input.nextToken);
  const rows = ctx.cloud.store
    .all(selectPullRequests, { repository_id: repository.id })
    .filter(({ status, author }) => (input.pullRequestStatus ?? status) === status && (input.authorArn ?? author) === author);
  const { items, nextToken } = pageOf(rows.slice(start, start + limit + 1), limit, () => [start + limit]);
  return { pullRequestIds: items.map(({ id }) => String(id)), ...(nextToken === undefined ? {} : { nextToken }) };
}

export async function updatePullRequestTitle(
  input: Input<"codecommit", "UpdatePullRequestTitle">,
  ctx: Context,
): Promise<Output<"codecommit", "UpdatePullRequestTitle">> {
  const title = input.title ?? "";
  if (title === "") throw fault("TitleRequired", "A pull request title is required. It cannot be empty or null.");
  const next = ctx.tx(() => savePullRequest(ctx, openPullRequest(ctx, input.pullRequestId), { title }, undefined));
  return { pullRequest: await pullRequestShape(ctx, next) };
}

export async function updatePullRequestDescription(
  input: Input<"codecommit", "UpdatePullRequestDescription">,
  ctx: Context,
): Promise<Output<"codecommit", "UpdatePullRequestDescription">> {
  const description = input.description ?? "";
  const next = ctx.tx(() => savePullRequest(ctx, openPullRequest(ctx, input.pullRequestId), { description }, undefined));
  return { pullRequest: await pullRequestShape(ctx, next) };
}

/** https://docs.aws.amazon.com/codecommit/latest/APIReference/API_UpdatePullRequestStatus.html: from open to closed, and no other way. */
export async function updatePullRequestStatus(
  input: Input<"codecommit", "UpdatePullRequestStatus">,
  ctx: Context,
): Promise<Output<"codecommit", "UpdatePullRequestStatus">> {
  const status = input.pullRequestStatus;
  if (status !== "OPEN" && status !== "CLOSED")
    throw fault("InvalidPullRequestStatus", "The pull request status is not valid. The only valid values are OPEN and CLOSED.");
  const next = ctx.tx(() => {
    const found = findPullRequest(ctx, input.pullRequestId);
    if (found.row.status === "CLOSED" || status === "OPEN")
      throw fault(
        "InvalidPullRequestStatusUpdate",
        "The pull request status update is not valid. The only valid update is from OPEN to CLOSED.",
      );
    return savePullRequest(
      ctx,
      found,
      { status },
      {
        type: "PULL_REQUEST_STATUS_CHANGED",
        metadata: { pullRequestStatusChangedEventMetadata: { pullRequestStatus: status } },
        event: "pullRequestStatusChanged",
        told: "The pull request status has been updated. The status is closed.",
      },
    );
  });
  return { pullRequest: await pullRequestShape(ctx, next) };
}
