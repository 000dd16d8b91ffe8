import {
  AssociateApprovalRuleTemplateWithRepositoryCommand,
  CodeCommitClient,
  CreateApprovalRuleTemplateCommand,
  CreateBranchCommand,
  CreateCommitCommand,
  CreatePullRequestCommand,
  CreateRepositoryCommand,
  DescribeMergeConflictsCommand,
  DescribePullRequestEventsCommand,
  GetBranchCommand,
  GetCommentsForPullRequestCommand,
  GetFileCommand,
  GetMergeConflictsCommand,
  GetPullRequestCommand,
  MergeBranchesByThreeWayCommand,
  MergePullRequestBySquashCommand,
  OverridePullRequestApprovalRulesCommand,
  PostCommentForPullRequestCommand,
  PostCommentReplyCommand,
  PutCommentReactionCommand,
  PutFileCommand,
} from "@aws-sdk/client-codecommit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
let client: CodeCommitClient;
let first = "";

const repositoryName = "demo";
const tip = async (branchName: string) => (await client.send(new GetBranchCommand({ repositoryName, branchName }))).branch?.commitId ?? "";
const read = async (filePath: string, commitSpecifier: string) => {
  const { fileContent } = await client.send(new GetFileCommand({ repositoryName, filePath, commitSpecifier }));
  return Buffer.from(fileContent ?? []).toString("utf8");
};
const put = async (branchName: string, filePath: string, text: string) =>
  client.send(
    new PutFileCommand({ repositoryName, branchName, filePath, fileContent: Buffer.from(text), parentCommitId: await tip(branchName) }),
  );

beforeAll(async () => {
  cloud = await startCloud();
  client = new CodeCommitClient(cloud.clientConfig);
  await client.send(new CreateRepositoryCommand({ repositoryName }));
  const putFiles = [
    { filePath: "a.txt", fileContent: Buffer.from("1\n2\n3\n4\n5\n6\n7\n") },
    { filePath: "lib/b.txt", fileContent: Buffer.from("b\n") },
  ];
  const made = await client.send(
    new CreateCommitCommand({ repositoryName, branchName: "main", putFiles, authorName: "Ada", commitMessage: "First" }),
  );
  first = made.commitId ?? "";
});
afterAll(() => cloud.stop());

describe("CodeCommit", () => {
  it("tells each move of a ref as AWS's event, in the transaction that stores it", () => {
    // documented: https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html#referenceCreated
    const [event] = cloud.cloud.timeline.read({ type: "CodeCommit Repository State Change" });
    expect(event).toMatchObject({ bus: true, resources: [`arn:aws:codecommit:us-east-1:000000000000:${repositoryName}`] });
    expect(event?.detail).toMatchObject({ event: "referenceCreated", referenceFullName: "refs/heads/main", commitId: first });
  });

  it("refuses a commit on a parent that is not the tip any more", async () => {
    // documented: https://docs.aws.amazon.com/codecommit/latest/APIReference/API_PutFile.html
    await put("main", "c.txt", "c\n");
    const late = new PutFileCommand({
      repositoryName,
      branchName: "main",
      filePath: "d",
      fileContent: Buffer.from("d"),
      parentCommitId: first,
    });
    await expect(client.send(late)).rejects.toMatchObject({ name: "ParentCommitIdOutdatedException" });
    await expect(put("main", "c.txt", "c\n")).rejects.toMatchObject({ name: "SameFileContentException" });
  });

  it("merges changes of one file by line, and calls them a conflict by file", async () => {
    // documented: https://docs.aws.amazon.com/codecommit/latest/APIReference/API_GetMergeConflicts.html
    await client.send(new CreateBranchCommand({ repositoryName, branchName: "feature", commitId: first }));
    await put("feature", "a.txt", "one\n2\n3\n4\n5\n6\n7\n");
    await put("main", "a.txt", "1\n2\n3\n4\n5\n6\nseven\n");
    const merge = { repositoryName, sourceCommitSpecifier: "feature", destinationCommitSpecifier: "main" };
    const byFile = await client.send(new GetMergeConflictsCommand({ ...merge, mergeOption: "THREE_WAY_MERGE" }));
    expect(byFile).toMatchObject({
      mergeable: false,
      baseCommitId: first,
      conflictMetadataList: [{ filePath: "a.txt", contentConflict: true }],
    });
    const lines = { ...merge, conflictDetailLevel: "LINE_LEVEL" as const };
    expect(await client.send(new GetMergeConflictsCommand({ ...lines, mergeOption: "THREE_WAY_MERGE" }))).toMatchObject({
      mergeable: true,
    });
    await expect(client.send(new MergeBranchesByThreeWayCommand(merge))).rejects.toMatchObject({ name: "ManualMergeRequiredException" });
    await client.send(new MergeBranchesByThreeWayCommand(lines));
    expect(await read("a.txt", "main")).toBe("one\n2\n3\n4\n5\n6\nseven\n");
  });

  it("describes the lines that conflict", async () => {
    // documented: https://docs.aws.amazon.com/codecommit/latest/APIReference/API_DescribeMergeConflicts.html
    await client.send(new CreateBranchCommand({ repositoryName, branchName: "other", commitId: first }));
    await put("other", "a.txt", "1\n2\nthree\n4\n5\n6\n7\n");
    await client.send(new CreateBranchCommand({ repositoryName, branchName: "another", commitId: first }));
    await put("another", "a.txt", "1\n2\ndrei\n4\n5\n6\n7\n");
    const input = { repositoryName, sourceCommitSpecifier: "other", destinationCommitSpecifier: "another", filePath: "a.txt" };
    const more = { mergeOption: "SQUASH_MERGE", conflictDetailLevel: "LINE_LEVEL" } as const;
    const { mergeHunks } = await client.send(new DescribeMergeConflictsCommand({ ...input, ...more }));
    const hunk = (text: string) => ({ startLine: 3, endLine: 3, hunkContent: Buffer.from(text).toString("base64") });
    expect(mergeHunks).toEqual([{ isConflict: true, source: hunk("three\n"), destination: hunk("drei\n"), base: hunk("3\n") }]);
  });

  it("holds a pull request back until its rules are met or set aside, and closes it when it is merged", async () => {
    // documented: https://docs.aws.amazon.com/codecommit/latest/userguide/approval-rule-templates.html
    const rule = { Version: "2018-11-08", Statements: [{ Type: "Approvers", NumberOfApprovalsNeeded: 1 }] };
    const approvalRuleTemplateName = "one";
    await client.send(
      new CreateApprovalRuleTemplateCommand({ approvalRuleTemplateName, approvalRuleTemplateContent: JSON.stringify(rule) }),
    );
    await client.send(new AssociateApprovalRuleTemplateWithRepositoryCommand({ approvalRuleTemplateName, repositoryName }));
    await client.send(new CreateBranchCommand({ repositoryName, branchName: "work", commitId: await tip("main") }));
    await put("work", "w.txt", "w\n");
    const targets = [{ repositoryName, sourceReference: "work", destinationReference: "main" }];
    const { pullRequest } = await client.send(new CreatePullRequestCommand({ title: "Work", targets }));
    const pullRequestId = pullRequest?.pullRequestId ?? "";
    expect(pullRequest?.approvalRules?.[0]?.approvalRuleName).toBe(approvalRuleTemplateName);
    await put("work", "w.txt", "w2\n");
    const moved = (await client.send(new GetPullRequestCommand({ pullRequestId }))).pullRequest;
    expect(moved?.revisionId).not.toBe(pullRequest?.revisionId);
    const merge = new MergePullRequestBySquashCommand({ pullRequestId, repositoryName });
    await expect(client.send(merge)).rejects.toMatchObject({ name: "PullRequestApprovalRulesNotSatisfiedException" });
    const revisionId = moved?.revisionId ?? "";
    await client.send(new OverridePullRequestApprovalRulesCommand({ pullRequestId, revisionId, overrideStatus: "OVERRIDE" }));
    const merged = (await client.send(merge)).pullRequest;
    expect(merged).toMatchObject({
      pullRequestStatus: "CLOSED",
      pullRequestTargets: [{ mergeMetadata: { isMerged: true, mergeOption: "SQUASH_MERGE" } }],
    });
    expect(await read("w.txt", "main")).toBe("w2\n");
    const { pullRequestEvents } = await client.send(new DescribePullRequestEventsCommand({ pullRequestId }));
    expect(pullRequestEvents?.map(({ pullRequestEventType }) => pullRequestEventType)).toEqual([
      "PULL_REQUEST_MERGE_STATE_CHANGED",
      "PULL_REQUEST_APPROVAL_RULE_OVERRIDDEN",
      "PULL_REQUEST_SOURCE_REFERENCE_UPDATED",
      "PULL_REQUEST_CREATED",
    ]);
  });

  it("keeps comments in threads, with reactions", async () => {
    // documented: https://docs.aws.amazon.com/codecommit/latest/APIReference/API_GetCommentsForPullRequest.html
    const place = { pullRequestId: "1", repositoryName, beforeCommitId: first, afterCommitId: await tip("main") };
    const location = { filePath: "a.txt", filePosition: 1, relativeFileVersion: "AFTER" as const };
    const { comment } = await client.send(new PostCommentForPullRequestCommand({ ...place, location, content: "why?" }));
    await client.send(new PostCommentReplyCommand({ inReplyTo: comment?.commentId, content: "so" }));
    await client.send(new PutCommentReactionCommand({ commentId: comment?.commentId, reactionValue: ":heart:" }));
    const { commentsForPullRequestData } = await client.send(new GetCommentsForPullRequestCommand({ pullRequestId: "1" }));
    expect(commentsForPullRequestData).toHaveLength(1);
    expect(commentsForPullRequestData?.[0]).toMatchObject({
      location,
      comments: [{ content: "why?", reactionCounts: { ":heart:": 1 } }, { content: "so" }],
    });
  });

  it("comes back with a snapshot, whatever happened to the repository since", async () => {
    // assumed: AWS has no snapshots
    const before = await tip("main");
    cloud.snapshots.save("kept");
    await put("main", "later.txt", "later\n");
    await cloud.ctx.call("codecommit", "DeleteRepository", { repositoryName });
    await cloud.snapshots.load("kept");
    expect(await tip("main")).toBe(before);
    expect(await read("w.txt", "main")).toBe("w2\n");
    await put("main", "later.txt", "later\n");
  });
});
