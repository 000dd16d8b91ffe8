import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { measure } from "./metrics.ts";

type Handler = (input: never, ctx: Context) => unknown;

/** Refusals that AWS does not count as the caller's errors. */
const NO_USER_ERROR: readonly string[] = [
  "ConditionalCheckFailedException",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ThrottlingException",
];
const NS_PER_MS = 1e6;

function succeeded(
  ctx: Context,
  operation: string,
  input: { readonly TableName?: string },
  outcome: { began: number; answer: unknown },
): void {
  const table = (input.TableName ?? "").split("/").at(-1) ?? "";
  if (table === "") return;
  const latency = Math.round((ctx.cloud.clock.measure() - outcome.began) * NS_PER_MS) / NS_PER_MS;
  measure(ctx, { metric: "SuccessfulRequestLatency", table, operation }, latency);
  const { Count: returned } = outcome.answer as { Count?: number };
  if (operation === "Query" || operation === "Scan") measure(ctx, { metric: "ReturnedItemCount", table, operation }, returned ?? 0);
}

function failed(ctx: Context, error: unknown): void {
  if (error instanceof AwsException && (error.status ?? 400) < 500 && !NO_USER_ERROR.includes(error.code)) {
    measure(ctx, { metric: "UserErrors" }, 1);
  }
}

/**
 * Operations on items, with their latency and errors measured.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
 */
export function metered<T extends object>(operations: T): T {
  const wrapped = Object.entries(operations as Record<string, Handler>).map(([name, handler]): [string, Handler] => [
    name,
    (input, ctx) => {
      const began = ctx.cloud.clock.measure();
      try {
        const answer = handler(input, ctx);
        if (!(answer instanceof Promise)) {
          succeeded(ctx, name, input, { began, answer });
          return answer;
        }
        return answer.then(
          (value: unknown) => {
            succeeded(ctx, name, input, { began, answer: value });
            return value;
          },
          (error: unknown) => {
            failed(ctx, error);
            throw error;
          },
        );
      } catch (error) {
        failed(ctx, error);
        throw error;
      }
    },
  ]);
  return Object.fromEntries(wrapped) as T;
}
