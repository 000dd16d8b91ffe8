import type { ProjectSource } from "@aws-sdk/client-codebuild";
import type { Context } from "../../../aws/context.ts";
import { clientError } from "../phase-failure.ts";
import type { BuildRecord } from "../records.ts";
import { type CredentialsRow, credentials } from "./store.ts";

/** What git is given for an HTTP URL. */
export interface GitCredentials {
  readonly username: string;
  readonly password: string;
}

/** Names under which the providers take a token for a password. */
const TOKEN_USER: Readonly<Record<string, string>> = { BITBUCKET: "x-token-auth", GITLAB: "oauth2", GITLAB_SELF_MANAGED: "oauth2" };

const withToken = (serverType: string, token: string): GitCredentials => ({
  username: TOKEN_USER[serverType] ?? "x-access-token",
  password: token,
});

/** The connection that opens a source: its own, else the one that was imported for its provider. */
export function connectionOf(ctx: Context, source: ProjectSource): string | undefined {
  if (source.auth?.type === "CODECONNECTIONS") return source.auth.resource;
  // What the source itself names comes before what was imported.
  if (source.auth?.type === "SECRETS_MANAGER") return undefined;
  const row = importedFor(ctx, source);
  return row?.auth_type === "CODECONNECTIONS" ? row.token : undefined;
}

/** A repository that Orrery serves is open to whoever reaches it. */
function importedFor(ctx: Context, { type, location = "" }: ProjectSource): CredentialsRow | undefined {
  if (location.startsWith(`${ctx.cloud.endpoint}/_git/`)) return undefined;
  return ctx.get(credentials.ofServer, { serverType: type ?? "" });
}

const plain = (url: string): string => url.replace(/\/+$/, "").replace(/\.git$/, "");

/**
 * What opens the repository at a URL of a build's source.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/access-tokens.html
 * @throws PhaseFailure when a secret is not what CodeBuild takes
 */
export async function gitCredentials(ctx: Context, build: BuildRecord, url: string): Promise<GitCredentials | undefined> {
  const sources = [build.source, ...(build.secondarySources ?? [])];
  const source = sources.find((one) => one?.location !== undefined && plain(one.location) === plain(url));
  if (source === undefined) return undefined;
  if (source.auth?.type === "SECRETS_MANAGER") return await fromSecret(ctx, source.auth.resource ?? "");
  const row = importedFor(ctx, source);
  if (row === undefined) return undefined;
  if (row.auth_type === "SECRETS_MANAGER") return await fromSecret(ctx, row.token);
  if (row.auth_type === "CODECONNECTIONS") return undefined;
  return row.username === null ? withToken(row.server_type, row.token) : { username: row.username, password: row.token };
}

/** https://docs.aws.amazon.com/codebuild/latest/userguide/asm-create-secret.html */
async function fromSecret(ctx: Context, SecretId: string): Promise<GitCredentials> {
  const { SecretString = "" } = await ctx.call("secrets-manager", "GetSecretValue", { SecretId });
  const { ServerType = "", Token, Username } = secretMembers(SecretString);
  if (Token === undefined) throw clientError(`The secret ${SecretId} is not in the format that CodeBuild accepts`);
  return Username === undefined ? withToken(ServerType, Token) : { username: Username, password: Token };
}

function secretMembers(text: string): Readonly<Record<"ServerType" | "Token" | "Username", string | undefined>> {
  let members: Readonly<Record<string, unknown>> = {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null) members = parsed as Readonly<Record<string, unknown>>;
  } catch {
    // No JSON is no secret of CodeBuild's.
  }
  const member = (name: string): string | undefined => (typeof members[name] === "string" ? members[name] : undefined);
  return { ServerType: member("ServerType"), Token: member("Token"), Username: member("Username") };
}
