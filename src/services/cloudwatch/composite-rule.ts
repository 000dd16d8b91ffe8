import type { AlarmState } from "./evaluation.ts";

/** What a rule asks, as a tree. */
export type Rule =
  | { readonly kind: "constant"; readonly value: boolean }
  | { readonly kind: "state"; readonly state: AlarmState; readonly alarm: string }
  | { readonly kind: "not"; readonly rule: Rule }
  | { readonly kind: "and"; readonly left: Rule; readonly right: Rule }
  | { readonly kind: "or"; readonly left: Rule; readonly right: Rule }
  | {
      readonly kind: "atLeast";
      readonly count: number;
      readonly percent: boolean;
      readonly negated: boolean;
      readonly state: AlarmState;
      readonly alarms: readonly string[];
    };

const STATES: readonly string[] = ["ALARM", "OK", "INSUFFICIENT_DATA"] satisfies AlarmState[];
const MOST_ALARMS = 100;
const MOST_ELEMENTS = 500;

/** Why a rule is none. */
export class RuleError extends SyntaxError {}

function isState(word: string): word is AlarmState {
  return STATES.includes(word);
}

/**
 * Reads the language of composite alarms: `ALARM("a") AND NOT (OK(b) OR FALSE)`, `AT_LEAST(2, ALARM, (a, b, c))`. NOT binds
 * closest, then AND, then OR.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
 */
class Parser {
  readonly #text: string;
  #at = 0;
  #elements = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** @throws RuleError */
  parse(): Rule {
    const rule = this.#or();
    this.#space();
    if (this.#at < this.#text.length)
      throw new RuleError(`unexpected '${this.#text.slice(this.#at, this.#at + 20)}' at position ${this.#at}`);
    if (alarmsOf(rule).size > MOST_ALARMS) throw new RuleError(`a rule can name ${MOST_ALARMS} alarms`);
    if (this.#elements > MOST_ELEMENTS) throw new RuleError(`a rule can have ${MOST_ELEMENTS} elements`);
    return rule;
  }

  #or(): Rule {
    let left = this.#and();
    while (this.#word("OR")) left = { kind: "or", left, right: this.#and() };
    return left;
  }

  #and(): Rule {
    let left = this.#not();
    while (this.#word("AND")) left = { kind: "and", left, right: this.#not() };
    return left;
  }

  #not(): Rule {
    return this.#word("NOT") ? { kind: "not", rule: this.#not() } : this.#primary();
  }

  #primary(): Rule {
    this.#elements++;
    if (this.#symbol("(")) {
      const rule = this.#or();
      this.#expect(")");
      return rule;
    }
    if (this.#word("TRUE")) return { kind: "constant", value: true };
    if (this.#word("FALSE")) return { kind: "constant", value: false };
    if (this.#word("AT_LEAST")) return this.#atLeast();
    const state = this.#state();
    this.#expect("(");
    const alarm = this.#name(")");
    this.#expect(")");
    return { kind: "state", state, alarm };
  }

  /** `(M | P%, [NOT] STATE, (a, b, …))`, after its name. */
  #atLeast(): Rule {
    this.#expect("(");
    const found = this.#match(/\d+%?/y);
    if (found === undefined) throw new RuleError(`a number or a percentage is expected at position ${this.#at}`);
    this.#expect(",");
    const negated = this.#word("NOT");
    const state = this.#state();
    this.#expect(",");
    this.#expect("(");
    const alarms = [this.#name(",)")];
    while (this.#symbol(",")) alarms.push(this.#name(",)"));
    this.#expect(")");
    this.#expect(")");
    this.#elements += alarms.length;
    return { kind: "atLeast", count: Number.parseInt(found, 10), percent: found.endsWith("%"), negated, state, alarms };
  }

  #state(): AlarmState {
    const word = this.#match(/[A-Za-z_]+/y)?.toUpperCase() ?? "";
    if (!isState(word)) throw new RuleError(`ALARM, OK or INSUFFICIENT_DATA is expected at position ${this.#at}`);
    return word;
  }

  /** A name, in quotes or up to one of `ends`. */
  #name(ends: string): string {
    const quoted = this.#match(/"[^"]*"|'[^']*'/y);
    if (quoted !== undefined) return quoted.slice(1, -1);
    this.#space();
    const from = this.#at;
    while (this.#at < this.#text.length && !ends.includes(this.#text.charAt(this.#at))) this.#at++;
    const name = this.#text.slice(from, this.#at).trim();
    if (name === "") throw new RuleError(`the name of an alarm is expected at position ${from}`);
    return name;
  }

  #space(): void {
    while (/\s/.test(this.#text.charAt(this.#at))) this.#at++;
  }

  #match(pattern: RegExp): string | undefined {
    this.#space();
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #word(word: string): boolean {
    return this.#match(new RegExp(`${word}\\b`, "iy")) !== undefined;
  }

  #symbol(symbol: string): boolean {
    this.#space();
    if (this.#text.charAt(this.#at) !== symbol) return false;
    this.#at++;
    return true;
  }

  #expect(symbol: string): void {
    if (!this.#symbol(symbol)) throw new RuleError(`'${symbol}' is expected at position ${this.#at}`);
  }
}

/** @throws RuleError */
export function parseRule(text: string): Rule {
  return new Parser(text).parse();
}

/** Names or ARNs of all alarms that a rule asks for. */
export function alarmsOf(rule: Rule): Set<string> {
  if (rule.kind === "constant") return new Set();
  if (rule.kind === "state") return new Set([rule.alarm]);
  if (rule.kind === "not") return alarmsOf(rule.rule);
  if (rule.kind === "atLeast") return new Set(rule.alarms);
  return new Set([...alarmsOf(rule.left), ...alarmsOf(rule.right)]);
}

/** Whether the rule holds; `stateOf` answers undefined for an alarm that is gone, which is in no state. */
export function holds(rule: Rule, stateOf: (alarm: string) => string | undefined): boolean {
  if (rule.kind === "constant") return rule.value;
  if (rule.kind === "state") return stateOf(rule.alarm) === rule.state;
  if (rule.kind === "not") return !holds(rule.rule, stateOf);
  if (rule.kind === "and") return holds(rule.left, stateOf) && holds(rule.right, stateOf);
  if (rule.kind === "or") return holds(rule.left, stateOf) || holds(rule.right, stateOf);
  const matching = rule.alarms.filter((alarm) => (stateOf(alarm) === rule.state) !== rule.negated).length;
  return matching >= (rule.percent ? (rule.count / 100) * rule.alarms.length : rule.count);
}
