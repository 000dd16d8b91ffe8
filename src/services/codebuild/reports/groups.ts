import type { ReportExportConfig, ReportGroup, ReportType } from "@aws-sdk/client-codebuild";
import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { AwsException, notImplemented } from "../../../aws/exception.ts";
import { decodeToken, pageOf } from "../../../aws/paging.ts";
import { invalid } from "../failures.ts";
import { forgetPolicy, homeOf } from "../policies/shared.ts";
import { type GroupRow, groups, reports } from "./store.ts";

export const PAGE = 100;

export const groupArn = (ctx: Context, name: string): string => ctx.arn("codebuild", `report-group/${name}`);

const notFound = (arn: string): AwsException => new AwsException("ResourceNotFoundException", `Report group not found: ${arn}`);

/** @throws AwsException ResourceNotFoundException */
export function findGroup(ctx: Context, arn: string | undefined): GroupRow {
  const row = ctx.get(groups.get, { arn: arn ?? "" });
  if (row === undefined) throw notFound(arn ?? "");
  return row;
}

/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateReportGroup.html */
function createReportGroup(input: Input<"codebuild", "CreateReportGroup">, ctx: Context): Output<"codebuild", "CreateReportGroup"> {
  const name = input.name ?? "";
  if (input.type !== "TEST" && input.type !== "CODE_COVERAGE") throw invalid(`Invalid report group type: ${String(input.type)}`);
  const exportConfig = checkExport(input.exportConfig);
  return ctx.tx(() => {
    const arn = groupArn(ctx, name);
    if (ctx.get(groups.get, { arn }) !== undefined)
      throw new AwsException("ResourceAlreadyExistsException", `Report group already exists: ${arn}`);
    return { reportGroup: shown(makeGroup(ctx, name, { type: input.type ?? "TEST", exportConfig, tags: tagsOf(input.tags) })) };
  });
}

/** Inside a transaction. */
export function makeGroup(
  ctx: Context,
  name: string,
  { type, exportConfig, tags }: { type: ReportType; exportConfig: ReportExportConfig; tags: Readonly<Record<string, string>> },
): GroupRow {
  const arn = groupArn(ctx, name);
  ctx.run(groups.insert, { arn, name, type, created: ctx.now, exportConfig: JSON.stringify(exportConfig), tags: JSON.stringify(tags) });
  ctx.claim(arn);
  ctx.emit({ source: "aws.codebuild", type: "Report Group Created", resources: [arn], detail: { type } });
  return findGroup(ctx, arn);
}

function updateReportGroup(input: Input<"codebuild", "UpdateReportGroup">, ctx: Context): Output<"codebuild", "UpdateReportGroup"> {
  return ctx.tx(() => {
    const row = findGroup(ctx, input.arn);
    const exportConfig = input.exportConfig === undefined ? row.export_config : JSON.stringify(checkExport(input.exportConfig));
    const tags = input.tags === undefined ? row.tags : JSON.stringify(tagsOf(input.tags));
    ctx.run(groups.update, { arn: row.arn, modified: ctx.now, exportConfig, tags });
    return { reportGroup: shown(findGroup(ctx, row.arn)) };
  });
}

/** Reports of a group must go first, unless they are to go with it. */
function deleteReportGroup(input: Input<"codebuild", "DeleteReportGroup">, ctx: Context): Output<"codebuild", "DeleteReportGroup"> {
  return ctx.tx(() => {
    const arn = input.arn ?? "";
    if (ctx.get(groups.get, { arn }) === undefined) return {};
    if (input.deleteReports === true) ctx.run(reports.removeOfGroup, { groupArn: arn });
    else if (ctx.all(reports.latest, { groupArn: arn, limit: 1 }).length > 0)
      throw invalid("Report group cannot be deleted because it contains reports. Delete its reports first, or set deleteReports.");
    ctx.run(groups.remove, { arn });
    forgetPolicy(ctx, arn);
    ctx.emit({ source: "aws.codebuild", type: "Report Group Deleted", resources: [arn], detail: {} });
    return {};
  });
}

function batchGetReportGroups(
  input: Input<"codebuild", "BatchGetReportGroups">,
  ctx: Context,
): Output<"codebuild", "BatchGetReportGroups"> {
  const arns = input.reportGroupArns ?? [];
  const found = arns.flatMap((arn) => homeOf(ctx, arn, "BatchGetReportGroups")?.get(groups.get, { arn }) ?? []);
  return { reportGroups: found.map(shown), reportGroupsNotFound: arns.filter((arn) => !found.some((row) => row.arn === arn)) };
}

function listReportGroups(input: Input<"codebuild", "ListReportGroups">, ctx: Context): Output<"codebuild", "ListReportGroups"> {
  const keyOf = { NAME: "name", CREATED_TIME: "created", LAST_MODIFIED_TIME: "modified" } as const;
  const key = keyOf[input.sortBy ?? "NAME"];
  const sign = input.sortOrder === "DESCENDING" ? -1 : 1;
  const rows = ctx.all(groups.all, {}).sort((a, b) => sign * (a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : 0));
  const after = offsetOf(input.nextToken);
  const limit = input.maxResults ?? PAGE;
  const { items, nextToken } = pageOf(rows.slice(after, after + limit + 1), limit, () => [after + limit]);
  return { reportGroups: items.map(({ arn }) => arn), ...(nextToken === undefined ? {} : { nextToken }) };
}

/** Lists that are sorted by what changes are paged by position. @throws AwsException InvalidInputException */
export function offsetOf(token: string | undefined): number {
  if (token === undefined) return 0;
  const [offset] = decodeToken(token) ?? [];
  if (typeof offset !== "number") throw invalid("Invalid nextToken");
  return offset;
}

function checkExport(config: ReportExportConfig | undefined): ReportExportConfig {
  if (config === undefined || config.exportConfigType === undefined || config.exportConfigType === "NO_EXPORT")
    return { exportConfigType: "NO_EXPORT" };
  if (config.s3Destination?.bucket === undefined) throw invalid("Invalid export config: s3Destination is required for the type S3");
  if (config.s3Destination.bucketOwner !== undefined)
    throw notImplemented("codebuild", "CreateReportGroup", "exportConfig.s3Destination.bucketOwner");
  if (config.s3Destination.packaging === "ZIP")
    throw notImplemented("codebuild", "CreateReportGroup", "exportConfig.s3Destination.packaging ZIP");
  return config;
}

function tagsOf(tags: Input<"codebuild", "CreateReportGroup">["tags"]): Record<string, string> {
  return Object.fromEntries((tags ?? []).map(({ key = "", value = "" }) => [key, value]));
}

export function shown(row: GroupRow): ReportGroup {
  const tags = Object.entries(JSON.parse(row.tags) as Record<string, string>).map(([key, value]) => ({ key, value }));
  return {
    arn: row.arn,
    name: row.name,
    type: row.type as ReportType,
    exportConfig: JSON.parse(row.export_config) as ReportExportConfig,
    created: new Date(row.created),
    lastModified: new Date(row.modified),
    tags,
    status: "ACTIVE",
  };
}

export const groupOperations = {
  CreateReportGroup: createReportGroup,
  UpdateReportGroup: updateReportGroup,
  DeleteReportGroup: deleteReportGroup,
  BatchGetReportGroups: batchGetReportGroups,
  ListReportGroups: listReportGroups,
};
