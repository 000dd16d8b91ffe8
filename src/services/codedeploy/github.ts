import type { Input, Output } from "../../aws/clients.ts";
import { refused } from "./errors.ts";

/** Connections are made on AWS's console only, by signing in to GitHub: there are none. */
export function listGitHubAccountTokenNames(): Output<"codedeploy", "ListGitHubAccountTokenNames"> {
  return { tokenNameList: [] };
}

export function deleteGitHubAccountToken(
  input: Input<"codedeploy", "DeleteGitHubAccountToken">,
): Output<"codedeploy", "DeleteGitHubAccountToken"> {
  if (input.tokenName === undefined) throw refused("GitHubAccountTokenNameRequiredException", "GitHub account token name is missing");
  throw refused("GitHubAccountTokenDoesNotExistException", `No GitHub account connection exists with the name ${input.tokenName}.`);
}

/** Only CloudFormation's blue/green hook for ECS links anything to an external id. */
export function deleteResourcesByExternalId(): Output<"codedeploy", "DeleteResourcesByExternalId"> {
  return {};
}
