import type { CreateReportGroupInput, ReportExportConfig, ReportType } from "@aws-sdk/client-codebuild";
import type { ResourceRequest, ResourceState, ResourceType } from "../../../aws/resource.ts";
import { resourceTags } from "../../../aws/tags.ts";

function settingsOf(request: ResourceRequest): Pick<CreateReportGroupInput, "exportConfig" | "tags"> {
  const config = (request.properties["ExportConfig"] ?? {}) as Record<string, unknown>;
  const s3 = config["S3Destination"] as Record<string, unknown> | undefined;
  const lower = (members: Record<string, unknown>): object =>
    Object.fromEntries(
      Object.entries(members).map(([name, value]) => [
        `${name.charAt(0).toLowerCase()}${name.slice(1)}`,
        name === "EncryptionDisabled" ? String(value) === "true" : value,
      ]),
    );
  return {
    exportConfig: {
      exportConfigType: String(config["ExportConfigType"] ?? "NO_EXPORT") as NonNullable<ReportExportConfig["exportConfigType"]>,
      ...(s3 === undefined ? {} : { s3Destination: lower(s3) }),
    },
    tags: Object.entries(resourceTags(request)).map(([key, value]) => ({ key, value })),
  };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codebuild-reportgroup.html */
export const reportGroup: ResourceType = {
  async create(ctx, request) {
    const made = ctx.claimed();
    if (made !== undefined) return stateOf(made);
    const name = request.properties["Name"] === undefined ? request.generatedName(128) : String(request.properties["Name"]);
    const type = String(request.properties["Type"]) as ReportType;
    const { reportGroup: group } = await ctx.call("codebuild", "CreateReportGroup", { name, type, ...settingsOf(request) });
    return stateOf(group?.arn ?? "");
  },
  async update(ctx, request) {
    await ctx.call("codebuild", "UpdateReportGroup", { arn: request.physicalId, ...settingsOf(request) });
    return stateOf(request.physicalId);
  },
  async delete(ctx, { physicalId, properties }) {
    const deleteReports = String(properties["DeleteReports"] ?? "false") === "true";
    await ctx.call("codebuild", "DeleteReportGroup", { arn: physicalId, deleteReports });
    return undefined;
  },
};

function stateOf(arn: string): ResourceState {
  return { physicalId: arn, attributes: { Arn: arn } };
}
