import type { ServerResponse } from "node:http";

const INTEGRATION = "application/vnd.awslambda.http-integration-response";
/** Eight zero bytes part the head from the body. */
const SEPARATOR = Buffer.alloc(8);

/**
 * Sends a response while the function makes it: `RESPONSE_STREAM`.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
 */
export class UrlStream {
  readonly #response: ServerResponse;
  readonly #headers: Readonly<Record<string, string>>;
  #head: Buffer = Buffer.alloc(0);

  constructor(response: ServerResponse, headers: Readonly<Record<string, string>>) {
    this.#response = response;
    this.#headers = headers;
  }

  get hasBegun(): boolean {
    return this.#response.headersSent;
  }

  write(data: Buffer, contentType: string): void {
    if (this.hasBegun) {
      this.#response.write(data);
      return;
    }
    if (contentType !== INTEGRATION) {
      this.#response.writeHead(200, { "content-type": contentType, ...this.#headers });
      this.#response.write(data);
      return;
    }
    this.#head = Buffer.concat([this.#head, data]);
    const end = this.#head.indexOf(SEPARATOR);
    if (end < 0) return;
    const { statusCode, headers, cookies } = JSON.parse(this.#head.toString("utf8", 0, end)) as Record<string, unknown>;
    const own = Object.entries((headers ?? {}) as Record<string, unknown>).map(([name, value]) => [name.toLowerCase(), String(value)]);
    this.#response.writeHead(Number(statusCode ?? 200), {
      "content-type": "application/octet-stream",
      ...(Object.fromEntries(own) as Record<string, string>),
      ...(Array.isArray(cookies) ? { "set-cookie": cookies.map(String) } : {}),
      ...this.#headers,
    });
    const body = this.#head.subarray(end + SEPARATOR.length);
    if (body.length > 0) this.#response.write(body);
  }
}
