/** What the server wrote into the page. */
const meta = (name: string): string => document.querySelector(`meta[name="orrery-${name}"]`)?.getAttribute("content") ?? "";

export const TOKEN: string = meta("token");
export const ENDPOINT: string = meta("endpoint");
export const DEFAULT_REGION: string = meta("region") || "us-east-1";

/** An operation's or the server's own refusal. */
export class CallError extends Error {
  override readonly name = "CallError";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

async function answerOf(response: Response): Promise<unknown> {
  const body = (await response.json().catch(() => ({}))) as { code?: string; message?: string };
  if (!response.ok) throw new CallError(body.code ?? String(response.status), body.message ?? response.statusText);
  return body;
}

/** Calls an operation of AWS, in process, as the root of the account. @throws CallError */
export async function call(region: string, service: string, operation: string, input: object): Promise<unknown> {
  const headers = { "content-type": "application/json", "x-orrery-token": TOKEN, "x-orrery-region": region };
  return answerOf(await fetch(`/_orrery/console/call/${service}/${operation}`, { method: "POST", headers, body: JSON.stringify(input) }));
}

/** The product's own API. @throws CallError */
export async function orrery(method: "GET" | "POST", path: string, body?: object): Promise<unknown> {
  return answerOf(await fetch(`/_orrery/${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }));
}
