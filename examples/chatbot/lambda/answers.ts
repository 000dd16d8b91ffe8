import type { Hit, Retriever } from "./retrieval.ts";
import { isVietnamese, sentences, terms } from "./text.ts";

export interface Turn {
  readonly question: string;
  readonly answer: string;
}

export interface Answer {
  readonly text: string;
  /** False when the documents do not answer the question. */
  readonly found: boolean;
  /** Documents that the answer stands on, in the order of their numbers in the text. */
  readonly sources: readonly { readonly source: string; readonly quote: string }[];
}

/** Writes an answer from what was retrieved, and from nothing else. */
export interface Answerer {
  answer(question: string, hits: readonly Hit[], history: readonly Turn[]): Promise<Answer>;
}

/** How much of a question's weight the best sentence's passage must carry to count as an answer. */
const NEEDED_COVERAGE = 0.5;
const MOST_SENTENCES = 3;

export function notInDocuments(question: string): Answer {
  return { text: isVietnamese(question) ? "Không có trong tài liệu." : "That is not in the documents.", found: false, sources: [] };
}

/** Answers by quoting: the sentences that carry most of what the question asks for, each with its source. */
export class ExtractiveAnswerer implements Answerer {
  readonly #retriever: Retriever;

  constructor(retriever: Retriever) {
    this.#retriever = retriever;
  }

  async answer(question: string, hits: readonly Hit[]): Promise<Answer> {
    const wanted = [...new Set(terms(question))];
    const total = this.#weigh(wanted);
    if (total === 0) return notInDocuments(question);
    const candidates = hits.flatMap((hit) => {
      const has = new Set(terms(hit.passage.text));
      const coverage = this.#weigh(wanted.filter((term) => has.has(term))) / total;
      if (coverage < NEEDED_COVERAGE) return [];
      return sentences(hit.passage.text).map((sentence, position) => ({
        sentence,
        position,
        hit,
        score: this.#score(sentence, wanted) * coverage * (0.5 + hit.score),
      }));
    });
    const best = candidates.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score);
    const top = best[0];
    if (top === undefined) return notInDocuments(question);
    return quote(best.filter(({ score }) => score >= top.score * 0.6).slice(0, MOST_SENTENCES));
  }

  #weigh(list: readonly string[]): number {
    return list.reduce((sum, term) => sum + Math.max(0.1, this.#retriever.weight(term)), 0);
  }

  /** Weight of the question's terms in a sentence; a heading names a subject and answers nothing. */
  #score(sentence: string, wanted: readonly string[]): number {
    if (!/[.!?:…]$/.test(sentence)) return 0;
    const has = new Set(terms(sentence));
    return this.#weigh(wanted.filter((term) => has.has(term)));
  }
}

function quote(chosen: readonly { readonly sentence: string; readonly hit: Hit }[]): Answer {
  const sources: { source: string; quote: string }[] = [];
  const seen = new Set<string>();
  const parts: string[] = [];
  for (const { sentence, hit } of chosen) {
    if (seen.has(sentence)) continue;
    seen.add(sentence);
    let number = sources.findIndex(({ source }) => source === hit.passage.source) + 1;
    if (number === 0) number = sources.push({ source: hit.passage.source, quote: sentence });
    parts.push(`${sentence} [${number}]`);
  }
  return { text: parts.join(" "), found: true, sources };
}
