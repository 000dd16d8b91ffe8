import type { Context } from "../../aws/context.ts";
import type { RequiredPermission, ServiceDefinition } from "../../aws/service.ts";

type Members = Readonly<Record<string, unknown>>;
type Ask = (input: object, ctx: Context) => RequiredPermission[];

/** Operations on one repository, by the member that names it. Those on a pull request or comment are asked for its repository on AWS; here the account's. */
const BY_MEMBER: Readonly<Record<string, readonly string[]>> = {
  repositoryName: [
    "AssociateApprovalRuleTemplateWithRepository",
    "BatchDescribeMergeConflicts",
    "BatchGetCommits",
    "CreateBranch",
    "CreateCommit",
    "CreateRepository",
    "CreateUnreferencedMergeCommit",
    "DeleteBranch",
    "DeleteFile",
    "DeleteRepository",
    "DescribeMergeConflicts",
    "DisassociateApprovalRuleTemplateFromRepository",
    "GetBlob",
    "GetBranch",
    "GetCommentsForComparedCommit",
    "GetCommit",
    "GetDifferences",
    "GetFile",
    "GetFolder",
    "GetMergeCommit",
    "GetMergeConflicts",
    "GetMergeOptions",
    "GetRepository",
    "GetRepositoryTriggers",
    "ListAssociatedApprovalRuleTemplatesForRepository",
    "ListBranches",
    "ListFileCommitHistory",
    "ListPullRequests",
    "MergeBranchesByFastForward",
    "MergeBranchesBySquash",
    "MergeBranchesByThreeWay",
    "MergePullRequestByFastForward",
    "MergePullRequestBySquash",
    "MergePullRequestByThreeWay",
    "PostCommentForComparedCommit",
    "PostCommentForPullRequest",
    "PutFile",
    "PutRepositoryTriggers",
    "TestRepositoryTriggers",
    "UpdateDefaultBranch",
    "UpdateRepositoryDescription",
    "UpdateRepositoryEncryptionKey",
  ],
  oldName: ["UpdateRepositoryName"],
};

const BRANCH_MEMBERS = ["branchName", "targetBranch", "destinationReference"];

function on(operation: string, member: string): Ask {
  return (input, ctx) => {
    const members = input as Members;
    const branches = BRANCH_MEMBERS.flatMap((name) => (typeof members[name] === "string" ? [`refs/heads/${String(members[name])}`] : []));
    return [
      {
        action: `codecommit:${operation}`,
        resource: ctx.arn("codecommit", String(members[member] ?? "*")),
        ...(branches.length === 0 ? {} : { conditions: { "codecommit:References": branches } }),
      },
    ];
  };
}

const byArn =
  (operation: string): Ask =>
  (input) => [{ action: `codecommit:${operation}`, resource: String((input as Members)["resourceArn"] ?? "*") }];

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodecommit.html */
export const permissions = {
  ...Object.fromEntries(
    Object.entries(BY_MEMBER).flatMap(([member, operations]) => operations.map((operation) => [operation, on(operation, member)])),
  ),
  BatchGetRepositories: (input, ctx) =>
    (input.repositoryNames ?? []).map((name) => ({ action: "codecommit:BatchGetRepositories", resource: ctx.arn("codecommit", name) })),
  CreatePullRequest: (input, ctx) =>
    (input.targets ?? []).map(({ repositoryName = "*" }) => ({
      action: "codecommit:CreatePullRequest",
      resource: ctx.arn("codecommit", repositoryName),
    })),
  ListTagsForResource: byArn("ListTagsForResource"),
  TagResource: byArn("TagResource"),
  UntagResource: byArn("UntagResource"),
} satisfies ServiceDefinition<"codecommit">["permissions"];
