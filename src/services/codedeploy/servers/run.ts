import type { Diagnostics, S3Location } from "@aws-sdk/client-codedeploy";
import type { Context } from "../../../aws/context.ts";
import { messageOf, OrreryError } from "../../../kernel/errors.ts";
import type { Deployment, Target } from "../records.ts";
import { serviceRoleContext } from "../role.ts";
import type { BundleType } from "./agent/bundle.ts";
import { type Command, execute } from "./agent/commands.ts";
import type { Instance } from "./instances.ts";
import { machinesOf } from "./machines.ts";
import { targetMemory } from "./memory.ts";

/** What a lifecycle event did, and what there is to be kept of the revision that it fetched. */
export interface Ran {
  readonly diagnostics: Diagnostics;
  readonly bundle?: Readonly<Record<string, string>>;
}

interface Place {
  readonly deployment: Deployment;
  readonly target: Target;
  readonly instance: Instance;
}

/**
 * Runs one lifecycle event on an instance. The clock knows that something runs, since a message is being handled.
 * @throws OrreryError WorkloadFailed when the server is being stopped: what runs then is ended, and begins again with the next start
 */
export async function runEvent(ctx: Context, event: string, { deployment, target, instance }: Place): Promise<Ran> {
  let bundle = targetMemory(target).bundle;
  const { body } = deployment;
  const command: Command = {
    event,
    deployment: deployment.id,
    group: deployment.group_id,
    groupName: deployment.grp,
    application: deployment.application,
    behavior: body.fileExistsBehavior,
    variables: { AWS_ENDPOINT_URL: ctx.cloud.endpoint, AWS_REGION: ctx.region, AWS_DEFAULT_REGION: ctx.region, ...bundle },
    download: async () => {
      const fetched = await fetchRevision(serviceRoleContext(ctx, deployment), body.revision.s3Location ?? {});
      bundle = fetched.variables;
      return fetched;
    },
  };
  const diagnostics = await attempt(ctx, instance, command);
  if (isOver(ctx)) throw new OrreryError("WorkloadFailed", `${event} on ${instance.name} was cut off`);
  return { diagnostics, ...(bundle === undefined ? {} : { bundle }) };
}

const isOver = (ctx: Context): boolean => ctx.cloud.lifecycle.stopping || !ctx.isCurrent;

/** An instance that does not boot, or whose disk is full, fails the event; a server that is being stopped does not. */
async function attempt(ctx: Context, instance: Instance, command: Command): Promise<Diagnostics> {
  try {
    const machine = await machinesOf(ctx.cloud).of(instance);
    if (isOver(ctx)) throw new OrreryError("WorkloadFailed", "the server is being stopped");
    return await execute(machine, ctx.cloud.clock, command);
  } catch (error) {
    return { errorCode: "UnknownError", scriptName: "", message: messageOf(error), logTail: "" };
  }
}

interface Fetched {
  readonly bytes: Buffer;
  readonly type: BundleType;
  readonly variables: Readonly<Record<string, string>>;
}

async function fetchRevision(ctx: Context, { bucket = "", key = "", version, eTag, bundleType }: S3Location): Promise<Fetched> {
  const object = await ctx.call("s3", "GetObject", { Bucket: bucket, Key: key, ...(version === undefined ? {} : { VersionId: version }) });
  const bare = (text: string | undefined): string => (text ?? "").replaceAll('"', "");
  if (eTag !== undefined && bare(eTag) !== bare(object.ETag))
    throw new OrreryError("WorkloadFailed", `Expected deployment artifact bundle etag ${eTag} but was actually ${object.ETag}`);
  const chunks: Buffer[] = [];
  for await (const chunk of object.Body as AsyncIterable<Buffer>) chunks.push(Buffer.from(chunk));
  const { VersionId } = object;
  const hasVersion = VersionId !== undefined && VersionId !== "null";
  return {
    bytes: Buffer.concat(chunks),
    type: bundleType ?? typeOf(key),
    variables: {
      BUNDLE_BUCKET: bucket,
      BUNDLE_KEY: key,
      BUNDLE_ETAG: bare(object.ETag),
      ...(hasVersion ? { BUNDLE_VERSION: VersionId } : {}),
    },
  };
}

/** By the name's end, where nobody said it. */
function typeOf(key: string): BundleType {
  if (/\.(tgz|tar\.gz)$/.test(key)) return "tgz";
  if (/\.ya?ml$/.test(key)) return "YAML";
  if (key.endsWith(".json")) return "JSON";
  return key.endsWith(".zip") ? "zip" : "tar";
}
