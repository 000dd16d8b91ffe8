import type { TracedRequest } from "../../../aws/tracing.ts";

/** What decides; the names are those of the API. https://docs.aws.amazon.com/xray/latest/api/API_SamplingRule.html */
export interface Rule {
  readonly RuleName: string;
  readonly ResourceARN: string;
  readonly Priority: number;
  /** 0 to 1. */
  readonly FixedRate: number;
  /** Requests a second. */
  readonly ReservoirSize: number;
  readonly ServiceName: string;
  readonly ServiceType: string;
  readonly Host: string;
  readonly HTTPMethod: string;
  readonly URLPath: string;
  readonly Version: number;
  readonly Attributes: Readonly<Record<string, string>>;
}

const patterns = new Map<string, RegExp>();
const MOST_PATTERNS = 1_000;

/** `*` stands for any text and `?` for one character; case does not matter. https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html */
export function matchesGlob(pattern: string, text: string): boolean {
  if (pattern === "*") return true;
  let compiled = patterns.get(pattern);
  if (compiled === undefined) {
    if (patterns.size >= MOST_PATTERNS) patterns.clear();
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replace(/\*+/g, ".*")
      .replaceAll("?", ".");
    compiled = new RegExp(`^${source}$`, "is");
    patterns.set(pattern, compiled);
  }
  return compiled.test(text);
}

/** The first that matches, in order of priority and then of name. */
export function ruleFor(rules: readonly Rule[], request: TracedRequest): Rule | undefined {
  return rules
    .toSorted((a, b) => a.Priority - b.Priority || (a.RuleName < b.RuleName ? -1 : 1))
    .find(
      (rule) =>
        matchesGlob(rule.ServiceName, request.serviceName) &&
        matchesGlob(rule.ServiceType, request.serviceType) &&
        matchesGlob(rule.Host, request.host) &&
        matchesGlob(rule.HTTPMethod, request.method) &&
        matchesGlob(rule.URLPath, request.path) &&
        matchesGlob(rule.ResourceARN, request.resourceArn) &&
        // Requests that Orrery decides about have no attributes.
        Object.keys(rule.Attributes).length === 0,
    );
}

interface Tally {
  second: number;
  taken: number;
}

/** Takes so many each second, and of the others the fixed rate. */
export class Reservoir {
  readonly #tallies = new Map<string, Tally>();

  /** `now` in ms; `chance` in [0, 1) is the request's own. */
  admits(key: string, rule: Rule, { now, chance }: { readonly now: number; readonly chance: number }): boolean {
    const second = Math.floor(now / 1_000);
    let tally = this.#tallies.get(key);
    if (tally === undefined || tally.second !== second) {
      tally = { second, taken: 0 };
      this.#tallies.set(key, tally);
    }
    if (tally.taken < rule.ReservoirSize) {
      tally.taken++;
      return true;
    }
    return chance < rule.FixedRate;
  }
}
