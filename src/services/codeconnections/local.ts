import { parseArn } from "../../aws/arn.ts";
import { type Cloud, Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { rootPrincipal } from "../../aws/identity.ts";
import type { LocalAnswers } from "../../aws/service.ts";
import { connectionRepository, GitError } from "../../runtime/git/index.ts";
import { exclusively } from "../../runtime/git/refs.ts";
import { completeConnection, completeHost, connectionBody, connectionShape, hostBody } from "./connections.ts";
import { findItem } from "./items.ts";
import type { ProviderRepository } from "./providers.ts";
import { closePullRequest, openPullRequest, pullRequestView } from "./pull-requests.ts";
import { tellPush } from "./pushes.ts";
import { servedRepository } from "./served.ts";
import { selectPullRequests } from "./store.ts";

type Body = Readonly<Record<string, unknown>>;

/**
 * What the console's handshake and a provider's webhook are on AWS: `POST /_orrery/connections/complete` with `ConnectionArn` or
 * `HostArn`, and `POST /_orrery/connections/notify` with `ConnectionArn` and `FullRepositoryId`, for repositories of hosts. Pull
 * requests, which a provider has and git has not: `POST …/pull-requests/open` with `ConnectionArn`, `FullRepositoryId`,
 * `SourceBranch`, `DestinationBranch` and perhaps `Title`, `…/pull-requests/close` with `Number`, and `GET …/pull-requests`.
 */
export function localAnswers(cloud: Cloud): LocalAnswers {
  return {
    "POST connections/complete": (_query, body) => {
      if (body["HostArn"] !== undefined) return { HostArn: completeHost(...scoped(cloud, body, "HostArn")).arn, Status: "AVAILABLE" };
      return connectionShape(completeConnection(...scoped(cloud, body, "ConnectionArn")));
    },
    "POST connections/notify": async (_query, body) => {
      textOf(body, "ConnectionArn");
      // What Orrery serves itself is told at once.
      if (repositoryOf(cloud, body).hostArn !== undefined) await withRepository(cloud, body, (repository) => tellPush(cloud, repository));
      return {};
    },
    "GET connections/pull-requests": (query) => {
      const repository = repositoryOf(cloud, Object.fromEntries(query));
      return { pullRequests: cloud.store.all(selectPullRequests, { repository: repository.key }).map(pullRequestView) };
    },
    "POST connections/pull-requests/open": (_query, body) =>
      withRepository(cloud, body, (repository) => {
        const [source, destination] = [textOf(body, "SourceBranch"), textOf(body, "DestinationBranch")];
        const title = body["Title"] === undefined ? `${source} into ${destination}` : textOf(body, "Title");
        return openPullRequest(cloud, repository, { source, destination, title });
      }),
    "POST connections/pull-requests/close": (_query, body) =>
      withRepository(cloud, body, (repository) => closePullRequest(cloud, repository, Number(body["Number"]))),
  };
}

/** The repository that a body's connection reaches; without a connection, one that Orrery serves. */
function repositoryOf(cloud: Cloud, body: Body): Omit<ProviderRepository, "path"> & { readonly providerEndpoint: string | undefined } {
  const fullRepositoryId = textOf(body, "FullRepositoryId");
  const [owner = "", name = ""] = fullRepositoryId.split("/");
  const served = { ...servedRepository(cloud, owner, name), providerEndpoint: undefined };
  if (body["ConnectionArn"] === undefined) return served;
  const [ctx, arn] = scoped(cloud, body, "ConnectionArn");
  const { hostArn } = connectionBody(findItem(ctx, "connection", arn));
  if (hostArn === undefined) return served;
  const { providerEndpoint } = hostBody(findItem(ctx, "host", hostArn));
  return { key: `${hostArn}:${fullRepositoryId}`, fullRepositoryId, hostArn, providerEndpoint };
}

/** With what the provider has now in the repository's folder, and nobody else at work there. */
async function withRepository<T>(cloud: Cloud, body: Body, work: (repository: ProviderRepository) => Promise<T>): Promise<T> {
  const { key, fullRepositoryId, hostArn, providerEndpoint } = repositoryOf(cloud, body);
  const release = cloud.clock.busy(`repository ${fullRepositoryId}`);
  try {
    return await exclusively(cloud, key, async () => {
      const path = await connectionRepository({ dataDir: cloud.dataDir, providerEndpoint, fullRepositoryId });
      return work({ key, path, fullRepositoryId, hostArn });
    });
  } catch (error) {
    if (error instanceof GitError) throw new AwsException("ValidationException", error.message, { status: 400 });
    throw error;
  } finally {
    release();
  }
}

/** The root of the ARN's account in its region. */
function scoped(cloud: Cloud, body: Body, member: string): [Context, string] {
  const arn = textOf(body, member);
  const { account = "", region = "" } = parseArn(arn) ?? {};
  return [new Context(cloud, { account, region, principal: rootPrincipal(account) }), arn];
}

function textOf(body: Body, member: string): string {
  const value = body[member];
  if (typeof value === "string" && value !== "") return value;
  throw new AwsException("ValidationException", `${member} is missing`, { status: 400 });
}
