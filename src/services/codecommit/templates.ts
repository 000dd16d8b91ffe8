import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { pageOf } from "../../aws/paging.ts";
import { checkRule, sha256 } from "./approval-rules.ts";
import { limitOf } from "./commits.ts";
import { fault } from "./errors.ts";
import { dateText } from "./pull-request-record.ts";
import { positionOf } from "./repositories.ts";
import {
  deleteTemplate,
  insertTemplate,
  selectAssociated,
  selectTemplate,
  selectTemplates,
  type TemplateRow,
  updateTemplate,
} from "./template-store.ts";

const INVALID = "InvalidApprovalRuleTemplateContent";

/** @throws ApprovalRuleTemplateDoesNotExistException */
export function findTemplate(ctx: Context, name: string | undefined): TemplateRow {
  const row = ctx.get(selectTemplate, { name: name ?? "" });
  if (row === undefined)
    throw fault("ApprovalRuleTemplateDoesNotExist", `The specified approval rule template does not exist: ${name ?? ""}`);
  return row;
}

function shape(row: TemplateRow) {
  return {
    approvalRuleTemplateId: row.id,
    approvalRuleTemplateName: row.name,
    ...(row.description === null ? {} : { approvalRuleTemplateDescription: row.description }),
    approvalRuleTemplateContent: row.content,
    ruleContentSha256: sha256(row.content),
    lastModifiedDate: new Date(row.modified),
    creationDate: new Date(row.created),
    lastModifiedUser: row.modified_by,
  };
}

/** https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html#approvalRuleTemplateCreated */
export function emitTemplate(ctx: Context, row: TemplateRow, event: string, repositories: Readonly<Record<string, string>> = {}): void {
  ctx.emit({
    source: "aws.codecommit",
    type: "CodeCommit Approval Rule Template Change",
    resources: Object.keys(repositories).map((name) => ctx.arn("codecommit", name)),
    detail: {
      approvalRuleTemplateContentSha256: sha256(row.content),
      approvalRuleTemplateId: row.id,
      approvalRuleTemplateName: row.name,
      callerUserArn: ctx.principal.arn,
      creationDate: dateText(row.created),
      event,
      lastModifiedDate: dateText(row.modified),
      notificationBody: `A approval rule template event occurred in the following AWS CodeCommit account: ${ctx.account}. User: ${ctx.principal.arn}. Additional information: ${event}: ${row.name}.`,
      repositories,
    },
    bus: true,
  });
}

export function createApprovalRuleTemplate(
  input: Input<"codecommit", "CreateApprovalRuleTemplate">,
  ctx: Context,
): Output<"codecommit", "CreateApprovalRuleTemplate"> {
  const name = input.approvalRuleTemplateName ?? "";
  const content = checkRule(input.approvalRuleTemplateContent, INVALID);
  return ctx.tx(() => {
    if (ctx.get(selectTemplate, { name }) !== undefined)
      throw fault("ApprovalRuleTemplateNameAlreadyExists", `An approval rule template named ${name} exists already.`);
    const row: TemplateRow = {
      id: ctx.cloud.ids.uuid(),
      name,
      description: input.approvalRuleTemplateDescription ?? null,
      content,
      created: ctx.now,
      modified: ctx.now,
      modified_by: ctx.principal.arn,
    };
    ctx.run(insertTemplate, { ...row });
    ctx.claim(name);
    emitTemplate(ctx, row, "approvalRuleTemplateCreated");
    return { approvalRuleTemplate: shape(row) };
  });
}

export function getApprovalRuleTemplate(
  input: Input<"codecommit", "GetApprovalRuleTemplate">,
  ctx: Context,
): Output<"codecommit", "GetApprovalRuleTemplate"> {
  return { approvalRuleTemplate: shape(findTemplate(ctx, input.approvalRuleTemplateName)) };
}

export function listApprovalRuleTemplates(
  input: Input<"codecommit", "ListApprovalRuleTemplates">,
  ctx: Context,
): Output<"codecommit", "ListApprovalRuleTemplates"> {
  const limit = limitOf(input.maxResults);
  const start = positionOf(input.nextToken);
  const names = ctx.all(selectTemplates, {}).map(({ name }) => name);
  const { items, nextToken } = pageOf(names.slice(start, start + limit + 1), limit, () => [start + limit]);
  return { approvalRuleTemplateNames: items, ...(nextToken === undefined ? {} : { nextToken }) };
}

export function deleteApprovalRuleTemplate(
  input: Input<"codecommit", "DeleteApprovalRuleTemplate">,
  ctx: Context,
): Output<"codecommit", "DeleteApprovalRuleTemplate"> {
  return ctx.tx(() => {
    const row = ctx.get(selectTemplate, { name: input.approvalRuleTemplateName ?? "" });
    // "If the approval rule template has been previously deleted, the only response is a 200 OK."
    if (row === undefined) return { approvalRuleTemplateId: "" };
    if (ctx.all(selectAssociated, { template_id: row.id }).length > 0)
      throw fault(
        "ApprovalRuleTemplateInUse",
        "The approval rule template is associated with one or more repositories. You cannot delete it.",
      );
    ctx.run(deleteTemplate, { id: row.id });
    emitTemplate(ctx, row, "approvalRuleTemplateDeleted");
    return { approvalRuleTemplateId: row.id };
  });
}

function change(ctx: Context, name: string | undefined, changes: (row: TemplateRow) => Partial<TemplateRow>) {
  return ctx.tx(() => {
    const row = findTemplate(ctx, name);
    const next = { ...row, ...changes(row), modified: ctx.now, modified_by: ctx.principal.arn };
    ctx.run(updateTemplate, { ...next });
    emitTemplate(ctx, next, "approvalRuleTemplateUpdated");
    return { approvalRuleTemplate: shape(next) };
  });
}

export function updateApprovalRuleTemplateContent(
  input: Input<"codecommit", "UpdateApprovalRuleTemplateContent">,
  ctx: Context,
): Output<"codecommit", "UpdateApprovalRuleTemplateContent"> {
  const content = checkRule(input.newRuleContent, INVALID);
  return change(ctx, input.approvalRuleTemplateName, (row) => {
    if (input.existingRuleContentSha256 !== undefined && input.existingRuleContentSha256 !== sha256(row.content))
      throw fault("InvalidRuleContentSha256", "The SHA-256 hash signature for the rule content is not valid.");
    return { content };
  });
}

export function updateApprovalRuleTemplateDescription(
  input: Input<"codecommit", "UpdateApprovalRuleTemplateDescription">,
  ctx: Context,
): Output<"codecommit", "UpdateApprovalRuleTemplateDescription"> {
  return change(ctx, input.approvalRuleTemplateName, () => ({ description: input.approvalRuleTemplateDescription ?? null }));
}

export function updateApprovalRuleTemplateName(
  input: Input<"codecommit", "UpdateApprovalRuleTemplateName">,
  ctx: Context,
): Output<"codecommit", "UpdateApprovalRuleTemplateName"> {
  const name = input.newApprovalRuleTemplateName ?? "";
  return change(ctx, input.oldApprovalRuleTemplateName, () => {
    if (ctx.get(selectTemplate, { name }) !== undefined)
      throw fault("ApprovalRuleTemplateNameAlreadyExists", `An approval rule template named ${name} exists already.`);
    return { name };
  });
}
