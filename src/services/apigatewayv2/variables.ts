import { type Answer, type Call, header, type RoutedCall } from "./call.ts";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `12/Mar/2020:19:03:58 +0000` */
export function clfTime(ms: number): string {
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${two(date.getUTCDate())}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}`;
  return `${day}:${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`;
}

/** What is known only at the end. */
export interface Outcome {
  readonly answer: Answer;
  /** ms, as measured. */
  readonly latency: number;
  readonly dataProcessed: number;
}

/**
 * The value of `$context.<name>`; undefined when this request has none.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 */
export function contextVariable(call: Call | RoutedCall, name: string, outcome?: Outcome): string | undefined {
  const value = requestVariable(call, name) ?? (outcome === undefined ? undefined : outcomeVariable(outcome, name));
  return value ?? authorizerVariable(call, name);
}

function requestVariable(call: Call | RoutedCall, name: string): string | undefined {
  const { live } = call;
  switch (name) {
    case "accountId":
      return live.account;
    case "apiId":
      return live.apiId;
    case "domainName":
      return call.domainName;
    case "domainPrefix":
      return call.domainName.split(".")[0];
    case "requestId":
    case "extendedRequestId":
      return call.requestId;
    case "httpMethod":
      return call.method;
    case "path":
      return call.rawPath;
    case "protocol":
      return call.protocol;
    case "requestTime":
      return clfTime(call.time);
    case "requestTimeEpoch":
      return String(call.time);
    case "routeKey":
      return "route" in call ? call.route.body.RouteKey : undefined;
    case "stage":
      return live.name;
    case "identity.sourceIp":
      return call.sourceIp;
    case "identity.userAgent":
      return header(call, "user-agent");
    default:
      return undefined;
  }
}

function outcomeVariable({ answer, latency, dataProcessed }: Outcome, name: string): string | undefined {
  const { integration } = answer;
  const text = (value: number | undefined): string | undefined => (value === undefined ? undefined : String(Math.round(value)));
  switch (name) {
    case "status":
      return String(answer.status);
    case "responseLength":
      return String(answer.body.length);
    case "responseLatency":
      return text(latency);
    case "dataProcessed":
      return String(dataProcessed);
    case "error.message":
      return answer.error;
    case "error.messageString":
      return answer.error === undefined ? undefined : JSON.stringify(answer.error);
    case "error.responseType":
      return answer.errorType;
    case "integration.latency":
    case "integrationLatency":
      return text(integration?.latency);
    case "integration.status":
      return integration === undefined ? undefined : String(answer.status);
    case "integrationStatus":
    case "integration.integrationStatus":
      return text(integration?.status);
    case "integration.error":
    case "integrationErrorMessage":
      return integration?.error;
    case "integration.requestId":
    case "awsEndpointRequestId":
      return integration?.requestId;
    default:
      return undefined;
  }
}

function authorizerVariable(call: Call | RoutedCall, name: string): string | undefined {
  if (!("authorization" in call)) return undefined;
  const { authorization } = call;
  if (authorization.kind === "jwt" && name.startsWith("authorizer.claims."))
    return authorization.claims[name.slice("authorizer.claims.".length)];
  if (authorization.kind === "lambda" && name.startsWith("authorizer.")) {
    const value = name === "authorizer.principalId" ? authorization.principalId : authorization.context[name.slice("authorizer.".length)];
    return value === undefined || value === null || typeof value === "object" ? undefined : String(value);
  }
  if (authorization.kind === "iam" && name.startsWith("identity.")) {
    const member = { accountId: "accountId", caller: "callerId", user: "userId", userArn: "userArn" }[name.slice("identity.".length)];
    return member === undefined ? undefined : (authorization.iam[member] ?? undefined);
  }
  return undefined;
}
