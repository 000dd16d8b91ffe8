import { AwsException } from "../../aws/exception.ts";

/** The entries of a batch request, once the batch as a whole is found good. */
export function checkEntries<E extends { readonly Id?: string | undefined }>(
  operation: string,
  entries: readonly E[] | undefined,
): readonly E[] {
  const list = entries ?? [];
  const fail = (code: string, message: string): AwsException => new AwsException(code, message, { status: 400 });
  if (list.length === 0) throw fail("EmptyBatchRequest", `There should be at least one ${operation}RequestEntry in the request.`);
  if (list.length > 10) {
    throw fail("TooManyEntriesInBatchRequest", `Maximum number of entries per request are 10. You have sent ${list.length}.`);
  }
  const seen = new Set<string>();
  for (const { Id = "" } of list) {
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(Id)) {
      throw fail(
        "InvalidBatchEntryId",
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
      );
    }
    if (seen.has(Id)) throw fail("BatchEntryIdsNotDistinct", `Id ${Id} repeated.`);
    seen.add(Id);
  }
  return list;
}

/** The answer for an entry that failed with an answer of AWS's; anything else goes on up. */
export function failedEntry(Id: string, error: unknown): { Id: string; SenderFault: boolean; Code: string; Message: string } {
  if (!(error instanceof AwsException)) throw error;
  return { Id, SenderFault: true, Code: error.code, Message: error.message };
}
