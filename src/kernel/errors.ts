/**
 * Every failure that Orrery itself can report, by code. The text says what is wrong in general;
 * the message of a thrown error adds the value at fault and what to do about it.
 */
const errorCodes = {
  ClockModeInvalid: "the clock was asked for something that its mode does not allow",
  DataFolderInUse: "another running Orrery holds the data folder",
  DataFolderNewer: "the data folder was written by a newer Orrery",
  GeneratedCodeMissing: "a file that the build generates is not there",
  PortInUse: "the port is taken by another process",
  ServiceMiswired: "a service's declaration and its schema disagree",
  SnapshotInvalid: "a snapshot is missing or cannot be read",
  StateReplaced: "everything was replaced (a reset, a snapshot) while something was still at work on what was there before",
  StatementInvalid: "an SQL statement breaks the rules of the store",
  StorageFailed: "the database could not store something",
  UsageError: "the command line cannot be understood",
  WorkloadFailed: "a process that Orrery started could not be run",
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** A failure of Orrery itself, as opposed to an answer that AWS would give (`AwsException`). */
export class OrreryError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "OrreryError";
    this.code = code;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
