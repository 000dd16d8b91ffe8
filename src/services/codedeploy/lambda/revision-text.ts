import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import { DeploymentFault } from "../platform.ts";
import type { Deployment } from "../records.ts";
import { serviceRoleContext } from "../role.ts";

/** The AppSpec of a deployment, given inline or as an object in S3. @throws DeploymentFault REVISION_MISSING */
export async function revisionText(ctx: Context, deployment: Deployment): Promise<string> {
  const { string, appSpecContent, s3Location } = deployment.body.revision;
  const inline = string?.content ?? appSpecContent?.content;
  if (inline !== undefined) return inline;
  const { bucket: Bucket, key: Key, version, eTag } = s3Location ?? {};
  try {
    const object = await serviceRoleContext(ctx, deployment).call("s3", "GetObject", {
      Bucket,
      Key,
      ...(version === undefined ? {} : { VersionId: version }),
      ...(eTag === undefined ? {} : { IfMatch: eTag }),
    });
    return await text(object.Body as Readable);
  } catch (error) {
    if (!(error instanceof AwsException)) throw error;
    throw new DeploymentFault("REVISION_MISSING", `The revision s3://${Bucket}/${Key} cannot be read: ${error.message}`);
  }
}
