import { formatArn } from "../../aws/arn.ts";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import { tagsOfList } from "../../aws/tags.ts";
import { deleteDashboard, selectDashboard, selectDashboards, upsertDashboard } from "./store.ts";

const WIDGETS = ["metric", "text", "log", "alarm", "explorer", "custom"];
type Finding = { readonly DataPath: string; readonly Message: string };

/** Dashboards have no region. */
function dashboardArn(ctx: Context, name: string): string {
  return formatArn({ service: "cloudwatch", region: "", account: ctx.account, resource: `dashboard/${name}` });
}

function refuse(findings: readonly Finding[]): AwsException {
  return new AwsException("DashboardInvalidInputError", "The dashboard data is not valid.", {
    members: { dashboardValidationMessages: findings },
  });
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
function checkBody(body: string): Finding[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw refuse([{ DataPath: "", Message: "The field DashboardBody must be a valid JSON object" }]);
  }
  const widgets = (parsed as { readonly widgets?: unknown } | null)?.widgets;
  if (!Array.isArray(widgets)) throw refuse([{ DataPath: "", Message: "Should have required property 'widgets'" }]);
  if (widgets.length > 500) throw refuse([{ DataPath: "/widgets", Message: "Should NOT have more than 500 items" }]);
  return widgets.flatMap((widget: { readonly type?: unknown; readonly properties?: unknown }, index): Finding[] => {
    const path = `/widgets/${index}`;
    if (typeof widget.type !== "string" || !WIDGETS.includes(widget.type)) {
      throw refuse([{ DataPath: `${path}/type`, Message: "Should be equal to one of the allowed values" }]);
    }
    return widget.properties === undefined ? [{ DataPath: path, Message: "Should have required property 'properties'" }] : [];
  });
}

export function putDashboard(input: Input<"cloudwatch", "PutDashboard">, ctx: Context): Output<"cloudwatch", "PutDashboard"> {
  const { DashboardName: name = "", DashboardBody: body = "" } = input;
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(name))
    throw refuse([{ DataPath: "", Message: "The value for field DashboardName contains invalid characters" }]);
  const DashboardValidationMessages = checkBody(body);
  return ctx.tx(() => {
    const before = ctx.get(selectDashboard, { name });
    ctx.run(upsertDashboard, { name, body, tags: before?.tags ?? JSON.stringify(tagsOfList(input.Tags)), now: ctx.now });
    ctx.claim(name);
    return { DashboardValidationMessages };
  });
}

export function getDashboard(input: Input<"cloudwatch", "GetDashboard">, ctx: Context): Output<"cloudwatch", "GetDashboard"> {
  const name = input.DashboardName ?? "";
  const row = ctx.get(selectDashboard, { name });
  if (row === undefined) throw new AwsException("DashboardNotFoundError", `Dashboard ${name} does not exist`);
  return { DashboardName: name, DashboardBody: row.body, DashboardArn: dashboardArn(ctx, name) };
}

export function listDashboards(input: Input<"cloudwatch", "ListDashboards">, ctx: Context): Output<"cloudwatch", "ListDashboards"> {
  const after = input.NextToken === undefined ? "" : String(decodeToken(input.NextToken)?.[0] ?? "");
  const rows = ctx.all(selectDashboards, { after }).filter(({ name }) => name.startsWith(input.DashboardNamePrefix ?? ""));
  const page = pageOf(rows, 1_000, ({ name }) => [name]);
  const DashboardEntries = page.items.map((row) => ({
    DashboardName: row.name,
    DashboardArn: dashboardArn(ctx, row.name),
    LastModified: new Date(row.modified),
    Size: Buffer.byteLength(row.body),
  }));
  return { DashboardEntries, NextToken: page.nextToken };
}

export function deleteDashboards(input: Input<"cloudwatch", "DeleteDashboards">, ctx: Context): Output<"cloudwatch", "DeleteDashboards"> {
  return ctx.tx(() => {
    const names = input.DashboardNames ?? [];
    const missing = names.find((name) => ctx.get(selectDashboard, { name }) === undefined);
    if (missing !== undefined) throw new AwsException("DashboardNotFoundError", `Dashboard ${missing} does not exist`);
    for (const name of names) ctx.run(deleteDashboard, { name });
    return {};
  });
}
