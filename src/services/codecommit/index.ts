import { service } from "../../aws/service.ts";
import {
  createPullRequestApprovalRule,
  deletePullRequestApprovalRule,
  evaluatePullRequestApprovalRules,
  getPullRequestApprovalStates,
  getPullRequestOverrideState,
  overridePullRequestApprovalRules,
  updatePullRequestApprovalRuleContent,
  updatePullRequestApprovalState,
} from "./approvals.ts";
import {
  associateApprovalRuleTemplateWithRepository,
  batchAssociateApprovalRuleTemplateWithRepositories,
  batchDisassociateApprovalRuleTemplateFromRepositories,
  disassociateApprovalRuleTemplateFromRepository,
  listAssociatedApprovalRuleTemplatesForRepository,
  listRepositoriesForApprovalRuleTemplate,
} from "./associations.ts";
import { createBranch, deleteBranch, getBranch, listBranches } from "./branches.ts";
import { createCommit, deleteFile, putFile } from "./changes.ts";
import {
  deleteCommentContent,
  getComment,
  getCommentsForComparedCommit,
  getCommentsForPullRequest,
  postCommentForComparedCommit,
  postCommentForPullRequest,
  postCommentReply,
  updateComment,
} from "./comments.ts";
import { batchGetCommits, getCommit, getDifferences, listFileCommitHistory } from "./commits.ts";
import { batchDescribeMergeConflicts, describeMergeConflicts, getMergeConflicts } from "./conflicts.ts";
import { getBlob, getFile, getFolder } from "./files.ts";
import { gitEndpoint } from "./git-endpoint.ts";
import {
  createUnreferencedMergeCommit,
  getMergeCommit,
  getMergeOptions,
  mergeBranchesByFastForward,
  mergeBranchesBySquash,
  mergeBranchesByThreeWay,
} from "./merges.ts";
import { permissions } from "./permissions.ts";
import { describePullRequestEvents } from "./pull-request-events.ts";
import { mergePullRequestByFastForward, mergePullRequestBySquash, mergePullRequestByThreeWay } from "./pull-request-merges.ts";
import {
  createPullRequest,
  getPullRequest,
  listPullRequests,
  updatePullRequestDescription,
  updatePullRequestStatus,
  updatePullRequestTitle,
} from "./pull-requests.ts";
import { getCommentReactions, putCommentReaction } from "./reactions.ts";
import {
  batchGetRepositories,
  createRepository,
  deleteRepository,
  getRepository,
  listRepositories,
  updateDefaultBranch,
  updateRepositoryDescription,
  updateRepositoryEncryptionKey,
  updateRepositoryName,
} from "./repositories.ts";
import { resources } from "./resources.ts";
import { start } from "./start.ts";
import { migrations } from "./store.ts";
import { listTagsForResource, tagResource, untagResource } from "./tags.ts";
import {
  createApprovalRuleTemplate,
  deleteApprovalRuleTemplate,
  getApprovalRuleTemplate,
  listApprovalRuleTemplates,
  updateApprovalRuleTemplateContent,
  updateApprovalRuleTemplateDescription,
  updateApprovalRuleTemplateName,
} from "./templates.ts";
import { fireTrigger, getRepositoryTriggers, putRepositoryTriggers, testRepositoryTriggers } from "./triggers.ts";

export const codecommit = service({
  id: "codecommit",
  operations: {
    AssociateApprovalRuleTemplateWithRepository: associateApprovalRuleTemplateWithRepository,
    BatchAssociateApprovalRuleTemplateWithRepositories: batchAssociateApprovalRuleTemplateWithRepositories,
    BatchDescribeMergeConflicts: batchDescribeMergeConflicts,
    BatchDisassociateApprovalRuleTemplateFromRepositories: batchDisassociateApprovalRuleTemplateFromRepositories,
    BatchGetCommits: batchGetCommits,
    BatchGetRepositories: batchGetRepositories,
    CreateApprovalRuleTemplate: createApprovalRuleTemplate,
    CreateBranch: createBranch,
    CreateCommit: createCommit,
    CreatePullRequest: createPullRequest,
    CreatePullRequestApprovalRule: createPullRequestApprovalRule,
    CreateRepository: createRepository,
    CreateUnreferencedMergeCommit: createUnreferencedMergeCommit,
    DeleteApprovalRuleTemplate: deleteApprovalRuleTemplate,
    DeleteBranch: deleteBranch,
    DeleteCommentContent: deleteCommentContent,
    DeleteFile: deleteFile,
    DeletePullRequestApprovalRule: deletePullRequestApprovalRule,
    DeleteRepository: deleteRepository,
    DescribeMergeConflicts: describeMergeConflicts,
    DescribePullRequestEvents: describePullRequestEvents,
    DisassociateApprovalRuleTemplateFromRepository: disassociateApprovalRuleTemplateFromRepository,
    EvaluatePullRequestApprovalRules: evaluatePullRequestApprovalRules,
    GetApprovalRuleTemplate: getApprovalRuleTemplate,
    GetBlob: getBlob,
    GetBranch: getBranch,
    GetComment: getComment,
    GetCommentReactions: getCommentReactions,
    GetCommentsForComparedCommit: getCommentsForComparedCommit,
    GetCommentsForPullRequest: getCommentsForPullRequest,
    GetCommit: getCommit,
    GetDifferences: getDifferences,
    GetFile: getFile,
    GetFolder: getFolder,
    GetMergeCommit: getMergeCommit,
    GetMergeConflicts: getMergeConflicts,
    GetMergeOptions: getMergeOptions,
    GetPullRequest: getPullRequest,
    GetPullRequestApprovalStates: getPullRequestApprovalStates,
    GetPullRequestOverrideState: getPullRequestOverrideState,
    GetRepository: getRepository,
    GetRepositoryTriggers: getRepositoryTriggers,
    ListApprovalRuleTemplates: listApprovalRuleTemplates,
    ListAssociatedApprovalRuleTemplatesForRepository: listAssociatedApprovalRuleTemplatesForRepository,
    ListBranches: listBranches,
    ListFileCommitHistory: listFileCommitHistory,
    ListPullRequests: listPullRequests,
    ListRepositories: listRepositories,
    ListRepositoriesForApprovalRuleTemplate: listRepositoriesForApprovalRuleTemplate,
    ListTagsForResource: listTagsForResource,
    MergeBranchesByFastForward: mergeBranchesByFastForward,
    MergeBranchesBySquash: mergeBranchesBySquash,
    MergeBranchesByThreeWay: mergeBranchesByThreeWay,
    MergePullRequestByFastForward: mergePullRequestByFastForward,
    MergePullRequestBySquash: mergePullRequestBySquash,
    MergePullRequestByThreeWay: mergePullRequestByThreeWay,
    OverridePullRequestApprovalRules: overridePullRequestApprovalRules,
    PostCommentForComparedCommit: postCommentForComparedCommit,
    PostCommentForPullRequest: postCommentForPullRequest,
    PostCommentReply: postCommentReply,
    PutCommentReaction: putCommentReaction,
    PutFile: putFile,
    PutRepositoryTriggers: putRepositoryTriggers,
    TagResource: tagResource,
    TestRepositoryTriggers: testRepositoryTriggers,
    UntagResource: untagResource,
    UpdateApprovalRuleTemplateContent: updateApprovalRuleTemplateContent,
    UpdateApprovalRuleTemplateDescription: updateApprovalRuleTemplateDescription,
    UpdateApprovalRuleTemplateName: updateApprovalRuleTemplateName,
    UpdateComment: updateComment,
    UpdateDefaultBranch: updateDefaultBranch,
    UpdatePullRequestApprovalRuleContent: updatePullRequestApprovalRuleContent,
    UpdatePullRequestApprovalState: updatePullRequestApprovalState,
    UpdatePullRequestDescription: updatePullRequestDescription,
    UpdatePullRequestStatus: updatePullRequestStatus,
    UpdatePullRequestTitle: updatePullRequestTitle,
    UpdateRepositoryDescription: updateRepositoryDescription,
    UpdateRepositoryEncryptionKey: updateRepositoryEncryptionKey,
    UpdateRepositoryName: updateRepositoryName,
  },
  partial: {
    BatchDescribeMergeConflicts: "The hunks are those that conflict.",
    DescribeMergeConflicts: "The hunks are those that conflict.",
    ListFileCommitHistory: "Renames are not followed.",
    GetCommentReactions: "Reactions of deleted users are listed as theirs.",
  },
  notImplemented: ["GetBlobDifferences"],
  migrations,
  messages: { "codecommit.trigger": fireTrigger },
  endpoints: [gitEndpoint],
  resources,
  permissions,
  start,
});
