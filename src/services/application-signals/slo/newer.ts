import type { Context } from "../../../aws/context.ts";
import { notImplemented } from "../../../aws/exception.ts";

/** Members that change what an SLO is, and that newer clients send: the schema of the package does not have them. */
const NEWER = ["AutoInvestigationEnabled", "CompositeSliConfig", "CreateRecommendedSlo", "MetricSource"];

/** @throws AwsException NotImplemented, so that they are not left out silently */
export async function refuseNewer(ctx: Context, operation: string): Promise<void> {
  if (ctx.request?.operation !== `application-signals:${operation}`) return;
  const body: unknown = JSON.parse(Buffer.from(await ctx.request.payload()).toString("utf8") || "{}");
  const found = NEWER.find((member) => isGiven(body, member));
  if (found !== undefined) throw notImplemented("application-signals", operation, found);
}

function isGiven(value: unknown, member: string): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, inner]) => (key === member ? inner !== false && inner !== null : isGiven(inner, member)));
}
