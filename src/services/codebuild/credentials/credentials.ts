import type { AuthType, ServerType } from "@aws-sdk/client-codebuild";
import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { AwsException, unless } from "../../../aws/exception.ts";
import { invalid } from "../failures.ts";
import { credentials } from "./store.ts";

/** One for each provider: what is imported later takes its place. */
const tokenArn = (ctx: Context, serverType: string): string => ctx.arn("codebuild", `token/${serverType.toLowerCase()}`);

/** https://docs.aws.amazon.com/codebuild/latest/userguide/access-tokens.html: which provider takes which. */
const PROVIDERS: Readonly<Record<AuthType, readonly ServerType[]>> = {
  OAUTH: [],
  BASIC_AUTH: ["BITBUCKET"],
  PERSONAL_ACCESS_TOKEN: ["GITHUB", "GITHUB_ENTERPRISE", "BITBUCKET"],
  CODECONNECTIONS: ["GITHUB", "GITHUB_ENTERPRISE", "BITBUCKET", "GITLAB", "GITLAB_SELF_MANAGED"],
  SECRETS_MANAGER: ["GITHUB", "GITHUB_ENTERPRISE", "BITBUCKET"],
};
const CONNECTION = /^arn:[^:]+:code(?:star-)?connections:[^:]+:\d{12}:connection\/.+$/;
const SECRET = /^arn:[^:]+:secretsmanager:[^:]+:\d{12}:secret:.+$/;

type Imported = Input<"codebuild", "ImportSourceCredentials">;

/** @throws AwsException InvalidInputException */
function check({ serverType, authType, token = "", username }: Imported): void {
  if (serverType === undefined || authType === undefined) throw invalid("Server type and auth type are required");
  if (authType === "OAUTH") throw invalid("Invalid auth type: an OAUTH connection can only be created with the CodeBuild console");
  if (!PROVIDERS[authType].includes(serverType)) throw invalid(`Auth type ${authType} is not supported for server type ${serverType}`);
  if (authType === "BASIC_AUTH" && username === undefined) throw invalid("Username is required for auth type BASIC_AUTH");
  if (authType === "CODECONNECTIONS" && !CONNECTION.test(token)) throw invalid(`Invalid connection ARN: ${token}`);
  if (authType === "SECRETS_MANAGER" && !SECRET.test(token)) throw invalid(`Invalid secret ARN: ${token}`);
}

/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ImportSourceCredentials.html */
async function importSourceCredentials(input: Imported, ctx: Context): Promise<Output<"codebuild", "ImportSourceCredentials">> {
  check(input);
  const { serverType = "GITHUB", authType = "PERSONAL_ACCESS_TOKEN", token = "", username } = input;
  if (authType === "CODECONNECTIONS") {
    const found = await unless("ResourceNotFoundException", ctx.call("codeconnections", "GetConnection", { ConnectionArn: token }));
    if (found === undefined) throw invalid(`Connection not found: ${token}`);
  }
  const arn = tokenArn(ctx, serverType);
  ctx.tx(() => {
    const before = ctx.get(credentials.ofServer, { serverType });
    if (before !== undefined && input.shouldOverwrite === false)
      throw new AwsException(
        "ResourceAlreadyExistsException",
        `Access token with server type ${serverType} and auth type ${before.auth_type} already exists`,
      );
    const named = authType === "BASIC_AUTH" ? (username ?? null) : null;
    ctx.run(credentials.put, { arn, serverType, authType, username: named, token });
    ctx.emit({ source: "aws.codebuild", type: "Source Credentials Imported", resources: [arn], detail: { serverType, authType } });
    ctx.claim(arn);
  });
  return { arn };
}

function listSourceCredentials(_: Input<"codebuild", "ListSourceCredentials">, ctx: Context): Output<"codebuild", "ListSourceCredentials"> {
  return {
    sourceCredentialsInfos: ctx.all(credentials.all, {}).map(({ arn, server_type, auth_type, token }) => ({
      arn,
      serverType: server_type as ServerType,
      authType: auth_type as AuthType,
      ...(auth_type === "CODECONNECTIONS" || auth_type === "SECRETS_MANAGER" ? { resource: token } : {}),
    })),
  };
}

function deleteSourceCredentials(
  input: Input<"codebuild", "DeleteSourceCredentials">,
  ctx: Context,
): Output<"codebuild", "DeleteSourceCredentials"> {
  const { arn = "" } = input;
  ctx.tx(() => {
    if (ctx.run(credentials.remove, { arn }) === 0)
      throw new AwsException("ResourceNotFoundException", `Source credentials not found: ${arn}`);
    ctx.emit({ source: "aws.codebuild", type: "Source Credentials Deleted", resources: [arn], detail: {} });
  });
  return { arn };
}

export const credentialsOperations = {
  ImportSourceCredentials: importSourceCredentials,
  ListSourceCredentials: listSourceCredentials,
  DeleteSourceCredentials: deleteSourceCredentials,
};
