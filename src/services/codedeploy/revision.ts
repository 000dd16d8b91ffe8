import { hash } from "node:crypto";
import type { RevisionLocation } from "@aws-sdk/client-codedeploy";
import type { AwsException } from "../../aws/exception.ts";
import { refused } from "./errors.ts";

const invalid = (message: string): AwsException => refused("InvalidRevisionException", message);

/**
 * A revision's location, complete: exactly the member that its type names, and the SHA-256 of what is given inline.
 * https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_RevisionLocation.html
 * @throws RevisionRequiredException, InvalidRevisionException
 */
export function checkRevision(location: RevisionLocation | undefined): RevisionLocation {
  if (location === undefined) throw refused("RevisionRequiredException", "A revision is required.");
  const { revisionType, s3Location, gitHubLocation, string, appSpecContent } = location;
  switch (revisionType) {
    case "S3":
      if (!s3Location?.bucket || !s3Location.key) throw invalid("The S3 location of the revision needs a bucket and a key.");
      return { revisionType, s3Location };
    case "GitHub":
      if (!gitHubLocation?.repository || !gitHubLocation.commitId)
        throw invalid("The GitHub location of the revision needs a repository and a commit ID.");
      return { revisionType, gitHubLocation };
    case "String":
      return { revisionType, string: inline(string) };
    case "AppSpecContent":
      return { revisionType, appSpecContent: inline(appSpecContent) };
    default:
      throw invalid("The revision type is invalid: it must be S3, GitHub, String or AppSpecContent.");
  }
}

/** What is asked for by its hash alone is found by it. */
function inline(given: { readonly content?: string | undefined; readonly sha256?: string | undefined } | undefined) {
  const { content, sha256 } = given ?? {};
  if (content === undefined) {
    if (sha256 === undefined) throw invalid("The revision needs its content.");
    return { sha256 };
  }
  const actual = hash("sha256", content, "hex");
  if (sha256 !== undefined && sha256.toLowerCase() !== actual)
    throw invalid(`The SHA-256 of the revision's content is ${actual}, not ${sha256}.`);
  return { content, sha256: actual };
}

/** The same for locations that mean the same revision. */
export function keyOf({ revisionType, s3Location, gitHubLocation, string, appSpecContent }: RevisionLocation): string {
  const s3 =
    s3Location === undefined ? [] : [s3Location.bucket, s3Location.key, s3Location.bundleType, s3Location.version, s3Location.eTag];
  const git = gitHubLocation === undefined ? [] : [gitHubLocation.repository, gitHubLocation.commitId];
  const sha256 = (string ?? appSpecContent)?.sha256;
  return JSON.stringify([
    revisionType === "String" ? "AppSpecContent" : revisionType,
    ...s3,
    ...git,
    ...(sha256 === undefined ? [] : [sha256]),
  ]);
}
