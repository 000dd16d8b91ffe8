import MiniSearch from "minisearch";
import { fold, stem, terms, words } from "./text.ts";

/** A piece of a document. `id` is unique in the corpus. */
export interface Passage {
  readonly id: string;
  /** The document's key in the bucket. */
  readonly source: string;
  readonly text: string;
}

export interface Hit {
  readonly passage: Passage;
  readonly score: number;
}

/** Finds the passages that matter for a question, best first. */
export interface Retriever {
  retrieve(question: string, limit: number): Hit[];
  /** How telling a term is in this corpus: 0 for one that is everywhere, high for a rare one, highest for one it does not have. */
  weight(term: string): number;
}

const DIMENSIONS = 192;
/** Each term's own direction has this many non-zero entries, half of them negative. */
const SPARSE_ENTRIES = 8;
const WINDOW = 4;
/** How much the vectors count beside the words. */
const VECTOR_SHARE = 0.35;

/**
 * Words and vectors together. The vectors are made from the corpus itself by random indexing: each term has a random
 * direction, and a term's meaning is the sum of its neighbours' directions, so that terms used alike point alike.
 */
export class CorpusRetriever implements Retriever {
  readonly #passages: Map<string, Passage>;
  readonly #index: MiniSearch<Passage>;
  readonly #documentFrequency = new Map<string, number>();
  readonly #meanings = new Map<string, Float32Array>();
  readonly #vectors = new Map<string, Float32Array>();

  constructor(passages: readonly Passage[]) {
    this.#passages = new Map(passages.map((passage) => [passage.id, passage]));
    this.#index = new MiniSearch<Passage>({ fields: ["text"], tokenize: words, processTerm: (term) => stem(fold(term)) });
    this.#index.addAll(passages);
    const termsOf = new Map(passages.map((passage) => [passage.id, terms(passage.text)]));
    for (const list of termsOf.values()) {
      for (const term of new Set(list)) this.#documentFrequency.set(term, (this.#documentFrequency.get(term) ?? 0) + 1);
      this.#learn(list);
    }
    for (const [id, list] of termsOf) this.#vectors.set(id, this.#vectorOf(list));
  }

  weight(term: string): number {
    return Math.log((this.#passages.size + 1) / ((this.#documentFrequency.get(term) ?? 0) + 0.5));
  }

  retrieve(question: string, limit: number): Hit[] {
    const wanted = terms(question);
    if (wanted.length === 0) return [];
    const lexical = this.#index.search(wanted.join(" "), {
      prefix: (term) => term.length > 4,
      fuzzy: (term) => (term.length > 5 ? 0.15 : false),
    });
    const best = lexical[0]?.score ?? 1;
    const vector = this.#vectorOf(wanted);
    const scores = new Map<string, number>(lexical.map(({ id, score }) => [String(id), (1 - VECTOR_SHARE) * (score / best)]));
    for (const [id, other] of this.#vectors) scores.set(id, (scores.get(id) ?? 0) + VECTOR_SHARE * Math.max(0, cosine(vector, other)));
    return [...scores]
      .sort(([, a], [, b]) => b - a)
      .slice(0, limit)
      .flatMap(([id, score]) => {
        const passage = this.#passages.get(id);
        return passage === undefined ? [] : [{ passage, score }];
      });
  }

  #learn(list: readonly string[]): void {
    for (const [i, term] of list.entries()) {
      const meaning = this.#meanings.get(term) ?? new Float32Array(DIMENSIONS);
      this.#meanings.set(term, meaning);
      for (let j = Math.max(0, i - WINDOW); j <= Math.min(list.length - 1, i + WINDOW); j++) {
        for (const [dimension, sign] of direction(list[j] ?? ""))
          meaning[dimension] = (meaning[dimension] ?? 0) + sign / (1 + Math.abs(i - j));
      }
    }
  }

  #vectorOf(list: readonly string[]): Float32Array {
    const sum = new Float32Array(DIMENSIONS);
    for (const term of list) {
      const meaning = this.#meanings.get(term);
      if (meaning === undefined) continue;
      const weight = Math.max(0, this.weight(term)) / (norm(meaning) || 1);
      for (let i = 0; i < DIMENSIONS; i++) sum[i] = (sum[i] ?? 0) + weight * (meaning[i] ?? 0);
    }
    return sum;
  }
}

/** A term's own random direction, the same every time: derived from the term. */
function direction(term: string): [number, 1 | -1][] {
  let state = 2166136261;
  for (const character of term) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 16777619);
  return Array.from({ length: SPARSE_ENTRIES }, (_, i) => {
    state = Math.imul(state ^ (state >>> 15), 2246822519) + i;
    return [(state >>> 0) % DIMENSIONS, i % 2 === 0 ? 1 : -1];
  });
}

function norm(vector: Float32Array): number {
  return Math.hypot(...vector);
}

function cosine(a: Float32Array, b: Float32Array): number {
  let dot = 0;
  for (let i = 0; i < DIMENSIONS; i++) dot += (a[i] ?? 0) * (b[i] ?? 0);
  return dot / (norm(a) * norm(b) || 1);
}
