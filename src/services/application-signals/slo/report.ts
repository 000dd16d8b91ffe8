import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { measure } from "./measure.ts";
import { findSlo, type KnownSlo, sloArn, sloName } from "./model.ts";
import { budgetAt } from "./standing.ts";

type Report = NonNullable<Output<"application-signals", "BatchGetServiceLevelObjectiveBudgetReport">["Reports"]>[number];

/** https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_BatchGetServiceLevelObjectiveBudgetReport.html */
export async function batchGetBudgetReport(
  input: Input<"application-signals", "BatchGetServiceLevelObjectiveBudgetReport">,
  ctx: Context,
): Promise<Output<"application-signals", "BatchGetServiceLevelObjectiveBudgetReport">> {
  const Timestamp = input.Timestamp ?? new Date(ctx.now);
  const Reports: Report[] = [];
  const Errors = [];
  for (const id of input.SloIds ?? []) {
    const slo = findSlo(ctx, id);
    if (slo === undefined) {
      const Name = sloName(ctx, id) ?? id;
      Errors.push({ Name, Arn: sloArn(ctx, Name), ErrorCode: "ResourceNotFoundException", ErrorMessage: `SLO ${id} does not exist.` });
      continue;
    }
    await measure(ctx, slo);
    Reports.push(reportOf(ctx, slo, Math.min(Timestamp.getTime(), ctx.now)));
  }
  return { Timestamp, Reports, Errors };
}

function reportOf(ctx: Context, slo: KnownSlo, at: number): Report {
  const { row, body } = slo;
  const { status, attainment, total, remaining } = budgetAt(ctx, slo, at);
  const whole = { total: Math.floor(total), remaining: Math.floor(remaining) };
  return {
    Arn: sloArn(ctx, row.name),
    Name: row.name,
    EvaluationType: body.EvaluationType,
    BudgetStatus: status,
    ...(attainment === undefined ? {} : { Attainment: attainment }),
    ...(body.Sli === undefined
      ? { TotalBudgetRequests: whole.total, BudgetRequestsRemaining: whole.remaining, RequestBasedSli: body.RequestBasedSli }
      : { TotalBudgetSeconds: whole.total, BudgetSecondsRemaining: whole.remaining, Sli: body.Sli }),
    Goal: body.Goal,
  };
}
