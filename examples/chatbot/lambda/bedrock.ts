import { BedrockRuntimeClient, ConverseCommand } from "@aws-sdk/client-bedrock-runtime";
import { type Answer, type Answerer, notInDocuments, type Turn } from "./answers.ts";
import type { Hit } from "./retrieval.ts";

const INSTRUCTIONS =
  "Answer in the language of the question, from the numbered passages alone, and cite them as [1], [2]. If they do not answer it, reply exactly NOT_IN_DOCUMENTS.";

/** Answers with a model on Amazon Bedrock, bound to the retrieved passages. */
export class BedrockAnswerer implements Answerer {
  readonly #client = new BedrockRuntimeClient({});
  readonly #model: string;

  constructor(model: string) {
    this.#model = model;
  }

  async answer(question: string, hits: readonly Hit[], history: readonly Turn[]): Promise<Answer> {
    if (hits.length === 0) return notInDocuments(question);
    const passages = hits.map(({ passage }, i) => `[${i + 1}] (${passage.source})\n${passage.text}`).join("\n\n");
    const earlier = history.flatMap((turn) => [
      { role: "user" as const, content: [{ text: turn.question }] },
      { role: "assistant" as const, content: [{ text: turn.answer }] },
    ]);
    const reply = await this.#client.send(
      new ConverseCommand({
        modelId: this.#model,
        system: [{ text: INSTRUCTIONS }],
        messages: [...earlier, { role: "user", content: [{ text: `${passages}\n\nQuestion: ${question}` }] }],
        inferenceConfig: { maxTokens: 500, temperature: 0 },
      }),
    );
    const text = reply.output?.message?.content?.map((part) => part.text ?? "").join("") ?? "";
    if (text === "" || text.includes("NOT_IN_DOCUMENTS")) return notInDocuments(question);
    const cited = new Set([...text.matchAll(/\[(\d+)\]/g)].map(([, number]) => Number(number) - 1));
    const sources = hits
      .filter((_, i) => cited.has(i))
      .map(({ passage }) => ({ source: passage.source, quote: passage.text.slice(0, 200) }));
    return { text, found: true, sources };
  }
}
