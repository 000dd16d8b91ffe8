import { repositoryPath } from "../../../runtime/git/index.ts";
import { dateOf, takeCommit, tookCommit } from "./git-source.ts";
import type { ActionProvider, ActionRun } from "./provider.ts";

/** The commit that the execution was started for, or what the branch points at now. */
async function wantedCommit(run: ActionRun, repositoryName: string, branchName: string): Promise<string> {
  // Fails with CodeCommit's own words when repository or branch are not there, or the role may not read them.
  const { branch } = await run.ctx.call("codecommit", "GetBranch", { repositoryName, branchName });
  return run.sourceRevision?.type === "COMMIT_ID" ? run.sourceRevision.value : (branch?.commitId ?? "");
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeCommit.html */
export const codecommitSource: ActionProvider = {
  category: "Source",
  owner: "AWS",
  provider: "CodeCommit",
  version: "1",
  inputs: { minimum: 0, maximum: 0 },
  outputs: { minimum: 1, maximum: 1 },
  configuration: [
    { name: "RepositoryName", required: true },
    { name: "BranchName", required: true },
    { name: "PollForSourceChanges" },
    { name: "OutputArtifactFormat" },
  ],
  advance: async (run) => {
    const name = run.configuration["RepositoryName"] ?? "";
    const branch = run.configuration["BranchName"] ?? "";
    const commit = await wantedCommit(run, name, branch);
    const { cloud, account } = run.ctx;
    const taken = await takeCommit(run, {
      repository: repositoryPath(cloud.dataDir, account, run.region, name),
      commit,
      reference: { sourceType: "CODECOMMIT", repository: name, branch },
    });
    const url = `https://${run.region}.console.aws.amazon.com/codecommit/home#/repository/${name}/commit/${commit}`;
    return tookCommit(taken, url, { BranchName: branch, CommitterDate: dateOf(taken.committer), RepositoryName: name });
  },
};
