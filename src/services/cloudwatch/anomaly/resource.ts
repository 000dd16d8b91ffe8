import type { Context } from "../../../aws/context.ts";
import { deleted, type Properties, type ResourceType } from "../../../aws/resource.ts";
import { detectorId, type MetricMath, mathTarget, type SingleMetric, singleTarget } from "./target.ts";

const TIMES = ["StartTime", "EndTime"];
const BOOLEANS = ["PeriodicSpikes", "ReturnData"];

/** Template values in the types that the API takes; times are without a zone, and UTC. */
function typed(value: unknown, name = ""): unknown {
  if (typeof value === "string") {
    if (name === "Period") return Number(value);
    if (BOOLEANS.includes(name)) return value === "true";
    return TIMES.includes(name) ? new Date(/Z|[+-]\d\d:?\d\d$/.test(value) ? value : `${value}Z`) : value;
  }
  if (Array.isArray(value)) return value.map((item) => typed(item));
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [renamed(key, "MetricTimeZone"), typed(item, key)]));
}

/** Templates write MetricTimeZone what the API writes MetricTimezone. */
function renamed(key: string, from: "MetricTimeZone" | "MetricTimezone"): string {
  return key === from ? (from === "MetricTimeZone" ? "MetricTimezone" : "MetricTimeZone") : key;
}

interface Looks extends SingleMetric {
  readonly SingleMetricAnomalyDetector?: SingleMetric;
  readonly MetricMathAnomalyDetector?: MetricMath;
}

function idOf(properties: unknown): string {
  const looks = properties as Looks;
  const math = looks.MetricMathAnomalyDetector;
  return detectorId(
    math === undefined ? singleTarget(looks.SingleMetricAnomalyDetector ?? looks) : mathTarget(math.MetricDataQueries ?? []),
  );
}

async function put(ctx: Context, properties: Properties) {
  const input = typed(properties);
  await ctx.call("cloudwatch", "PutAnomalyDetector", input as Record<never, never>);
  const physicalId = idOf(input);
  return { physicalId, attributes: { Id: physicalId } };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-anomalydetector.html */
export const anomalyDetector: ResourceType = {
  create: (ctx, { properties }) => put(ctx, properties),
  update: (ctx, { properties }) => put(ctx, properties),
  async read(ctx, physicalId) {
    let NextToken: string | undefined;
    do {
      const page = await ctx.call("cloudwatch", "DescribeAnomalyDetectors", {
        AnomalyDetectorTypes: ["SINGLE_METRIC", "METRIC_MATH"],
        ...(NextToken === undefined ? {} : { NextToken }),
      });
      const found = page.AnomalyDetectors?.find((detector) => idOf(detector) === physicalId);
      if (found !== undefined) {
        const { StateValue: _, Configuration = {}, ...properties } = found;
        const settings = Object.entries(Configuration).map(([key, value]) => [renamed(key, "MetricTimezone"), value]);
        return { ...properties, Configuration: Object.fromEntries(settings) as unknown };
      }
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return undefined;
  },
  delete: (ctx, { properties }) => {
    const { Configuration: _, MetricCharacteristics: __, ...target } = typed(properties) as Record<string, unknown>;
    return deleted("ResourceNotFoundException", ctx.call("cloudwatch", "DeleteAnomalyDetector", target));
  },
};
