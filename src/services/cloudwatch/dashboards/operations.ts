import { formatArn } from "../../../aws/arn.ts";
import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import { decodeToken, pageOf } from "../../../aws/paging.ts";
import { tagsOfList } from "../../../aws/tags.ts";
import { deleteDashboard, selectDashboard, selectDashboards, upsertDashboard } from "../store.ts";
import { checkBody } from "./body.ts";
import type { Finding } from "./schema.ts";

const NAME = /^[A-Za-z0-9_-]{1,255}$/;

/** Dashboards have no region. */
function dashboardArn(ctx: Context, name: string): string {
  return formatArn({ service: "cloudwatch", region: "", account: ctx.account, resource: `dashboard/${name}` });
}

const messagesOf = (findings: readonly Finding[]) => findings.map(({ path, message }) => ({ DataPath: path, Message: message }));

/** The answer as AWS words it: a count and the findings as JSON. */
function refuse(findings: readonly Finding[]): AwsException {
  const shown = findings.map(({ path, message }) => ({ dataPath: path, message }));
  const text = `The dashboard body is invalid, there are ${findings.length} validation errors:\n${JSON.stringify(shown, null, 2)}`;
  return new AwsException("DashboardInvalidInputError", text, { members: { dashboardValidationMessages: messagesOf(findings) } });
}

export function putDashboard(input: Input<"cloudwatch", "PutDashboard">, ctx: Context): Output<"cloudwatch", "PutDashboard"> {
  const { DashboardName: name = "", DashboardBody: body = "" } = input;
  if (!NAME.test(name))
    throw new AwsException(
      "DashboardInvalidInputError",
      `The value ${name} for field DashboardName is invalid. It must match ${NAME.source}.`,
    );
  const { errors, warnings } = checkBody(body);
  if (errors.length > 0) throw refuse(errors);
  const DashboardValidationMessages = messagesOf(warnings);
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
