import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { ACCOUNT_CONCURRENCY } from "./execution.ts";
import { functionArn, invalid, latest, notFound, refOf } from "./names.ts";
import { type FunctionRow, getFunctionRow, listAllVersions, putFunctionRow, reservedInAll } from "./store.ts";

/** What must stay for functions without a reservation: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html */
const LEAST_UNRESERVED = 100;
const TOTAL_CODE_SIZE = 80_530_636_800;
const CODE_SIZE_UNZIPPED = 262_144_000;
const CODE_SIZE_ZIPPED = 52_428_800;

function rowOf(ctx: Context, text: string | undefined): FunctionRow {
  const { name } = refOf(ctx, text);
  const row = getFunctionRow(ctx, name);
  if (row === undefined) throw notFound(ctx, { name, qualifier: undefined });
  return row;
}

export function putFunctionConcurrency(
  input: Input<"lambda", "PutFunctionConcurrency">,
  ctx: Context,
): Output<"lambda", "PutFunctionConcurrency"> {
  const reserved = input.ReservedConcurrentExecutions ?? 0;
  return ctx.tx(() => {
    const row = rowOf(ctx, input.FunctionName);
    const others = reservedInAll(ctx) - (row.reserved ?? 0);
    if (ACCOUNT_CONCURRENCY - others - reserved < LEAST_UNRESERVED) {
      throw invalid(
        `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${LEAST_UNRESERVED}].`,
      );
    }
    putFunctionRow(ctx, { ...row, reserved });
    ctx.emit({ source: "aws.lambda", type: "Concurrency Changed", resources: [functionArn(ctx, row.name)], detail: { reserved } });
    return { ReservedConcurrentExecutions: reserved };
  });
}

export function getFunctionConcurrency(
  input: Input<"lambda", "GetFunctionConcurrency">,
  ctx: Context,
): Output<"lambda", "GetFunctionConcurrency"> {
  const { reserved } = rowOf(ctx, input.FunctionName);
  return reserved === null ? {} : { ReservedConcurrentExecutions: reserved };
}

export function deleteFunctionConcurrency(
  input: Input<"lambda", "DeleteFunctionConcurrency">,
  ctx: Context,
): Output<"lambda", "DeleteFunctionConcurrency"> {
  return ctx.tx(() => {
    putFunctionRow(ctx, { ...rowOf(ctx, input.FunctionName), reserved: null });
    return {};
  });
}

export function getAccountSettings(_input: Input<"lambda", "GetAccountSettings">, ctx: Context): Output<"lambda", "GetAccountSettings"> {
  const versions = listAllVersions(ctx, "", -1, 1_000_000);
  return {
    AccountLimit: {
      TotalCodeSize: TOTAL_CODE_SIZE,
      CodeSizeUnzipped: CODE_SIZE_UNZIPPED,
      CodeSizeZipped: CODE_SIZE_ZIPPED,
      ConcurrentExecutions: ACCOUNT_CONCURRENCY,
      UnreservedConcurrentExecutions: ACCOUNT_CONCURRENCY - reservedInAll(ctx),
    },
    AccountUsage: {
      TotalCodeSize: versions.reduce((sum, record) => sum + record.code.size, 0),
      FunctionCount: new Set(versions.map((record) => record.name)).size,
    },
  };
}

/** Runtimes here are the machine's own, so there is nothing to pin: `Auto` is what is always the case. */
export function getRuntimeManagementConfig(
  input: Input<"lambda", "GetRuntimeManagementConfig">,
  ctx: Context,
): Output<"lambda", "GetRuntimeManagementConfig"> {
  const { name } = refOf(ctx, input.FunctionName);
  latest(ctx, name);
  return { UpdateRuntimeOn: "Auto", FunctionArn: functionArn(ctx, name, input.Qualifier) };
}
