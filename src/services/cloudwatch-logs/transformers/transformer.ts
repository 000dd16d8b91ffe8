import type { Processor } from "@aws-sdk/client-cloudwatch-logs";
import { notImplemented } from "../../../aws/exception.ts";
import { invalidParameter } from "../groups.ts";
import { type Surroundings, TransformError, TransformedEvent } from "./event.ts";
import { PROCESSORS, type Step } from "./processors.ts";
import { VENDED } from "./vended.ts";

const PARSERS = new Set(["parseJSON", "grok", "csv", "parseKeyValue", ...Object.keys(VENDED)]);
const ONCE = ["grok", "addKeys", "copyValue"];
const MOST_PARSERS = 5;
const MOST_PROCESSORS = 20;
const MOST_BYTES = 512 * 1_024;
const MOST_FIELDS = 200;

/** An event's transformed version, or why there is none. */
export type Transformed = { readonly message: string; readonly error: null } | { readonly message: null; readonly error: string };
export type Transformer = (message: string, surroundings: Surroundings) => Transformed;

/**
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-Create.html
 * @throws AwsException InvalidParameterException; NotImplemented for parseToOCSF
 */
export function compileTransformer(operation: string, processors: readonly Processor[]): Transformer {
  const steps = processors.map((processor) => stepOf(operation, processor));
  checkRules(processors.map(nameOf));
  return (message, surroundings) => {
    if (Buffer.byteLength(message) > MOST_BYTES) return { message: null, error: "The log event is larger than 512 KB." };
    const event = new TransformedEvent(message, surroundings);
    try {
      for (const step of steps) step(event);
    } catch (error) {
      if (!(error instanceof TransformError)) throw error;
      return { message: null, error: error.message };
    }
    if (leavesOf(event.fields) > MOST_FIELDS) return { message: null, error: `The log event has more than ${MOST_FIELDS} fields.` };
    return { message: JSON.stringify(event.fields), error: null };
  };
}

function leavesOf(value: unknown): number {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return 1;
  return Object.values(value).reduce((sum: number, inner) => sum + leavesOf(inner), 0);
}

function nameOf(processor: Processor): string {
  const names = Object.entries(processor).filter(([, options]) => options !== undefined);
  const [name] = names[0] ?? [];
  if (name === undefined || names.length !== 1) throw invalidParameter("Each item of a transformer holds exactly one processor.");
  return name;
}

function stepOf(operation: string, processor: Processor): Step {
  const name = nameOf(processor);
  if (name === "parseToOCSF") throw notImplemented("cloudwatch-logs", operation, `the processor ${name}`);
  const compile = { ...PROCESSORS, ...VENDED }[name as keyof Processor] as ((options: object) => Step) | undefined;
  const options: unknown = processor[name as keyof Processor];
  if (
    name in VENDED &&
    (options as { readonly source?: string } | null)?.source !== undefined &&
    (options as { source: string }).source !== "@message"
  )
    throw invalidParameter(`${name} accepts only @message as the source.`);
  if (compile === undefined || typeof options !== "object" || options === null) throw invalidParameter(`${name} is no processor.`);
  return compile(options);
}

function checkRules(names: readonly string[]): void {
  const count = (wanted: string): number => names.filter((name) => name === wanted).length;
  if (names.length > MOST_PROCESSORS) throw invalidParameter(`A transformer can have up to ${MOST_PROCESSORS} processors.`);
  if (!PARSERS.has(names[0] ?? "")) throw invalidParameter("The first processor of a transformer must be a parser.");
  if (names.filter((name) => PARSERS.has(name)).length > MOST_PARSERS)
    throw invalidParameter(`A transformer can have up to ${MOST_PARSERS} parsers.`);
  if (names.some((name, i) => i > 0 && name in VENDED)) throw invalidParameter("A parser of vended logs must be the first processor.");
  const twice = ONCE.find((name) => count(name) > 1);
  if (twice !== undefined) throw invalidParameter(`A transformer can have only one ${twice} processor.`);
}
