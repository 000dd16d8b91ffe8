import { GetObjectCommand, NoSuchKey, S3Client } from "@aws-sdk/client-s3";
import type { EventBridgeEvent } from "aws-lambda";
import { ChatTable } from "./table.ts";
import { split } from "./text.ts";

interface ObjectChanged {
  readonly bucket: { readonly name: string };
  readonly object: { readonly key: string };
}

const s3 = new S3Client({});
const table = new ChatTable(process.env["TABLE"] ?? "");

/** Brings the table's passages in line with one document: as it is now, whatever the event said, so that order does not matter. */
export async function handler(
  event: EventBridgeEvent<string, ObjectChanged>,
): Promise<{ readonly key: string; readonly passages: number }> {
  const { bucket, object } = event.detail;
  const text = await read(bucket.name, object.key);
  const passages = text === undefined ? [] : split(text);
  await table.replace(object.key, passages);
  console.log(JSON.stringify({ message: "indexed", key: object.key, passages: passages.length }));
  return { key: object.key, passages: passages.length };
}

/** Undefined when the document is gone. */
async function read(bucket: string, key: string): Promise<string | undefined> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return await Body?.transformToString("utf-8");
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}
