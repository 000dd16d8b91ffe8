import { ActionFailure } from "./failures.ts";
import type { ActionProvider, ActionRun } from "./provider.ts";

interface Place {
  readonly Bucket: string;
  readonly Key: string;
  readonly VersionId?: string;
}

function overrideOf(run: ActionRun, type: string): string | undefined {
  return (
    run.sourceRevisions?.find((revision) => revision.type === type)?.value ??
    (run.sourceRevision?.type === type ? run.sourceRevision.value : undefined)
  );
}

/** The object that is to be taken: overrides of a start may name another version, and another key where the action allows it. */
function placeOf(run: ActionRun): Place {
  const { S3Bucket = "", S3ObjectKey = "", AllowOverrideForS3ObjectKey = "false" } = run.configuration;
  const key = overrideOf(run, "S3_OBJECT_KEY");
  if (key !== undefined && AllowOverrideForS3ObjectKey.toLowerCase() !== "true") {
    throw new ActionFailure(
      "ConfigurationError",
      "The S3 object key of this action cannot be overridden: AllowOverrideForS3ObjectKey is not true.",
    );
  }
  const version = overrideOf(run, "S3_OBJECT_VERSION_ID");
  return { Bucket: S3Bucket, Key: key ?? S3ObjectKey, ...(version === undefined ? {} : { VersionId: version }) };
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-S3.html */
export const s3Source: ActionProvider = {
  category: "Source",
  owner: "AWS",
  provider: "S3",
  version: "1",
  inputs: { minimum: 0, maximum: 0 },
  outputs: { minimum: 1, maximum: 1 },
  configuration: [
    { name: "S3Bucket", required: true },
    { name: "S3ObjectKey", required: true },
    { name: "PollForSourceChanges" },
    { name: "AllowOverrideForS3ObjectKey" },
  ],
  advance: async (run) => {
    const place = placeOf(run);
    const { Status } = await run.ctx.call("s3", "GetBucketVersioning", { Bucket: place.Bucket });
    if (Status !== "Enabled") {
      throw new ActionFailure(
        "ConfigurationError",
        `The bucket ${place.Bucket} is not versioned: a source action needs an S3 bucket with versioning enabled.`,
      );
    }
    const head = await run.ctx.call("s3", "HeadObject", place);
    const version = head.VersionId ?? "";
    const [output] = run.outputs;
    const key = place.Key.split("/").map(encodeURIComponent).join("/");
    await run.ctx.call("s3", "CopyObject", {
      CopySource: `${place.Bucket}/${key}?versionId=${encodeURIComponent(version)}`,
      Bucket: output?.bucket,
      Key: output?.key,
      ...(run.encryptionKey === undefined ? {} : ({ ServerSideEncryption: "aws:kms", SSEKMSKeyId: run.encryptionKey } as const)),
    });
    const created = head.LastModified?.getTime();
    return {
      status: "Succeeded",
      externalExecutionId: version,
      externalExecutionSummary: `Amazon S3 version id: ${version}`,
      variables: { BucketName: place.Bucket, ETag: (head.ETag ?? "").replaceAll('"', ""), ObjectKey: place.Key, VersionId: version },
      revision: {
        id: version,
        summary: `Amazon S3 version id: ${version}`,
        url: `https://console.aws.amazon.com/s3/home?region=${run.region}#`,
        ...(created === undefined ? {} : { created }),
      },
    };
  },
};
