/** What a client is told: the modelled exception's name, or a code that AWS documents for the service. */
export interface ExceptionOptions {
  /** HTTP status where the schema gives none; the schema's own trait wins. */
  readonly status?: number;
  /** Further members of the modelled exception, e.g. `CancellationReasons`. */
  readonly members?: Record<string, unknown>;
  /** HTTP headers that the answer carries, names in lower case: S3's `x-amz-delete-marker` of a 404. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/**
 * An answer that AWS itself would give. `code` is the shape name of the schema's exception
 * (`ResourceNotFoundException`, `NoSuchBucket`) or a common error (`ValidationException`, `AccessDenied`);
 * the protocol's encoder finds the shape, its status and its wire code by that name.
 */
export class AwsException extends Error {
  readonly code: string;
  readonly status: number | undefined;
  readonly members: Record<string, unknown>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: string, message: string, options: ExceptionOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = code;
    this.code = code;
    this.status = options.status;
    this.members = options.members ?? {};
    this.headers = options.headers ?? {};
  }
}

/** Undefined where `work` fails with the code, or with one of the codes. */
export async function unless<T>(codes: string | readonly string[], work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AwsException && (typeof codes === "string" ? error.code === codes : codes.includes(error.code))) return undefined;
    throw error;
  }
}

/** The honest refusal: 501 naming service and operation, and where one is given, the member or value that is not there. */
export function notImplemented(service: string, operation: string, what?: string): AwsException {
  const subject = what === undefined ? `${service}:${operation}` : `${service}:${operation} with ${what}`;
  return new AwsException("NotImplemented", `${subject} is not implemented by Orrery. 'orrery coverage' lists what is.`, {
    status: 501,
  });
}
