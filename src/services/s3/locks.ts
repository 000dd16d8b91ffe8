import type { ObjectLockConfiguration } from "@aws-sdk/client-s3";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { type BucketInput, bucketOf, configOf, requiredConfig, setConfig, settingOf } from "./bucket.ts";
import { accessDenied, invalidArgument, invalidRequest, malformedXml } from "./errors.ts";
import { checkKey } from "./names.ts";
import { type BucketRow, type HeadRow, objects } from "./store.ts";
import { findObject } from "./versions.ts";

/** JSON in the column `lock`. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html */
interface Lock {
  readonly mode?: "GOVERNANCE" | "COMPLIANCE";
  /** Virtual ms. */
  readonly until?: number;
  readonly hold?: "ON" | "OFF";
}

const DAY_MS = 86_400_000;

interface LockInput {
  readonly ObjectLockMode?: string | undefined;
  readonly ObjectLockRetainUntilDate?: Date | undefined;
  readonly ObjectLockLegalHoldStatus?: string | undefined;
}

function lockOf(row: Pick<HeadRow, "lock">): Lock {
  return row.lock === null ? {} : (JSON.parse(row.lock) as Lock);
}

/** The lock of a new object: as the request says, or the bucket's default. */
export function newLock(ctx: Context, bucket: BucketRow, input: LockInput): string | null {
  const config = settingOf<ObjectLockConfiguration>(ctx, bucket, "objectLock");
  const { ObjectLockMode: mode, ObjectLockRetainUntilDate: until, ObjectLockLegalHoldStatus: hold } = input;
  const asked = mode !== undefined || until !== undefined || hold !== undefined;
  if (config === undefined) {
    if (asked) throw noConfiguration();
    return null;
  }
  if ((mode === undefined) !== (until === undefined)) {
    throw invalidArgument("x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied");
  }
  if (until !== undefined && until.getTime() <= ctx.now) throw invalidArgument("The retain until date must be in the future!");
  const defaults = config.Rule?.DefaultRetention;
  const days = defaults?.Days ?? (defaults?.Years ?? 0) * 365;
  const retention =
    until === undefined
      ? defaults?.Mode === undefined
        ? {}
        : { mode: defaults.Mode, until: ctx.now + days * DAY_MS }
      : { mode: mode as "GOVERNANCE", until: until.getTime() };
  const lock: Lock = { ...retention, ...(hold === undefined ? {} : { hold: hold as "ON" }) };
  return Object.keys(lock).length === 0 ? null : JSON.stringify(lock);
}

function noConfiguration(): AwsException {
  return invalidRequest("Bucket is missing Object Lock Configuration");
}

/** @throws AwsException AccessDenied while a retention or a legal hold lasts */
export function checkUnlocked(ctx: Context, row: Pick<HeadRow, "lock">, bypass: boolean): void {
  if (row.lock === null) return;
  const { mode, until, hold } = lockOf(row);
  const retained = until !== undefined && until > ctx.now && !(mode === "GOVERNANCE" && bypass);
  if (hold === "ON" || retained) throw accessDenied("Access Denied because object protected by object lock.");
}

export function lockMembers(row: Pick<HeadRow, "lock">) {
  if (row.lock === null) return {};
  const { mode, until, hold } = lockOf(row);
  return {
    ...(mode === undefined ? {} : { ObjectLockMode: mode }),
    ...(until === undefined ? {} : { ObjectLockRetainUntilDate: new Date(until) }),
    ...(hold === undefined ? {} : { ObjectLockLegalHoldStatus: hold }),
  };
}

function lockable(ctx: Context, input: BucketInput & { Key?: string | undefined; VersionId?: string | undefined }): HeadRow {
  const bucket = bucketOf(ctx, input);
  if (configOf(ctx, bucket.name, "objectLock") === undefined) throw noConfiguration();
  return findObject(ctx, { bucket: bucket.name, key: checkKey(input.Key), version: input.VersionId }, "PUT");
}

function notLocked(): AwsException {
  const message = "The specified object does not have a ObjectLock configuration";
  return new AwsException("NoSuchObjectLockConfiguration", message, { status: 404 });
}

export const lockOperations = {
  PutObjectLockConfiguration: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    if (bucket.versioning !== "Enabled") {
      const message = "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration";
      throw new AwsException("InvalidBucketState", message, { status: 409 });
    }
    const config = input.ObjectLockConfiguration;
    if (config?.ObjectLockEnabled !== "Enabled") throw malformedXml();
    const retention = config.Rule?.DefaultRetention;
    if (config.Rule !== undefined && (retention?.Mode === undefined || (retention.Days === undefined) === (retention.Years === undefined)))
      throw malformedXml();
    setConfig(ctx, bucket, "objectLock", config);
    return {};
  },
  GetObjectLockConfiguration: (input, ctx) => ({
    ObjectLockConfiguration: requiredConfig<ObjectLockConfiguration>(ctx, bucketOf(ctx, input).name, "objectLock", {
      code: "ObjectLockConfigurationNotFoundError",
      message: "Object Lock configuration does not exist for this bucket",
    }),
  }),
  PutObjectLegalHold: (input, ctx) => {
    const row = lockable(ctx, input);
    if (input.LegalHold?.Status === undefined) throw malformedXml();
    ctx.run(objects.setLock, { id: row.id, lock: JSON.stringify({ ...lockOf(row), hold: input.LegalHold.Status }) });
    return {};
  },
  GetObjectLegalHold: (input, ctx) => {
    const { hold } = lockOf(lockable(ctx, input));
    if (hold === undefined) throw notLocked();
    return { LegalHold: { Status: hold } };
  },
  PutObjectRetention: (input, ctx) => {
    const row = lockable(ctx, input);
    const { Mode: mode, RetainUntilDate: date } = input.Retention ?? {};
    if ((mode === undefined) !== (date === undefined)) throw malformedXml();
    if (date !== undefined && date.getTime() <= ctx.now) throw invalidArgument("The retain until date must be in the future!");
    const before = lockOf(row);
    const weaker = date === undefined || date.getTime() < (before.until ?? 0) || (before.mode === "COMPLIANCE" && mode === "GOVERNANCE");
    if (weaker) checkUnlocked(ctx, { lock: JSON.stringify({ ...before, hold: "OFF" }) }, input.BypassGovernanceRetention === true);
    const rest = before.hold === undefined ? {} : { hold: before.hold };
    const lock = date === undefined ? rest : { ...rest, mode, until: date.getTime() };
    ctx.run(objects.setLock, { id: row.id, lock: JSON.stringify(lock) });
    return {};
  },
  GetObjectRetention: (input, ctx) => {
    const { mode, until } = lockOf(lockable(ctx, input));
    if (mode === undefined || until === undefined) throw notLocked();
    return { Retention: { Mode: mode, RetainUntilDate: new Date(until) } };
  },
} satisfies Operations<"s3">;
