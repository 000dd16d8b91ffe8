import { randomUUID } from "node:crypto";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { type Answerer, ExtractiveAnswerer } from "./answers.ts";
import { page } from "./page.ts";
import { CorpusRetriever, type Passage } from "./retrieval.ts";
import { ChatTable } from "./table.ts";

interface Corpus {
  readonly version: number;
  readonly passages: readonly Passage[];
  readonly retriever: CorpusRetriever;
  readonly answerer: Answerer;
}

const MAX_QUESTION_LENGTH = 1_000;
const PASSAGES_PER_QUESTION = 6;
const REMEMBERED_TURNS = 6;

const table = new ChatTable(process.env["TABLE"] ?? "");
const model = process.env["MODEL"] ?? "";
let corpus: Corpus | undefined;

export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  switch (event.routeKey) {
    case "GET /":
      return { statusCode: 200, headers: { "content-type": "text/html; charset=utf-8" }, body: page };
    case "GET /documents":
      return json(200, await documents());
    default:
      return chat(event);
  }
}

async function chat(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  const text = event.isBase64Encoded ? Buffer.from(event.body ?? "", "base64").toString("utf8") : (event.body ?? "");
  const request = parse(text);
  if (typeof request?.["question"] !== "string" || request["question"].trim() === "")
    return json(400, { message: 'send {"question": "…"}' });
  const question = request["question"].trim();
  if (question.length > MAX_QUESTION_LENGTH) return json(400, { message: `a question has at most ${MAX_QUESTION_LENGTH} characters` });
  const session =
    typeof request["sessionId"] === "string" && /^[\w-]{1,64}$/.test(request["sessionId"]) ? request["sessionId"] : randomUUID();

  const { retriever, answerer } = await current();
  const history = await table.history(session, REMEMBERED_TURNS);
  let answer = await answerer.answer(question, retriever.retrieve(question, PASSAGES_PER_QUESTION), history);
  const previous = history.at(-1)?.question;
  if (!answer.found && previous !== undefined) {
    // "And how long does it take?" means nothing alone: it is asked again together with what went before.
    const together = `${previous} ${question}`;
    answer = await answerer.answer(together, retriever.retrieve(together, PASSAGES_PER_QUESTION), history);
  }
  await table.remember(session, { question, answer: answer.text }, new Date());
  return json(200, { sessionId: session, answer: answer.text, found: answer.found, sources: answer.sources });
}

async function documents(): Promise<{ documents: { key: string; passages: number }[] }> {
  const counts = new Map<string, number>();
  for (const { source } of (await current()).passages) counts.set(source, (counts.get(source) ?? 0) + 1);
  return { documents: [...counts].map(([key, passages]) => ({ key, passages })) };
}

/** The corpus, read again when a document has changed since. */
async function current(): Promise<Corpus> {
  const version = await table.version();
  if (corpus?.version !== version) {
    const passages = await table.passages();
    const retriever = new CorpusRetriever(passages);
    corpus = { version, passages, retriever, answerer: await answererFor(retriever) };
  }
  return corpus;
}

async function answererFor(retriever: CorpusRetriever): Promise<Answerer> {
  if (model === "") return new ExtractiveAnswerer(retriever);
  const { BedrockAnswerer } = await import("./bedrock.ts");
  return new BedrockAnswerer(model);
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function json(statusCode: number, body: unknown): APIGatewayProxyStructuredResultV2 {
  const headers = { "content-type": "application/json; charset=utf-8", "x-version": process.env["AWS_LAMBDA_FUNCTION_VERSION"] ?? "" };
  return { statusCode, headers, body: JSON.stringify(body) };
}
