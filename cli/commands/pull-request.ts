import type { Command } from "commander";
import { ask } from "../client.ts";
import { print, printJson, table } from "../print.ts";
import { serverCommand, targetOf } from "./server.ts";

interface PullRequestOptions {
  readonly data?: string;
  readonly port?: string;
  readonly json?: boolean;
  readonly connection?: string;
  readonly title?: string;
}

/** As the server tells of one. */
interface PullRequestView {
  readonly number: number;
  readonly title: string;
  readonly sourceBranch: string;
  readonly destinationBranch: string;
  readonly status: string;
}

/** What one does at the provider of a connection: git alone has no pull requests. */
export function addPullRequest(program: Command): void {
  const pullRequest = program
    .command("pull-request")
    .description("pull requests in the repositories of connections, which start the pipelines whose triggers they pass")
    .addHelpText(
      "after",
      "\nA push to its branch updates a pull request, and deleting the branch closes it.\n\nExamples:\n  orrery pull-request open acme/shop feature/a main --title 'Faster search'\n  orrery pull-request list acme/shop\n  orrery pull-request close acme/shop 1",
    );
  command(pullRequest, "open <repository> <source> <destination>", "open one, of a branch into another")
    .option("--title <title>", "default: the two branches")
    .action(async (repository: string, source: string, destination: string, options: PullRequestOptions) => {
      const title = options.title === undefined ? {} : { Title: options.title };
      const body = { ...placeOf(repository, options), SourceBranch: source, DestinationBranch: destination, ...title };
      show([await act("open", body, options)], options);
    });
  command(pullRequest, "close <repository> <number>", "close one, merged or not").action(
    async (repository: string, number: string, options: PullRequestOptions) => {
      show([await act("close", { ...placeOf(repository, options), Number: Number(number) }, options)], options);
    },
  );
  command(pullRequest, "list <repository>", "list them").action(async (repository: string, options: PullRequestOptions) => {
    const query = new URLSearchParams(placeOf(repository, options));
    const { pullRequests } = await ask(targetOf(options), "GET", `connections/pull-requests?${query}`);
    show(pullRequests as PullRequestView[], options);
  });
}

function command(parent: Command, name: string, description: string): Command {
  return serverCommand(parent, name, description).option(
    "--connection <arn>",
    "for a repository of a connection's host; default: one that Orrery serves",
  );
}

function placeOf(repository: string, { connection }: PullRequestOptions): Record<string, string> {
  return { FullRepositoryId: repository, ...(connection === undefined ? {} : { ConnectionArn: connection }) };
}

async function act(verb: "open" | "close", body: object, options: PullRequestOptions): Promise<PullRequestView> {
  return (await ask(targetOf(options), "POST", `connections/pull-requests/${verb}`, body)) as unknown as PullRequestView;
}

function show(requests: readonly PullRequestView[], options: PullRequestOptions): void {
  if (options.json === true) printJson({ pullRequests: requests });
  else if (requests.length === 0) print("no pull request: 'orrery pull-request open' makes one");
  else print(table(requests.map((one) => [`#${one.number}`, one.status, `${one.sourceBranch} into ${one.destinationBranch}`, one.title])));
}
