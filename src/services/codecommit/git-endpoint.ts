import type { IncomingMessage, ServerResponse } from "node:http";
import { type Cloud, Context } from "../../aws/context.ts";
import type { Principal } from "../../aws/identity.ts";
import type { HttpEndpoint } from "../../aws/service.ts";
import { exclusively } from "../../runtime/git/refs.ts";
import { actionOf, advertise, exchange, type GitService, refuse, refuseLfs } from "../../runtime/git/smart-http.ts";
import { claimedAccount, credentialsOf, type GitCredentials, regionOf, signIn } from "./git-credentials.ts";
import { tellRefs } from "./refs.ts";
import { arnOf, pathOf } from "./repository.ts";
import { type RepositoryRow, selectInAccount } from "./store.ts";

const PATH = /^(\/v1\/repos\/([^/]+))(\/.*)?$/;
const REALM = "codecommit";
const NO_LFS = "Git LFS is not supported by CodeCommit: push the file itself, or keep it in S3.";

/** Git's smart HTTP at `/v1/repos/<repository>` of any host: https://git-scm.com/docs/http-protocol */
export const gitEndpoint: HttpEndpoint = {
  name: "codecommit git",
  matches: (_host, path) => PATH.test(path),
  handle: async (cloud, request, response) => {
    const [path = "", query = ""] = (request.url ?? "/").split("?", 2);
    const [, prefix = "", encoded = "", rest = ""] = PATH.exec(path) ?? [];
    const action = actionOf(request.method ?? "GET", rest, query);
    if (action.kind === "lfs") return refuseLfs(response, NO_LFS);
    const credentials = credentialsOf(request.headers.authorization);
    if (credentials === undefined) return refuse(response, 401, "Sign in with credentials for CodeCommit.", REALM);
    const host = request.headers.host ?? "localhost";
    const account = claimedAccount(cloud, credentials);
    if (account === undefined) return refuse(response, 403, "The credentials are not known.");
    const visit = { cloud, credentials, target: { host, path: prefix }, request, response };
    const admitted = admit(visit, { account, name: nameOf(encoded), region: regionOf(host) });
    if (admitted === undefined) return;
    if (action.kind === "other") return refuse(response, 404, "Only git's smart protocol over HTTP is served.");
    await serve({ ...visit, ...admitted, service: action.service }, action.kind);
  },
};

interface Visit {
  readonly cloud: Cloud;
  readonly credentials: GitCredentials;
  readonly target: { readonly host: string; readonly path: string };
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

interface Admitted {
  readonly row: RepositoryRow;
  readonly principal: Principal;
}

/** `.git` at the end, as users of other hosts write it, means nothing: no repository's name ends so. */
function nameOf(encoded: string): string {
  try {
    return decodeURIComponent(encoded).replace(/\.git$/, "");
  } catch {
    return encoded;
  }
}

/**
 * The repository that is meant, and who asks for it. A host that names no region leaves the region to the signature: it is
 * right for one region only.
 */
function admit(
  { cloud, credentials, target, response }: Visit,
  { account, name, region }: { readonly account: string; readonly name: string; readonly region: string | undefined },
): Admitted | undefined {
  const named = cloud.store.all(selectInAccount, { owner: account, name });
  const rows = region === undefined ? named : named.filter((row) => row.region === region);
  if (rows.length === 0) {
    refuse(response, 404, `repository ${name} not found`);
    return undefined;
  }
  const admitted = rows.flatMap((row) => {
    const principal = signIn(cloud, credentials, target, row.region);
    return principal === undefined ? [] : [{ row, principal }];
  });
  const [first, second] = admitted;
  if (first === undefined) refuse(response, 403, "The credentials are not right for this repository, or have expired.");
  else if (second !== undefined) {
    const where = admitted.map(({ row }) => row.region).join(", ");
    refuse(
      response,
      409,
      `${name} is in several Regions (${where}): use a host such as git-codecommit.${first.row.region}.amazonaws.com.localhost`,
    );
    return undefined;
  }
  return first;
}

async function serve(visit: Visit & Admitted & { readonly service: GitService }, kind: "advertise" | "exchange"): Promise<void> {
  const { cloud, row, principal, service, request, response } = visit;
  const repository = pathOf(cloud, row);
  const { account, region } = row;
  const ctx = new Context(cloud, { account, region, principal, generation: cloud.store.generation });
  if (kind === "advertise") {
    auditAccess(ctx, row, service);
    return advertise(repository, service, request, response);
  }
  if (service === "git-upload-pack") return exchange(repository, service, { request, response }, () => Promise.resolve());
  const mark = cloud.store.mark();
  await exclusively(cloud, row.id, () =>
    exchange(repository, service, { request, response }, async () => {
      await tellRefs(ctx, row.id);
      await cloud.store.committed(mark);
    }),
  );
}

/** https://docs.aws.amazon.com/codecommit/latest/userguide/auth-and-access-control-permissions-reference.html#aa-git */
function auditAccess(ctx: Context, row: RepositoryRow, service: GitService): void {
  const { principal } = ctx;
  if (principal.type === "root" && principal.session === undefined) return;
  const action = service === "git-upload-pack" ? "codecommit:GitPull" : "codecommit:GitPush";
  const resource = arnOf(row);
  const decision = ctx.cloud.identity.decide({ principal, action, resource, conditions: {} });
  if (decision.allowed) return;
  ctx.emit({
    source: "orrery.iam",
    type: "Access Would Be Denied",
    resources: [principal.arn, resource],
    detail: { principal: principal.arn, action, resource, reason: decision.reason },
    rule: decision.reason,
  });
}
