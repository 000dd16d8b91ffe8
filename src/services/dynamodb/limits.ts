import type { Operations } from "../../aws/service.ts";

/** The default quotas of us-east-1: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html */
const ACCOUNT_UNITS = 80_000;
const TABLE_UNITS = 40_000;
const CACHE_MINUTES = 1_440;

export const limitOperations: Operations<"dynamodb"> = {
  DescribeLimits: () => ({
    AccountMaxReadCapacityUnits: ACCOUNT_UNITS,
    AccountMaxWriteCapacityUnits: ACCOUNT_UNITS,
    TableMaxReadCapacityUnits: TABLE_UNITS,
    TableMaxWriteCapacityUnits: TABLE_UNITS,
  }),
  DescribeEndpoints: (_input, ctx) => {
    const address = ctx.request?.host ?? new URL(ctx.cloud.endpoint).host;
    return { Endpoints: [{ Address: address, CachePeriodInMinutes: CACHE_MINUTES }] };
  },
};
