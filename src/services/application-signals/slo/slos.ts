import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { AwsException, notImplemented } from "../../../aws/exception.ts";
import { decodeToken, pageOf } from "../../../aws/paging.ts";
import { given } from "../../../aws/properties.ts";
import { tagsOfList } from "../../../aws/tags.ts";
import { enable } from "../discovery/enable.ts";
import { isSame, type KeyAttributes } from "../discovery/keys.ts";
import { invalid } from "../errors.ts";
import { countSlos, deletePeriods, deleteSlo, insertSlo, selectSlo, selectSlos, updateSlo } from "../store.ts";
import { checkTags } from "../tags.ts";
import { checkBurnRates, goalOf, indicatorOf } from "./config.ts";
import { getSlo, type KnownSlo, known, type SloBody, shapeOf, sloArn, widthOf } from "./model.ts";
import { refuseNewer } from "./newer.ts";

/** https://docs.aws.amazon.com/general/latest/gr/cwApplicationSignals_region.html#limits_cwApplicationSignals */
const MOST_SLOS = 250;
const MOST_OF_SERVICE = 100;
const PAGE = 50;

function attributesOf({ Sli, RequestBasedSli }: SloBody) {
  return Sli?.SliMetric ?? RequestBasedSli?.RequestBasedSliMetric;
}

function emit(ctx: Context, type: string, name: string): void {
  ctx.emit({ source: "aws.application-signals", type, resources: [sloArn(ctx, name)], detail: { sloName: name } });
}

function checkQuota(ctx: Context, body: SloBody): void {
  const refuseAt = (most: number, what: string): AwsException => {
    const Message = `The limit of ${most} SLOs per ${what} has been reached.`;
    return new AwsException("ServiceQuotaExceededException", Message, { members: { Message } });
  };
  if ((ctx.get(countSlos, {})?.count ?? 0) >= MOST_SLOS) throw refuseAt(MOST_SLOS, "Region");
  const keys = attributesOf(body)?.KeyAttributes as KeyAttributes | undefined;
  if (keys === undefined) return;
  const same = ctx
    .all(selectSlos, { after: "" })
    .filter((row) => isSame((attributesOf(known(row).body)?.KeyAttributes ?? {}) as KeyAttributes, keys));
  if (same.length >= MOST_OF_SERVICE) throw refuseAt(MOST_OF_SERVICE, "service");
}

/** https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_CreateServiceLevelObjective.html */
export async function createServiceLevelObjective(
  input: Input<"application-signals", "CreateServiceLevelObjective">,
  ctx: Context,
): Promise<Output<"application-signals", "CreateServiceLevelObjective">> {
  await refuseNewer(ctx, "CreateServiceLevelObjective");
  const { Name: name = "", Description, BurnRateConfigurations = [] } = input;
  const tags = checkTags(tagsOfList(input.Tags));
  const body: SloBody = {
    ...given({ Description }),
    ...(await indicatorOf(ctx, input)),
    Goal: goalOf(input.Goal),
    BurnRateConfigurations,
  } as SloBody;
  checkBurnRates(body);
  await enable(ctx);
  return ctx.tx(() => {
    if (ctx.get(selectSlo, { name }) !== undefined) {
      const Message = `An SLO with the name ${name} already exists.`;
      throw new AwsException("ConflictException", Message, { members: { Message } });
    }
    checkQuota(ctx, body);
    const times = { created: ctx.now, updated: ctx.now, ...beginning(ctx, body) };
    const stored = { body: JSON.stringify(body), exclusions: "[]", tags: JSON.stringify(tags), status: "INSUFFICIENT_DATA" };
    ctx.run(insertSlo, { name, id: ctx.cloud.ids.uuid(), ...stored, ...times });
    ctx.claim(name);
    emit(ctx, "SLO created", name);
    return { Slo: shapeOf(ctx, getSlo(ctx, name)) };
  });
}

/** It is measured from the period on in which it begins. */
function beginning(ctx: Context, body: SloBody): { readonly since: number; readonly measured: number } {
  const width = widthOf(body);
  const since = Math.floor(ctx.now / width) * width;
  return { since, measured: since };
}

/** https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_GetServiceLevelObjective.html */
export function getServiceLevelObjective(
  input: Input<"application-signals", "GetServiceLevelObjective">,
  ctx: Context,
): Output<"application-signals", "GetServiceLevelObjective"> {
  return { Slo: shapeOf(ctx, getSlo(ctx, input.Id)) };
}

/**
 * Another indicator invalidates all that was measured: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-ServiceLevelObjectives.html#CloudWatch-ServiceLevelObjectives-Edit
 * https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_UpdateServiceLevelObjective.html
 */
export async function updateServiceLevelObjective(
  input: Input<"application-signals", "UpdateServiceLevelObjective">,
  ctx: Context,
): Promise<Output<"application-signals", "UpdateServiceLevelObjective">> {
  await refuseNewer(ctx, "UpdateServiceLevelObjective");
  const before = getSlo(ctx, input.Id);
  const { SliConfig, RequestBasedSliConfig, Description, BurnRateConfigurations, Goal } = input;
  if ((before.body.Sli === undefined ? SliConfig : RequestBasedSliConfig) !== undefined)
    throw invalid("A period-based SLO cannot be changed to a request-based one, nor the other way round.");
  const hasIndicator = SliConfig !== undefined || RequestBasedSliConfig !== undefined;
  const indicator = hasIndicator ? await indicatorOf(ctx, input) : {};
  return ctx.tx(() => {
    const { row, body } = getSlo(ctx, input.Id);
    const next = {
      ...body,
      ...indicator,
      ...given({ Description, BurnRateConfigurations }),
      ...(Goal === undefined ? {} : { Goal: goalOf({ ...body.Goal, ...given(Goal) }) }),
    } as SloBody;
    checkBurnRates(next);
    const isAnew = JSON.stringify([next.Sli, next.RequestBasedSli]) !== JSON.stringify([body.Sli, body.RequestBasedSli]);
    if (isAnew) ctx.run(deletePeriods, { slo: row.id, before: Number.MAX_SAFE_INTEGER });
    const begun = isAnew ? { id: ctx.cloud.ids.uuid(), ...beginning(ctx, next) } : { id: row.id, since: row.since, measured: row.measured };
    ctx.run(updateSlo, { name: row.name, body: JSON.stringify(next), updated: ctx.now, ...begun });
    emit(ctx, "SLO updated", row.name);
    return { Slo: shapeOf(ctx, getSlo(ctx, row.name)) };
  });
}

/** https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_DeleteServiceLevelObjective.html */
export function deleteServiceLevelObjective(
  input: Input<"application-signals", "DeleteServiceLevelObjective">,
  ctx: Context,
): Output<"application-signals", "DeleteServiceLevelObjective"> {
  return ctx.tx(() => {
    const { row } = getSlo(ctx, input.Id);
    ctx.run(deletePeriods, { slo: row.id, before: Number.MAX_SAFE_INTEGER });
    ctx.run(deleteSlo, { name: row.name });
    emit(ctx, "SLO deleted", row.name);
    return {};
  });
}

/** https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_ListServiceLevelObjectives.html */
export function listServiceLevelObjectives(
  input: Input<"application-signals", "ListServiceLevelObjectives">,
  ctx: Context,
): Output<"application-signals", "ListServiceLevelObjectives"> {
  if (input.SloOwnerAwsAccountId !== undefined)
    throw notImplemented("application-signals", "ListServiceLevelObjectives", "SloOwnerAwsAccountId");
  if (input.IncludeLinkedAccounts === true)
    throw notImplemented("application-signals", "ListServiceLevelObjectives", "IncludeLinkedAccounts");
  const after = input.NextToken === undefined ? "" : decodeToken(input.NextToken)?.[0];
  if (typeof after !== "string") throw invalid("The NextToken is not valid.");
  const rows = ctx.all(selectSlos, { after }).map(known).filter(wanted(input));
  const { items, nextToken } = pageOf(rows, input.MaxResults ?? PAGE, ({ row }) => [row.name]);
  return { SloSummaries: items.map((slo) => summaryOf(ctx, slo)), ...(nextToken === undefined ? {} : { NextToken: nextToken }) };
}

function wanted(input: Input<"application-signals", "ListServiceLevelObjectives">): (slo: KnownSlo) => boolean {
  const { KeyAttributes, OperationName, DependencyConfig, MetricSourceTypes } = input;
  return ({ body }) => {
    const about = attributesOf(body);
    const source = body.MetricSourceType;
    if (OperationName !== undefined && about?.OperationName !== OperationName) return false;
    if (KeyAttributes !== undefined && !isSame((about?.KeyAttributes ?? {}) as KeyAttributes, KeyAttributes)) return false;
    if (MetricSourceTypes !== undefined && (source === undefined || !MetricSourceTypes.includes(source))) return false;
    if (DependencyConfig === undefined) return true;
    const { DependencyKeyAttributes = {}, DependencyOperationName } = about?.DependencyConfig ?? {};
    return (
      DependencyOperationName === DependencyConfig.DependencyOperationName &&
      isSame(DependencyKeyAttributes, DependencyConfig.DependencyKeyAttributes ?? {})
    );
  };
}

function summaryOf(ctx: Context, { row, body }: KnownSlo) {
  const { KeyAttributes, OperationName, DependencyConfig } = attributesOf(body) ?? {};
  const { EvaluationType, MetricSourceType } = body;
  return {
    Arn: sloArn(ctx, row.name),
    Name: row.name,
    CreatedTime: new Date(row.created),
    ...given({ KeyAttributes, OperationName, DependencyConfig, EvaluationType, MetricSourceType }),
  };
}
