import { createHash } from "node:crypto";
import { Transform, type TransformCallback } from "node:stream";
import { AwsException } from "../aws/exception.ts";

/** Passes a body on and fails at its end when it is not the one that was signed. */
export class PayloadHash extends Transform {
  readonly #expected: string;
  readonly #hash = createHash("sha256");

  constructor(expected: string) {
    super();
    this.#expected = expected;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#hash.update(chunk);
    done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    const computed = this.#hash.digest("hex");
    done(computed === this.#expected.toLowerCase() ? null : payloadMismatch(this.#expected, computed));
  }
}

export function payloadMismatch(declared: string, computed: string): AwsException {
  return new AwsException("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.", {
    status: 400,
    members: { ClientComputedContentSHA256: declared, S3ComputedContentSHA256: computed },
  });
}
