import type { Context } from "../../../aws/context.ts";
import type { Properties, ResourceDeletion, ResourcePending, ResourceRequest, ResourceState, ResourceType } from "../../../aws/resource.ts";
import { ResourceFailure } from "../engine/request.ts";
import * as store from "../store.ts";
import { isRecord, type Json } from "../template/parse.ts";
import { answerAt, answerUrl, dropAnswer } from "./response-bucket.ts";

/** What a custom resource is asked, beside what each request carries. */
interface Question {
  readonly type: string;
  readonly kind: "Create" | "Update" | "Delete";
  readonly stackId: string;
  readonly logicalId: string;
  readonly physicalId?: string;
  readonly properties: Properties;
  readonly previous?: Properties;
}

/** The engine says of which resource a deletion is. */
export interface OwnDeletion extends ResourceDeletion {
  readonly logicalId?: string;
  readonly stackId?: string;
}

/** The answer may ask for its attributes not to be shown. */
export interface OwnState extends ResourceState {
  readonly noEcho?: boolean;
}

const DEFAULT_TIMEOUT_SECONDS = 3_600;
/** The answer's upload wakes the attempt; this is for answers whose event was missed. */
const LOOK_AGAIN_MS = 30_000;

/**
 * A resource made by a Lambda function or whoever reads an SNS topic, which answers by a PUT to a presigned URL.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
 */
export function customResource(type: string): ResourceType {
  return {
    create: (ctx, request) => ask(ctx, { ...common(type, request), kind: "Create" }),
    update: (ctx, request) =>
      ask(ctx, { ...common(type, request), kind: "Update", physicalId: request.physicalId, previous: request.previous }),
    delete: async (ctx, deletion: OwnDeletion) => {
      const { physicalId, properties, logicalId = "", stackId = "" } = deletion;
      const state = await ask(ctx, { type, kind: "Delete", stackId, logicalId, physicalId, properties });
      return "again" in state ? state : undefined;
    },
  };
}

function common(type: string, request: ResourceRequest): Pick<Question, "type" | "stackId" | "logicalId" | "properties"> {
  return { type, stackId: request.stackId, logicalId: request.logicalId, properties: request.properties };
}

async function ask(ctx: Context, question: Question): Promise<ResourceState | ResourcePending> {
  const requestId = ctx.claimed() ?? newRequest(ctx);
  const { stackId, logicalId } = question;
  const key = `${stackId}|${logicalId}|${requestId}`;
  const sent = ctx.all(store.signalsOf, { stack: stackId, logical: logicalId }).find((one) => one.id === `sent:${requestId}`);
  if (sent === undefined) {
    await send(ctx, question, { requestId, url: await answerUrl(ctx, key) });
    ctx.tx(() =>
      ctx.run(store.addSignal, { stack: stackId, logical: logicalId, id: `sent:${requestId}`, status: "SENT", data: String(ctx.now) }),
    );
  }
  const kept = ctx.all(store.signalsOf, { stack: stackId, logical: logicalId }).find((one) => one.id === `answer:${requestId}`);
  const text = kept?.data ?? (await answerAt(ctx, key));
  if (text !== undefined) {
    // Kept before it is dropped from the bucket: a process that dies here must find it again.
    const id = `answer:${requestId}`;
    ctx.tx(() => ctx.run(store.addSignal, { stack: stackId, logical: logicalId, id, status: "ANSWER", data: text }));
    await dropAnswer(ctx, key);
    return read(question, requestId, text);
  }
  const seconds = Number(question.properties["ServiceTimeout"] ?? DEFAULT_TIMEOUT_SECONDS);
  const deadline = Number(sent?.data ?? ctx.now) + seconds * 1_000;
  if (ctx.now >= deadline) {
    throw new ResourceFailure(
      `CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [${requestId}]. If you are using the Python cfn-response module, you may need to update your Lambda function code so that CloudFormation can attach the updated version.`,
      question.physicalId ?? requestId,
    );
  }
  return { again: Math.min(deadline, ctx.now + LOOK_AGAIN_MS) };
}

function newRequest(ctx: Context): string {
  const id = ctx.cloud.ids.uuid();
  ctx.tx(() => ctx.claim(id));
  return id;
}

async function send(ctx: Context, question: Question, request: { readonly requestId: string; readonly url: string }): Promise<void> {
  const token = question.properties["ServiceToken"];
  const event = {
    RequestType: question.kind,
    ServiceToken: token,
    ResponseURL: request.url,
    StackId: question.stackId,
    RequestId: request.requestId,
    LogicalResourceId: question.logicalId,
    ...(question.physicalId === undefined ? {} : { PhysicalResourceId: question.physicalId }),
    ResourceType: question.type,
    ResourceProperties: texts(question.properties),
    ...(question.previous === undefined ? {} : { OldResourceProperties: texts(question.previous) }),
  };
  if (typeof token !== "string") throw new ResourceFailure("ServiceToken is required", question.physicalId);
  const message = JSON.stringify(event);
  if (token.split(":")[2] === "sns") {
    await ctx.call("sns", "Publish", { TopicArn: token, Subject: "AWS CloudFormation custom resource request", Message: message });
  } else {
    await ctx.call("lambda", "Invoke", { FunctionName: token, InvocationType: "Event", Payload: Buffer.from(message) });
  }
}

/** CloudFormation sends every number and boolean of the properties as text. */
function texts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(texts);
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, texts(inner)]));
  return String(value);
}

function read(question: Question, requestId: string, text: string): OwnState {
  let answer: Json;
  try {
    const parsed: unknown = JSON.parse(text);
    answer = isRecord(parsed) ? parsed : {};
  } catch {
    throw new ResourceFailure("Invalid response object: it is not JSON", question.physicalId);
  }
  const given = answer["PhysicalResourceId"];
  const physicalId = typeof given === "string" && given !== "" ? given : question.physicalId;
  if (answer["Status"] === "FAILED") {
    const reason = `Received response status [FAILED] from custom resource. Message returned: ${String(answer["Reason"] ?? "")} (RequestId: ${requestId})`;
    throw new ResourceFailure(reason, physicalId);
  }
  if (answer["Status"] !== "SUCCESS") throw new ResourceFailure("Invalid Status: must be SUCCESS or FAILED", physicalId);
  if (physicalId === undefined) throw new ResourceFailure("Invalid PhysicalResourceId", undefined);
  const noEcho = String(answer["NoEcho"]) === "true";
  return { physicalId, attributes: isRecord(answer["Data"]) ? answer["Data"] : {}, noEcho };
}
