import { archive, type CommitInfo, commitInfo, type Signature } from "../../../runtime/git/index.ts";
import { writeArtifact } from "./artifacts.ts";
import { ActionFailure } from "./failures.ts";
import type { ActionProgress, ActionRun } from "./provider.ts";

/** What a build that gets `CODEBUILD_CLONE_REF` clones: the text of the artifact, which is no zip. */
export interface CloneReference {
  readonly format: "CODEBUILD_CLONE_REF";
  readonly sourceType: "CODECOMMIT" | "CODESTAR_CONNECTIONS";
  readonly account: string;
  readonly region: string;
  /** Name, or owner and name, of the repository. */
  readonly repository: string;
  readonly connectionArn?: string;
  readonly branch: string;
  readonly commit: string;
}

export interface GitSource {
  /** The folder of the bare repository. */
  readonly repository: string;
  readonly commit: string;
  readonly reference: Omit<CloneReference, "format" | "account" | "region" | "commit">;
}

/** A commit's date as variables have it: `2019-10-29T03:32:21Z`. */
export function dateOf({ date }: Signature): string {
  return new Date(Number(date.split(" ")[0]) * 1_000).toISOString().replace(".000Z", "Z");
}

/** The commit, and its artifact written. @throws ActionFailure */
export async function takeCommit(run: ActionRun, source: GitSource): Promise<CommitInfo> {
  const found = await commitInfo(source.repository, source.commit);
  if (found === undefined) {
    throw new ActionFailure("RevisionUnavailable", `The commit ${source.commit} does not exist in ${source.reference.repository}.`);
  }
  const [output] = run.outputs;
  if (output === undefined) throw new ActionFailure("ConfigurationError", "The action has no output artifact.");
  const bytes = isReference(run) ? referenceOf(run, source) : await archive(source.repository, source.commit);
  await writeArtifact(run, output, bytes, source.commit);
  return found;
}

function isReference({ configuration }: ActionRun): boolean {
  const format = configuration["OutputArtifactFormat"] ?? "CODE_ZIP";
  if (format !== "CODE_ZIP" && format !== "CODEBUILD_CLONE_REF") {
    throw new ActionFailure("ConfigurationError", `OutputArtifactFormat is CODE_ZIP or CODEBUILD_CLONE_REF, not ${format}.`);
  }
  return format === "CODEBUILD_CLONE_REF";
}

function referenceOf(run: ActionRun, { reference, commit }: GitSource): Buffer {
  const { account } = run.ctx;
  const text: CloneReference = { format: "CODEBUILD_CLONE_REF", account, region: run.region, commit, ...reference };
  return Buffer.from(JSON.stringify(text));
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html: messages up to 100 KB. */
const MOST_MESSAGE_BYTES = 100 * 1024;

/** The end of a source action: the commit's message is its revision's summary. */
export function tookCommit(commit: CommitInfo, url: string, own: Readonly<Record<string, string>>): ActionProgress {
  const message = Buffer.from(commit.message.trimEnd()).subarray(0, MOST_MESSAGE_BYTES).toString("utf8");
  return {
    status: "Succeeded",
    externalExecutionId: commit.id,
    externalExecutionSummary: commit.subject,
    externalExecutionUrl: url,
    variables: { AuthorDate: dateOf(commit.author), CommitId: commit.id, CommitMessage: message, ...own },
    revision: { id: commit.id, summary: message, url, created: Number(commit.committer.date.split(" ")[0]) * 1_000 },
  };
}
