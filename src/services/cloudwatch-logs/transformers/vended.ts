import type { Processor } from "@aws-sdk/client-cloudwatch-logs";
import { TransformError, type TransformedEvent } from "./event.ts";
import { parseJson } from "./parsers.ts";

type Step = (event: TransformedEvent) => void;
type Json = Record<string, unknown>;
type Vended = "parseWAF" | "parsePostgres" | "parseCloudfront" | "parseRoute53" | "parseVPC";

/** Fields of a line of text, `#` after those that are numbers. */
const CLOUDFRONT =
  "date time x-edge-location sc-bytes# c-ip cs-method cs(Host) cs-uri-stem sc-status# cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) " +
  "x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes# time-taken# x-forwarded-for ssl-protocol ssl-cipher " +
  "x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port# time-to-first-byte# " +
  "x-edge-detailed-result-type sc-content-type sc-content-len# sc-range-start# sc-range-end#";
const ROUTE53 = "version# queryTimestamp hostZoneId queryName queryType responseCode protocol edgeLocation resolverIp ednsClientSubnet";
const VPC = "version# accountId interfaceId srcAddr dstAddr srcPort# dstPort# protocol# packets# bytes# start# end# action logStatus";
const POSTGRES = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \w+):([^:]*):([^@]*)@([^:]*):\[(\d+)\]:(\w+):/;

/** What is no number stays what it is, such as `-`. */
const numeric = (text: string): unknown => (/^[+-]?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text);

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const line = (name: string, layout: string): Step => {
  const fields = layout.split(" ").map((field) => ({ name: field.replace(/#$/, ""), isNumber: field.endsWith("#") }));
  return (event) => {
    const values = event.message.trim().split(/\s+/);
    if (values.length !== fields.length)
      throw new TransformError(`${name} needs ${fields.length} fields, and the event has ${values.length}.`);
    for (const [i, { name: field, isNumber }] of fields.entries()) {
      const text = decoded(values[i] ?? "");
      event.merge(undefined, { [field]: isNumber ? numeric(text) : text });
    }
  };
};

/** `[{name, value}]` as an object; labels have a name alone, or a value too. */
function named(list: unknown): unknown {
  if (!Array.isArray(list)) return list;
  const entries = (list as readonly unknown[]).flatMap((item) => {
    if (typeof item !== "object" || item === null) return [];
    const { name, value = "" } = item as Json;
    return typeof name === "string" ? [[name, value] as const] : [];
  });
  return Object.fromEntries(entries);
}

function waf(): Step {
  const parse = parseJson({});
  return (event) => {
    parse(event);
    const { httpRequest, labels } = event.fields;
    if (typeof httpRequest === "object" && httpRequest !== null) {
      const { headers, ...others } = httpRequest as Json;
      event.merge(undefined, { httpRequest: headers === undefined ? others : { headers: named(headers), ...others } });
    }
    if (labels !== undefined) event.merge(undefined, { labels: named(labels) });
  };
}

function postgres(event: TransformedEvent): void {
  const found = POSTGRES.exec(event.message);
  if (found === null) throw new TransformError("The event is not a line of a PostgreSQL log.");
  const [, logTime, srcIp, userName, dbName, processId, logLevel] = found;
  event.merge(undefined, { logTime, srcIp, userName, dbName, processId, logLevel });
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-BuiltIn.html */
export const VENDED: { readonly [K in Vended & keyof Processor]: () => Step } = {
  parseWAF: waf,
  parsePostgres: () => postgres,
  parseCloudfront: () => line("parseCloudfront", CLOUDFRONT),
  parseRoute53: () => line("parseRoute53", ROUTE53),
  parseVPC: () => line("parseVPC", VPC),
};
