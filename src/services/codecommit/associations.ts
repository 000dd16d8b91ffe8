import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { pageOf } from "../../aws/paging.ts";
import { limitOf } from "./commits.ts";
import { fault } from "./errors.ts";
import { positionOf } from "./repositories.ts";
import { findRepository } from "./repository.ts";
import { deleteAssociation, insertAssociation, selectAssociated, templatesOf } from "./template-store.ts";
import { emitTemplate, findTemplate } from "./templates.ts";

/** https://docs.aws.amazon.com/codecommit/latest/userguide/limits.html */
const MOST_TEMPLATES = 25;
const MOST_NAMES = 100;

function associate(ctx: Context, templateId: string, repositoryName: string | undefined): string {
  const { id } = findRepository(ctx, repositoryName);
  const templates = templatesOf(ctx, id);
  if (templates.length >= MOST_TEMPLATES && !templates.some((template) => template.id === templateId))
    throw fault(
      "MaximumRuleTemplatesAssociatedWithRepository",
      "The maximum number of approval rule templates for a repository has been exceeded.",
    );
  ctx.run(insertAssociation, { template_id: templateId, repository_id: id });
  return id;
}

function disassociate(ctx: Context, templateId: string, repositoryName: string | undefined): string {
  const { id } = findRepository(ctx, repositoryName);
  ctx.run(deleteAssociation, { template_id: templateId, repository_id: id });
  return id;
}

export function associateApprovalRuleTemplateWithRepository(
  input: Input<"codecommit", "AssociateApprovalRuleTemplateWithRepository">,
  ctx: Context,
): Output<"codecommit", "AssociateApprovalRuleTemplateWithRepository"> {
  return ctx.tx(() => {
    const template = findTemplate(ctx, input.approvalRuleTemplateName);
    const id = associate(ctx, template.id, input.repositoryName);
    emitTemplate(ctx, template, "approvalRuleTemplateAssociatedWithRepository", { [input.repositoryName ?? ""]: id });
    return {};
  });
}

export function disassociateApprovalRuleTemplateFromRepository(
  input: Input<"codecommit", "DisassociateApprovalRuleTemplateFromRepository">,
  ctx: Context,
): Output<"codecommit", "DisassociateApprovalRuleTemplateFromRepository"> {
  return ctx.tx(() => {
    const template = findTemplate(ctx, input.approvalRuleTemplateName);
    const id = disassociate(ctx, template.id, input.repositoryName);
    emitTemplate(ctx, template, "approvalRuleTemplateDisassociatedFromRepository", { [input.repositoryName ?? ""]: id });
    return {};
  });
}

interface BatchInput {
  readonly approvalRuleTemplateName?: string | undefined;
  readonly repositoryNames?: readonly string[] | undefined;
}

/** Does it for each repository by itself: what fails for one is told and stops none of the others. */
function batch(ctx: Context, input: BatchInput, event: string, work: typeof associate) {
  const names = input.repositoryNames ?? [];
  if (names.length === 0) throw fault("RepositoryNamesRequired", "At least one repository name object is required, but was not specified.");
  if (names.length > MOST_NAMES)
    throw fault("MaximumRepositoryNamesExceeded", "The maximum number of allowed repository names was exceeded.");
  const errors: { repositoryName: string; errorCode: string; errorMessage: string }[] = [];
  const done: Record<string, string> = {};
  ctx.tx(() => {
    const template = findTemplate(ctx, input.approvalRuleTemplateName);
    for (const name of names) {
      try {
        done[name] = work(ctx, template.id, name);
      } catch (error) {
        if (!(error instanceof AwsException)) throw error;
        errors.push({ repositoryName: name, errorCode: error.code, errorMessage: error.message });
      }
    }
    emitTemplate(ctx, template, event, done);
  });
  return { names: Object.keys(done), errors };
}

export function batchAssociateApprovalRuleTemplateWithRepositories(
  input: Input<"codecommit", "BatchAssociateApprovalRuleTemplateWithRepositories">,
  ctx: Context,
): Output<"codecommit", "BatchAssociateApprovalRuleTemplateWithRepositories"> {
  const { names, errors } = batch(ctx, input, "batchAssociateApprovalRuleTemplateWithRepositories", associate);
  return { associatedRepositoryNames: names, errors };
}

export function batchDisassociateApprovalRuleTemplateFromRepositories(
  input: Input<"codecommit", "BatchDisassociateApprovalRuleTemplateFromRepositories">,
  ctx: Context,
): Output<"codecommit", "BatchDisassociateApprovalRuleTemplateFromRepositories"> {
  const { names, errors } = batch(ctx, input, "batchDisassociateApprovalRuleTemplateFromRepositories", disassociate);
  return { disassociatedRepositoryNames: names, errors };
}

export function listAssociatedApprovalRuleTemplatesForRepository(
  input: Input<"codecommit", "ListAssociatedApprovalRuleTemplatesForRepository">,
  ctx: Context,
): Output<"codecommit", "ListAssociatedApprovalRuleTemplatesForRepository"> {
  const names = templatesOf(ctx, findRepository(ctx, input.repositoryName).id).map(({ name }) => name);
  const limit = limitOf(input.maxResults);
  const start = positionOf(input.nextToken);
  const { items, nextToken } = pageOf(names.slice(start, start + limit + 1), limit, () => [start + limit]);
  return { approvalRuleTemplateNames: items, ...(nextToken === undefined ? {} : { nextToken }) };
}

export function listRepositoriesForApprovalRuleTemplate(
  input: Input<"codecommit", "ListRepositoriesForApprovalRuleTemplate">,
  ctx: Context,
): Output<"codecommit", "ListRepositoriesForApprovalRuleTemplate"> {
  const names = ctx.all(selectAssociated, { template_id: findTemplate(ctx, input.approvalRuleTemplateName).id }).map(({ name }) => name);
  const limit = limitOf(input.maxResults);
  const start = positionOf(input.nextToken);
  const { items, nextToken } = pageOf(names.slice(start, start + limit + 1), limit, () => [start + limit]);
  return { repositoryNames: items, ...(nextToken === undefined ? {} : { nextToken }) };
}
