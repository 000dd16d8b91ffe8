import type { Context } from "../../../aws/context.ts";
import type { RequiredPermission } from "../../../aws/service.ts";
import { policyOf } from "../policies/shared.ts";
import { groupArn } from "./groups.ts";
import { groupArnOf } from "./reports.ts";

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodebuild.html: reports are asked by their group. */
const onGroups =
  (action: string) =>
  (arns: readonly (string | undefined)[], ctx: Context): RequiredPermission[] =>
    [...new Set(arns.map((arn) => groupArnOf(arn ?? "")))].map((resource) => ({
      action: `codebuild:${action}`,
      resource,
      policy: policyOf(ctx, resource),
    }));

interface OfArn {
  readonly arn: string | undefined;
}
interface OfGroup {
  readonly reportGroupArn: string | undefined;
}
interface OfReport {
  readonly reportArn: string | undefined;
}

export const reportPermissions = {
  CreateReportGroup: ({ name }: { readonly name: string | undefined }, ctx: Context) =>
    onGroups("CreateReportGroup")([groupArn(ctx, name ?? "")], ctx),
  UpdateReportGroup: ({ arn }: OfArn, ctx: Context) => onGroups("UpdateReportGroup")([arn], ctx),
  DeleteReportGroup: ({ arn }: OfArn, ctx: Context) => onGroups("DeleteReportGroup")([arn], ctx),
  DeleteReport: ({ arn }: OfArn, ctx: Context) => onGroups("DeleteReport")([arn], ctx),
  BatchGetReportGroups: ({ reportGroupArns }: { readonly reportGroupArns: readonly string[] | undefined }, ctx: Context) =>
    onGroups("BatchGetReportGroups")(reportGroupArns ?? [], ctx),
  BatchGetReports: ({ reportArns }: { readonly reportArns: readonly string[] | undefined }, ctx: Context) =>
    onGroups("BatchGetReports")(reportArns ?? [], ctx),
  ListReportsForReportGroup: ({ reportGroupArn }: OfGroup, ctx: Context) => onGroups("ListReportsForReportGroup")([reportGroupArn], ctx),
  GetReportGroupTrend: ({ reportGroupArn }: OfGroup, ctx: Context) => onGroups("GetReportGroupTrend")([reportGroupArn], ctx),
  DescribeTestCases: ({ reportArn }: OfReport, ctx: Context) => onGroups("DescribeTestCases")([reportArn], ctx),
  DescribeCodeCoverages: ({ reportArn }: OfReport, ctx: Context) => onGroups("DescribeCodeCoverages")([reportArn], ctx),
};
