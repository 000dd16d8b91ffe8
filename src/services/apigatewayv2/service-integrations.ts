import { AwsException } from "../../aws/exception.ts";
import { type Answer, gatewayAnswer, type RoutedCall } from "./call.ts";
import { evaluate, requestLookup } from "./mapping.ts";
import type { IntegrationBody } from "./parts.ts";

/**
 * The first-class service integrations: the integration's request parameters are the parameters of the service's call.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services-reference.html
 */
export async function callService(call: RoutedCall, integration: IntegrationBody): Promise<Answer> {
  const lookup = requestLookup(call);
  const parameters: Record<string, string> = {};
  for (const [name, expression] of Object.entries(integration.RequestParameters ?? {})) {
    const value = evaluate(expression, lookup);
    if (value !== undefined) parameters[name] = value;
  }
  try {
    const output =
      integration.IntegrationSubtype === "SQS-SendMessage" ? await sendMessage(call, parameters) : await putEvents(call, parameters);
    return { status: 200, headers: [["content-type", "application/json"]], body: Buffer.from(JSON.stringify(output)) };
  } catch (error) {
    if (!(error instanceof AwsException)) throw error;
    const integrationFacts = { latency: 0, status: error.status ?? 400, error: error.message };
    return gatewayAnswer(error.status ?? 400, error.message, "INTEGRATION_FAILURE", { integration: integrationFacts });
  }
}

function sendMessage(
  call: RoutedCall,
  { QueueUrl, MessageBody, DelaySeconds, MessageGroupId, MessageDeduplicationId, Region }: Record<string, string>,
) {
  const ctx = Region === undefined ? call.ctx : call.ctx.with({ region: Region });
  return ctx.call("sqs", "SendMessage", {
    QueueUrl,
    MessageBody,
    ...(DelaySeconds === undefined ? {} : { DelaySeconds: Number(DelaySeconds) }),
    ...(MessageGroupId === undefined ? {} : { MessageGroupId }),
    ...(MessageDeduplicationId === undefined ? {} : { MessageDeduplicationId }),
  });
}

function putEvents(call: RoutedCall, { Detail, DetailType, Source, EventBusName, Resources, Time, Region }: Record<string, string>) {
  const ctx = Region === undefined ? call.ctx : call.ctx.with({ region: Region });
  const entry = {
    Detail,
    DetailType,
    Source,
    ...(EventBusName === undefined ? {} : { EventBusName }),
    ...(Resources === undefined ? {} : { Resources: listOf(Resources) }),
    ...(Time === undefined ? {} : { Time: new Date(Time) }),
  };
  return ctx.call("eventbridge", "PutEvents", { Entries: [entry] });
}

/** A list as a mapping writes it: JSON when it comes from a body, else parted by commas. */
function listOf(text: string): string[] {
  if (!text.startsWith("[")) return text.split(",").map((part) => part.trim());
  try {
    return (JSON.parse(text) as unknown[]).map(String);
  } catch {
    return [text];
  }
}
