import type { Context } from "../../aws/context.ts";
import type { LiveRoute, LiveStage } from "./live.ts";
import type { CallTrace } from "./trace.ts";

/** What an authorizer found out, in the shapes in which integrations and logs see it. */
export type Authorization =
  | { readonly kind: "none" }
  | { readonly kind: "jwt"; readonly claims: Readonly<Record<string, string>>; readonly scopes: readonly string[] | null }
  | { readonly kind: "lambda"; readonly context: Readonly<Record<string, unknown>>; readonly principalId: string | undefined }
  | { readonly kind: "iam"; readonly iam: Readonly<Record<string, string | null>> };

/** One request to an API on its way. Headers: names in lower case, values in the order in which they came. */
export interface Call {
  readonly ctx: Context;
  readonly live: LiveStage;
  readonly method: string;
  /** Decoded, the stage left out. */
  readonly path: string;
  /** Decoded, the stage of a named stage included: what integrations are told. */
  readonly rawPath: string;
  /** As sent: percent-encoded, the path form's prefix included. */
  readonly wirePath: string;
  readonly rawQuery: string;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: Buffer;
  readonly sourceIp: string;
  readonly scheme: "http" | "https";
  readonly protocol: string;
  readonly domainName: string;
  readonly requestId: string;
  /** Virtual ms. */
  readonly time: number;
  readonly trace: CallTrace;
}

/** A call whose route is known. */
export interface RoutedCall extends Call {
  readonly route: LiveRoute;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly authorization: Authorization;
}

/** What goes back to the client. */
export interface Answer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
  /** For the access log. */
  readonly error?: string;
  readonly errorType?: string;
  readonly integration?: {
    readonly latency: number;
    readonly status: number | undefined;
    readonly error?: string;
    readonly requestId?: string;
  };
}

/** API Gateway's own answers: `{"message": …}`. */
export function gatewayAnswer(status: number, message: string, errorType: string, more: Partial<Answer> = {}): Answer {
  const headers = [["content-type", "application/json"], ...(more.headers ?? [])] as const;
  return {
    error: message,
    errorType,
    ...more,
    status,
    headers: headers.map(([name, value]) => [name, value]),
    body: Buffer.from(JSON.stringify({ message })),
  };
}

export function header(call: Pick<Call, "headers">, name: string): string | undefined {
  return call.headers.get(name.toLowerCase())?.join(",");
}

export function queryValue(call: Pick<Call, "query">, name: string): string | undefined {
  const found = call.query.filter(([key]) => key === name).map(([, value]) => value);
  return found.length === 0 ? undefined : found.join(",");
}
