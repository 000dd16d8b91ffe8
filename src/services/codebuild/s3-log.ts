import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { uuidOf } from "./names.ts";
import { clientError } from "./phase-failure.ts";
import type { BuildRecord } from "./records.ts";
import { splitLocation, uploadFile } from "./s3.ts";

const pack = promisify(gzip);

/** Puts the log as `<location>/<build>.gz`, where the project has S3 logs. @throws PhaseFailure */
export async function storeLog(ctx: Context, build: BuildRecord, file: string): Promise<void> {
  const { location } = build.logs?.s3Logs ?? {};
  if (build.logs?.s3Logs?.status !== "ENABLED" || location === undefined || !existsSync(file)) return;
  const packed = `${file}.gz`;
  writeFileSync(packed, await pack(readFileSync(file)));
  const { bucket, key } = splitLocation(location);
  try {
    await uploadFile(ctx, { bucket, key: [key, `${uuidOf(build.id)}.gz`].filter((part) => part !== "").join("/"), file: packed });
  } catch (error) {
    if (error instanceof AwsException) throw clientError(`Unable to upload the log to S3: ${error.code}: ${error.message}`);
    throw error;
  }
}
