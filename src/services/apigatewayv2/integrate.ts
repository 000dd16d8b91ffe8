import { AwsException } from "../../aws/exception.ts";
import { messageOf } from "../../kernel/errors.ts";
import { type Answer, gatewayAnswer, type RoutedCall } from "./call.ts";
import { answerOf } from "./function-answer.ts";
import { functionReference, invokeFunction, routeArns } from "./functions.ts";
import { proxyHttp } from "./http-proxy.ts";
import { mapRequest, mapResponse } from "./mapping.ts";
import type { IntegrationBody } from "./parts.ts";
import { functionEvent } from "./payload.ts";
import { callService } from "./service-integrations.ts";

const LONGEST_MS = 30_000;

/** Gives the call to its route's integration and takes its answer. Never throws: what fails is a 5xx, as on AWS. */
export async function integrate(call: RoutedCall): Promise<Answer> {
  const { integration } = call.route;
  if (integration === undefined) return internal(undefined, "the route has no integration");
  const { clock } = call.ctx.cloud;
  const started = clock.measure();
  const answer = await withTimeout(call, integration);
  const latency = clock.measure() - started;
  const mapped = mapResponse(call, answer, integration.ResponseParameters);
  return { ...mapped, integration: { status: answer.status, ...answer.integration, latency } };
}

async function withTimeout(call: RoutedCall, integration: IntegrationBody): Promise<Answer> {
  const abort = new AbortController();
  let cancel = (): void => undefined;
  const late = new Promise<Answer>((resolve) => {
    const ms = Math.min(integration.TimeoutInMillis ?? LONGEST_MS, LONGEST_MS);
    cancel = call.ctx.cloud.clock.wallTimeout(ms, () => {
      abort.abort();
      const error = "Endpoint request timed out";
      resolve(gatewayAnswer(503, "Service Unavailable", "INTEGRATION_TIMEOUT", { integration: { latency: ms, status: undefined, error } }));
    });
  });
  try {
    return await Promise.race([dispatch(call, integration, abort.signal), late]);
  } catch (error) {
    return failure(error);
  } finally {
    cancel();
  }
}

async function dispatch(call: RoutedCall, integration: IntegrationBody, signal: AbortSignal): Promise<Answer> {
  if (integration.IntegrationSubtype !== undefined) return await callService(call, integration);
  const mapped = mapRequest(call, integration.RequestParameters);
  if (integration.IntegrationType === "HTTP_PROXY") return await proxyHttp(mapped, integration, signal);
  return await callFunction(mapped, integration);
}

async function callFunction(call: RoutedCall, integration: IntegrationBody): Promise<Answer> {
  const target = functionReference(integration.IntegrationUri, call.live.stage.StageVariables);
  if (target === undefined) return internal(undefined, `The IntegrationUri ${integration.IntegrationUri} names no Lambda function`);
  const version = integration.PayloadFormatVersion;
  const permission = { credentials: integration.CredentialsArn, sources: routeArns(call) };
  const { payload, functionError } = await invokeFunction(call.ctx, target, functionEvent(call, version), permission);
  if (functionError !== undefined)
    return internal(200, `The Lambda function returned the following error: ${payload}. Check your Lambda function code and try again.`);
  const answer = answerOf(payload, version);
  if (answer !== undefined) return { ...answer, integration: { latency: 0, status: 200 } };
  return internal(200, "The response from the Lambda function doesn't match the format that API Gateway expects.");
}

function internal(status: number | undefined, error: string): Answer {
  return gatewayAnswer(500, "Internal Server Error", "INTEGRATION_FAILURE", { integration: { latency: 0, status, error } });
}

function failure(error: unknown): Answer {
  const code = error instanceof AwsException ? error.code : "";
  const text = messageOf(error);
  // assumed: a function at its concurrency limit is "Service Unavailable" to clients of HTTP APIs
  if (/TooManyRequests|Throttl|ServiceUnavailable/.test(code)) {
    return gatewayAnswer(503, "Service Unavailable", "INTEGRATION_FAILURE", { integration: { latency: 0, status: 429, error: text } });
  }
  return internal(undefined, text);
}
