import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { invalidValue } from "./metrics.ts";
import { collect, type Range } from "./series.ts";
import { isKnownStatistic, isSimple, statistic } from "./statistics.ts";

const DAY = 86_400_000;
const MAX_STATISTICS = 1_440;

/** The start is rounded down by its age: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html */
export function rangeOf(start: Date | undefined, end: Date | undefined, period: number, now: number): Range {
  const from = start?.getTime() ?? 0;
  const to = end?.getTime() ?? 0;
  if (from >= to) throw invalidValue("The parameter StartTime must be less than the parameter EndTime.");
  if (!(period > 0 && (period % 60 === 0 || [1, 5, 10, 20, 30].includes(period)))) {
    throw invalidValue("The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.");
  }
  const age = now - from;
  const grain = age > 63 * DAY ? 3_600 : age > 15 * DAY ? 300 : Math.min(period, 60);
  return { from: Math.floor(from / (grain * 1_000)) * grain * 1_000, to, period: period * 1_000 };
}

export function getMetricStatistics(
  input: Input<"cloudwatch", "GetMetricStatistics">,
  ctx: Context,
): Output<"cloudwatch", "GetMetricStatistics"> {
  const { Statistics = [], ExtendedStatistics = [] } = input;
  if (Statistics.length + ExtendedStatistics.length === 0) {
    throw new AwsException(
      "MissingRequiredParameterException",
      "At least one of the parameters Statistics and ExtendedStatistics must be specified.",
      { status: 400 },
    );
  }
  const unknown = ExtendedStatistics.find((name) => !isKnownStatistic(name));
  if (unknown !== undefined) throw invalidValue(`The value ${unknown} for parameter ExtendedStatistics is not supported.`);
  const range = rangeOf(input.StartTime, input.EndTime, input.Period ?? 0, ctx.now);
  const asked = Math.ceil((range.to - range.from) / range.period);
  if (asked > MAX_STATISTICS) {
    throw new AwsException(
      "InvalidParameterCombinationException",
      `You have requested up to ${asked} datapoints, which exceeds the limit of 1,440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
      { status: 400 },
    );
  }
  const Datapoints = [...collect(ctx, input, range, { unit: input.Unit, spread: !ExtendedStatistics.every(isSimple) })].flatMap(
    ([time, units]) =>
      [...units].map(([unit, samples]) => {
        const simple = Object.fromEntries(Statistics.map((name) => [name, statistic(samples, name)]));
        const extended = ExtendedStatistics.flatMap((name) => {
          const value = statistic(samples, name);
          return value === undefined ? [] : [[name, value]];
        });
        return {
          Timestamp: new Date(time),
          Unit: unit as "None",
          ...simple,
          ...(extended.length === 0 ? {} : { ExtendedStatistics: Object.fromEntries(extended) }),
        };
      }),
  );
  return { Label: input.MetricName, Datapoints };
}
