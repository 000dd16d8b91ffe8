import { AwsException } from "../../aws/exception.ts";
import { decodeToken } from "../../aws/paging.ts";

/** Where a list goes on: the key in its token, or `first` for its beginning. @throws AwsException InvalidNextTokenException */
export function pageStart(token: string | undefined, first: string | number): (string | number)[] {
  if (token === undefined) return [first];
  const key = decodeToken(token);
  if (key === undefined || typeof key[0] !== typeof first)
    throw new AwsException("InvalidNextTokenException", "The next token is not valid.");
  return key;
}
