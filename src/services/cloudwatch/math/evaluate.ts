import { AwsException, notImplemented } from "../../../aws/exception.ts";
import { callFunction, type Grid, takes } from "./functions.ts";
import { ExpressionError, type Node, parseExpression } from "./parser.ts";
import { searchFault } from "./search.ts";
import { type Argument, combine, isList, isSeries, isValue, lift, mapPoints, type Series, type Value } from "./values.ts";

/** What an expression can refer to. */
export interface Scope extends Grid {
  /** The value of an id; undefined when no query has it. */
  value(id: string): Value | undefined;
  /** Whether an id is that of a metric, and not of an expression. */
  isMetric(id: string): boolean;
  /** Metrics of the request, not expressions, whose id contains the text. */
  metrics(part: string): readonly Series[];
  /** Metrics that a search finds; undefined where searches are not allowed. */
  search(expression: string, statistic: string, period: number): readonly Series[] | undefined;
  /** The lower and the upper bound of what is expected of an id; undefined when no query has it. */
  band(id: string, deviations: number): readonly Series[] | undefined;
  /** Seconds. */
  readonly period: number;
}

/** Functions of other services, and of what is not here. */
export const FOREIGN: readonly string[] = ["DB_PERF_INSIGHTS", "INSIGHT_RULE_METRIC", "LAMBDA", "SERVICE_QUOTA"];
/** Width of a band whose expression names none. */
const DEVIATIONS = 2;
/** Words that stand for how something is done. */
const KEYWORDS: readonly string[] = ["ASC", "DESC", "REPEAT", "LINEAR", "AVG", "MIN", "MAX", "SUM"];

function invalid(expression: string, reason: string): AwsException {
  return new AwsException("ValidationError", `Error in expression '${expression}': ${reason}`, { status: 400 });
}

class Evaluator {
  readonly #expression: string;
  readonly #scope: Scope;

  constructor(expression: string, scope: Scope) {
    this.#expression = expression;
    this.#scope = scope;
  }

  value(node: Node): Value {
    const argument = this.#argument(node);
    if (isValue(argument)) return argument;
    throw this.#invalid("a metric, a number or a function is expected");
  }

  #invalid(reason: string): AwsException {
    return invalid(this.#expression, reason);
  }

  #argument(node: Node): Argument {
    if (node.kind === "number") return node.value;
    if (node.kind === "text") return { text: node.value };
    if (node.kind === "name") return this.#name(node.name);
    if (node.kind === "call") return this.#call(node.name, node.args);
    if (node.kind === "list") return this.#list(node.items);
    if (node.kind === "minus") {
      const operand = this.value(node.operand);
      return typeof operand === "number" ? -operand : (lift(operand, (series) => mapPoints(series, (value) => -value)) ?? 0);
    }
    const result = combine(this.value(node.left), this.value(node.right), node.operator);
    if (result === undefined) throw this.#invalid(`unsupported operand type(s) for ${node.operator}`);
    return result;
  }

  #name(name: string): Argument {
    const value = this.#scope.value(name);
    if (value !== undefined) return value;
    if (KEYWORDS.includes(name)) return { keyword: name };
    throw this.#invalid(`undefined variable ${name}`);
  }

  #list(items: readonly Node[]): readonly Series[] {
    return items.flatMap((item): readonly Series[] => {
      const value = this.value(item);
      if (typeof value === "number") throw this.#invalid("an array can only have time series");
      return isList(value) ? value : [value];
    });
  }

  #call(name: string, nodes: readonly Node[]): Argument {
    if (FOREIGN.includes(name)) throw notImplemented("cloudwatch", "GetMetricData", `the function ${name}`);
    if (name === "ANOMALY_DETECTION_BAND") return this.#band(nodes);
    const args = nodes.map((node) => this.#argument(node));
    const texts = args.map((argument) => (typeof argument === "object" && "text" in argument ? argument.text : undefined));
    if (name === "METRICS") return this.#metrics(args, texts);
    if (name === "PERIOD" && !(nodes[0]?.kind === "name" && this.#scope.isMetric(nodes[0].name))) {
      throw this.#invalid("PERIOD takes a metric, not the result of an expression");
    }
    if (!takes(name, args.length)) throw this.#invalid(`${name} takes another number of arguments`);
    if (name === "SEARCH") return this.#search(args, texts);
    const result = callFunction(name, args, this.#scope);
    if (result === undefined) throw this.#invalid(`${name} is no function for these arguments`);
    return result;
  }

  #band([metric, width, ...rest]: readonly Node[]): readonly Series[] {
    const deviations = width === undefined ? DEVIATIONS : this.value(width);
    if (metric?.kind !== "name" || typeof deviations !== "number" || rest.length > 0) {
      throw this.#invalid("ANOMALY_DETECTION_BAND takes the id of a metric or an expression and a number of standard deviations");
    }
    const band = this.#scope.band(metric.name, deviations);
    if (band === undefined) throw this.#invalid(`undefined variable ${metric.name}`);
    return band;
  }

  #metrics(args: readonly Argument[], [part]: readonly (string | undefined)[]): readonly Series[] {
    if (args.length > 1 || (args.length === 1 && part === undefined)) throw this.#invalid("METRICS takes a text or nothing");
    return this.#scope.metrics(part ?? "");
  }

  #search(args: readonly Argument[], [expression, statistic]: readonly (string | undefined)[]): readonly Series[] {
    const period = args[2] ?? this.#scope.period;
    if (expression === undefined || statistic === undefined || typeof period !== "number") {
      throw this.#invalid("SEARCH takes an expression, a statistic and a period");
    }
    const fault = searchFault(expression);
    if (fault !== undefined) throw this.#invalid(fault);
    const found = this.#scope.search(expression, statistic, period);
    if (found === undefined) throw this.#invalid("SEARCH is not supported here");
    return found;
  }
}

/** True for functions that are known, here or on AWS. */
export function isFunction(name: string): boolean {
  return FOREIGN.includes(name) || name === "ANOMALY_DETECTION_BAND" || name === "METRICS" || takes(name) !== undefined;
}

/**
 * The value of a metric math expression.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 * @throws AwsException ValidationError; NotImplemented for functions of services that are not here
 */
export function evaluateExpression(expression: string, scope: Scope): Value {
  let node: Node;
  try {
    node = parseExpression(expression);
  } catch (error) {
    if (error instanceof ExpressionError) throw invalid(expression, error.message);
    throw error;
  }
  return new Evaluator(expression, scope).value(node);
}

/** @throws AwsException ValidationError for a number, which no expression may end in */
export function seriesOf(expression: string, value: Value): readonly Series[] {
  if (typeof value === "number") throw invalid(expression, "the result must be a time series or an array of time series");
  return isSeries(value) ? [value] : value;
}
