import {
  type AttributeValue,
  BatchWriteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type WriteRequest,
} from "@aws-sdk/client-dynamodb";
import type { Turn } from "./answers.ts";
import type { Passage } from "./retrieval.ts";

/**
 * One table. `CORPUS / <document>#<number>` is a passage, `CORPUS-VERSION / -` counts changes so that a warm function
 * knows whether what it holds is old, `SESSION#<id> / <time>` is a turn of a conversation and expires after a day.
 */
export class ChatTable {
  readonly #client = new DynamoDBClient({});
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  async passages(): Promise<Passage[]> {
    const items = await this.#query("CORPUS");
    return items.map((item) => ({ id: item["sk"]?.S ?? "", source: item["source"]?.S ?? "", text: item["text"]?.S ?? "" }));
  }

  async version(): Promise<number> {
    const { Item } = await this.#client.send(new GetItemCommand({ TableName: this.#name, Key: VERSION_KEY, ConsistentRead: true }));
    return Number(Item?.["version"]?.N ?? 0);
  }

  /** Replaces all passages of a document; an empty list takes the document away. */
  async replace(source: string, texts: readonly string[]): Promise<void> {
    const kept = new Map(texts.map((text, i) => [`${source}#${String(i).padStart(5, "0")}`, text]));
    const old = await this.#query("CORPUS", `${source}#`);
    const requests: WriteRequest[] = old.flatMap((item) =>
      item["sk"]?.S === undefined || kept.has(item["sk"].S)
        ? []
        : [{ DeleteRequest: { Key: { pk: { S: "CORPUS" }, sk: { S: item["sk"].S } } } }],
    );
    for (const [sk, text] of kept)
      requests.push({ PutRequest: { Item: { pk: { S: "CORPUS" }, sk: { S: sk }, source: { S: source }, text: { S: text } } } });
    await this.#write(requests);
    await this.#client.send(
      new UpdateItemCommand({
        TableName: this.#name,
        Key: VERSION_KEY,
        UpdateExpression: "ADD version :one",
        ExpressionAttributeValues: { ":one": { N: "1" } },
      }),
    );
  }

  async history(session: string, limit: number): Promise<Turn[]> {
    const { Items = [] } = await this.#client.send(
      new QueryCommand({
        TableName: this.#name,
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": { S: `SESSION#${session}` } },
        ScanIndexForward: false,
        Limit: limit,
      }),
    );
    return Items.map((item) => ({ question: item["question"]?.S ?? "", answer: item["answer"]?.S ?? "" })).reverse();
  }

  async remember(session: string, turn: Turn, at: Date): Promise<void> {
    await this.#client.send(
      new PutItemCommand({
        TableName: this.#name,
        Item: {
          pk: { S: `SESSION#${session}` },
          sk: { S: at.toISOString() },
          question: { S: turn.question },
          answer: { S: turn.answer },
          expires: { N: String(Math.floor(at.getTime() / 1_000) + 86_400) },
        },
      }),
    );
  }

  async #query(pk: string, prefix?: string): Promise<Record<string, AttributeValue>[]> {
    const items: Record<string, AttributeValue>[] = [];
    let start: Record<string, AttributeValue> | undefined;
    do {
      const page = await this.#client.send(
        new QueryCommand({
          TableName: this.#name,
          KeyConditionExpression: prefix === undefined ? "pk = :pk" : "pk = :pk AND begins_with(sk, :prefix)",
          ExpressionAttributeValues: { ":pk": { S: pk }, ...(prefix === undefined ? {} : { ":prefix": { S: prefix } }) },
          ...(start === undefined ? {} : { ExclusiveStartKey: start }),
        }),
      );
      items.push(...(page.Items ?? []));
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
    return items;
  }

  async #write(requests: readonly WriteRequest[]): Promise<void> {
    for (let i = 0; i < requests.length; i += 25) {
      let batch = requests.slice(i, i + 25);
      while (batch.length > 0) {
        const { UnprocessedItems } = await this.#client.send(new BatchWriteItemCommand({ RequestItems: { [this.#name]: batch } }));
        batch = UnprocessedItems?.[this.#name] ?? [];
      }
    }
  }
}

const VERSION_KEY = { pk: { S: "CORPUS-VERSION" }, sk: { S: "-" } };
