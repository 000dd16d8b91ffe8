import { decodeToken } from "../../aws/paging.ts";
import { badToken } from "./errors.ts";

/** https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_ListDeployments.html: pages are of AWS's own size. */
export const PAGE = 100;

/** The key in a page's token. @throws InvalidNextTokenException */
export function afterOf(token: string | undefined): string | number | undefined {
  if (token === undefined) return undefined;
  const [key] = decodeToken(token) ?? [];
  if (key === undefined) throw badToken();
  return key;
}

export const afterName = (token: string | undefined): string => String(afterOf(token) ?? "");
