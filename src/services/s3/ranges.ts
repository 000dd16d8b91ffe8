import { AwsException } from "../../aws/exception.ts";

/** Both ends included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * A range of an object, in the form of `Range: bytes=…`; undefined when it is not one range of bytes, which is then as if
 * it had not been sent. https://www.rfc-editor.org/rfc/rfc9110#section-14.2
 * @throws AwsException InvalidRange
 */
export function rangeOf(text: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(text?.trim() ?? "");
  const [, first = "", last = ""] = match ?? [];
  if (match === null || (first === "" && last === "")) return undefined;
  if (first === "") {
    const length = Math.min(Number(last), size);
    if (length === 0) throw invalidRange(text ?? "", size);
    return { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== "" && Number(last) < start) return undefined;
  if (start >= size) throw invalidRange(text ?? "", size);
  return { start, end };
}

function invalidRange(text: string, size: number): AwsException {
  return new AwsException("InvalidRange", "The requested range is not satisfiable", {
    status: 416,
    members: { RangeRequested: text, ActualObjectSize: size },
    headers: { "content-range": `bytes */${size}` },
  });
}
