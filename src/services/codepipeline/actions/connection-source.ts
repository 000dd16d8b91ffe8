import type { Context } from "../../../aws/context.ts";
import { connectionRepository, GitError, resolveRef } from "../../../runtime/git/index.ts";
import { selectExecution, type Trigger } from "../execution-store.ts";
import { ActionFailure } from "./failures.ts";
import { takeCommit, tookCommit } from "./git-source.ts";
import type { ActionProvider, ActionRun } from "./provider.ts";

interface Wanted {
  readonly connectionArn: string;
  readonly fullRepositoryId: string;
}

/** The folder of a connection's repository, with what it holds now. @throws ActionFailure */
async function repositoryOf(ctx: Context, { connectionArn, fullRepositoryId }: Wanted): Promise<string> {
  const { Connection } = await ctx.call("codestar-connections", "GetConnection", { ConnectionArn: connectionArn });
  if (Connection?.ConnectionStatus !== "AVAILABLE") {
    throw new ActionFailure(
      "ConfigurationError",
      `The connection ${connectionArn} is in the status ${Connection?.ConnectionStatus}, and not AVAILABLE.`,
    );
  }
  const { HostArn } = Connection;
  const host = HostArn === undefined ? undefined : await ctx.call("codestar-connections", "GetHost", { HostArn });
  try {
    return await connectionRepository({ dataDir: ctx.cloud.dataDir, providerEndpoint: host?.ProviderEndpoint, fullRepositoryId });
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    throw new ActionFailure("RevisionUnavailable", `Unable to use the repository ${fullRepositoryId} of the connection: ${error.message}`);
  }
}

/** A trigger takes the branch that was pushed; the action's own is for starts by hand. */
function branchOf(run: ActionRun): string {
  const execution = run.home.get(selectExecution, { id: run.pipelineExecutionId });
  const { facts } = (execution === undefined ? {} : JSON.parse(execution.trigger)) as Partial<Trigger>;
  const pushed = run.sourceRevision?.value === facts?.["commit-id"] ? facts?.["branch-name"] : undefined;
  return pushed ?? run.configuration["BranchName"] ?? "";
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodestarConnectionSource.html */
export const connectionSource: ActionProvider = {
  category: "Source",
  owner: "AWS",
  provider: "CodeStarSourceConnection",
  version: "1",
  inputs: { minimum: 0, maximum: 0 },
  outputs: { minimum: 1, maximum: 1 },
  configuration: [
    { name: "ConnectionArn", required: true },
    { name: "FullRepositoryId", required: true },
    { name: "BranchName", required: true },
    { name: "OutputArtifactFormat" },
    { name: "DetectChanges" },
  ],
  advance: async (run) => {
    const { ConnectionArn = "", FullRepositoryId = "" } = run.configuration;
    const branch = branchOf(run);
    const repository = await repositoryOf(run.ctx, { connectionArn: ConnectionArn, fullRepositoryId: FullRepositoryId });
    const wanted =
      run.sourceRevision?.type === "COMMIT_ID" ? run.sourceRevision.value : await resolveRef(repository, `refs/heads/${branch}`);
    if (wanted === undefined) throw new ActionFailure("RevisionUnavailable", `No branch [${branch}] found for ${FullRepositoryId}.`);
    const reference = { sourceType: "CODESTAR_CONNECTIONS", repository: FullRepositoryId, branch, connectionArn: ConnectionArn } as const;
    const taken = await takeCommit(run, { repository, commit: wanted, reference });
    const url = `https://${run.region}.console.aws.amazon.com/codesuite/settings/connections/redirect?connectionArn=${ConnectionArn}&referenceType=COMMIT&FullRepositoryId=${FullRepositoryId}&Commit=${wanted}`;
    return tookCommit(taken, url, { BranchName: branch, ConnectionArn, FullRepositoryName: FullRepositoryId });
  },
};
