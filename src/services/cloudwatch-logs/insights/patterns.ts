import { compile } from "./evaluate.ts";
import { Row } from "./record.ts";
import type { Stage } from "./run.ts";
import type { Expression } from "./syntax.ts";
import { stringOf } from "./values.ts";

/** Types of data that are seen by their form alone, the more particular first. */
const TYPES: readonly (readonly [name: string, source: string])[] = [
  ["Time", String.raw`\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?`],
  ["Time", String.raw`\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?`],
  ["UUID", "[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"],
  ["IPAddress", String.raw`\d{1,3}(?:\.\d{1,3}){3}`],
  ["Time", String.raw`\d+(?:\.\d+)?(?=\s?(?:ns|us|µs|ms|s|sec|secs|seconds|milliseconds|minutes)(?![\p{L}\p{N}]))`],
  ["Number", String.raw`[+-]?\d+(?:\.\d+)?(?![\p{L}\p{N}_-])`],
  // Letters and digits in one word: what names one thing among many.
  ["ID", String.raw`(?=[\p{L}_-]*\d)(?=[\d_-]*\p{L})[\p{L}\p{N}_-]+|\d[\d_-]*\d`],
];
const WORDS = new RegExp(
  `(?<![\\p{L}\\p{N}_-])(?:${TYPES.map(([, source], i) => `(?<t${i}>${source})`).join("|")})|[\\p{L}\\p{N}_-]+|\\s+|[^\\p{L}\\p{N}\\s]`,
  "gu",
);

/** One word of a pattern: a text, or what varies, by its type. */
interface Word {
  readonly text: string;
  readonly type: string | undefined;
}

interface Cluster {
  words: Word[];
  /** Those of the time that was asked for, and of the one that it is compared with. */
  now: number;
  before: number;
}

/** Of texts of one form, so many words must be alike for one pattern. */
const ALIKE = 0.6;
/** Words beyond belong to no pattern of their own. */
const MOST_WORDS = 400;
const MOST_CLUSTERS = 10_000;
const REST = "…";

function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  for (const match of text.matchAll(WORDS)) {
    if (words.length >= MOST_WORDS) break;
    const index = TYPES.findIndex((_, i) => match.groups?.[`t${i}`] !== undefined);
    words.push({ text: match[0], type: TYPES[index]?.[0] });
  }
  return words;
}

const isWordy = (text: string): boolean => /[\p{L}\p{N}]/u.test(text);

/** Clusters texts as they come: those of as many words, alike in most of them, are of one pattern. */
export class Patterns {
  readonly #byForm = new Map<string, Cluster[]>();
  #clusters = 0;
  #now = 0;

  add(text: string, isPrevious: boolean): void {
    const words = wordsOf(text);
    const cluster = this.#find(words);
    if (isPrevious) cluster.before++;
    else {
      cluster.now++;
      this.#now++;
    }
  }

  #find(words: Word[]): Cluster {
    // What is punctuation must be the same; the first word rarely varies.
    const form = `${words.length}|${words.map(({ text, type }) => (type === undefined && !isWordy(text) ? text : "w")).join("")}`;
    const known = this.#byForm.get(form) ?? [];
    for (const cluster of known) if (merge(cluster, words)) return cluster;
    if (this.#clusters >= MOST_CLUSTERS) return this.#rest();
    this.#clusters++;
    const cluster: Cluster = { words, now: 0, before: 0 };
    this.#byForm.set(form, [...known, cluster]);
    return cluster;
  }

  #rest(): Cluster {
    const [known] = this.#byForm.get(REST) ?? [];
    const cluster = known ?? { words: [{ text: REST, type: undefined }], now: 0, before: 0 };
    this.#byForm.set(REST, [cluster]);
    return cluster;
  }

  /** The most frequent first. */
  rows(isDiff: boolean): Row[] {
    const clusters = [...this.#byForm.values()].flat().sort((a, b) => b.now - a.now || b.before - a.before);
    return clusters.map((cluster) => rowOf(cluster, this.#now, isDiff));
  }
}

/** Takes the words into the pattern when they are of it. */
function merge(cluster: Cluster, words: readonly Word[]): boolean {
  let wordy = 0;
  let alike = 0;
  for (const [i, word] of words.entries()) {
    const own = cluster.words[i];
    if (own === undefined || !(isWordy(word.text) || isWordy(own.text))) continue;
    wordy++;
    if (own.type === undefined ? own.text === word.text : own.type === word.type || own.type === "Token") alike++;
  }
  if (wordy > 0 && alike / wordy < ALIKE) return false;
  cluster.words = cluster.words.map((own, i) => {
    const word = words[i];
    if (word === undefined || (own.text === word.text && own.type === word.type) || own.type === "Token") return own;
    return { text: own.text, type: own.type !== undefined && own.type === word.type ? own.type : "Token" };
  });
  return true;
}

function textOf(words: readonly Word[]): string {
  let number = 0;
  return words.map(({ text, type }) => (type === undefined ? text : `<${type}-${++number}>`)).join("");
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Pattern.html */
function rowOf({ words, now, before }: Cluster, all: number, isDiff: boolean): Row {
  const row = new Row();
  const pattern = textOf(words);
  row.set("@pattern", pattern);
  row.set("@ratio", all === 0 ? 0 : now / all);
  row.set("@sampleCount", now);
  row.set("@severityLabel", severityOf(pattern));
  if (isDiff) {
    row.set("@diffEventCount", now - before);
    row.set("@differenceDescription", describe(now, before));
  }
  return row;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData_Patterns.html */
function severityOf(pattern: string): string {
  return /error/i.test(pattern) ? "ERROR" : /warn/i.test(pattern) ? "WARN" : "INFO";
}

function describe(now: number, before: number): string {
  if (before === 0) return "New pattern";
  if (now === 0) return "No longer occurs";
  if (now === before) return "No change";
  return `${now > before ? "Increased" : "Decreased"} by ${Math.round((Math.abs(now - before) / before) * 100)}%`;
}

/** Gathers all rows, and gives one for each pattern of an expression. */
export function patternStage(of: Expression, isDiff: boolean, next: Stage, now: number): Stage {
  const value = compile(of, now);
  const patterns = new Patterns();
  return {
    take: (row) => {
      const text = stringOf(value(row));
      if (text !== undefined) patterns.add(text, row.isPrevious);
      return true;
    },
    end: () => {
      for (const row of patterns.rows(isDiff)) if (!next.take(row)) break;
      next.end();
    },
  };
}
