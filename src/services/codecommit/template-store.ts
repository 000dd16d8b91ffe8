import type { Context } from "../../aws/context.ts";
import { statement } from "../../kernel/store.ts";

export interface TemplateRow {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly content: string;
  readonly created: number;
  readonly modified: number;
  readonly modified_by: string;
}

const SCOPE = "account = :account AND region = :region";

export const insertTemplate = statement<{ [K in keyof TemplateRow]: TemplateRow[K] }>(
  `INSERT INTO codecommit_templates (account, region, id, name, description, content, created, modified, modified_by)
   VALUES (:account, :region, :id, :name, :description, :content, :created, :modified, :modified_by)`,
);
export const selectTemplate = statement<{ name: string }, TemplateRow>(
  `SELECT * FROM codecommit_templates WHERE ${SCOPE} AND name = :name`,
);
export const selectTemplates = statement<Record<never, never>, TemplateRow>(
  `SELECT * FROM codecommit_templates WHERE ${SCOPE} ORDER BY name`,
);
export const updateTemplate = statement<{ [K in keyof TemplateRow]: TemplateRow[K] }>(
  `UPDATE codecommit_templates SET name = :name, description = :description, content = :content, modified = :modified,
   modified_by = :modified_by WHERE ${SCOPE} AND id = :id`,
);
export const deleteTemplate = statement<{ id: string }>(`DELETE FROM codecommit_templates WHERE ${SCOPE} AND id = :id`);

export const insertAssociation = statement<{ template_id: string; repository_id: string }>(
  `INSERT OR IGNORE INTO codecommit_associations (account, region, template_id, repository_id)
   VALUES (:account, :region, :template_id, :repository_id)`,
);
export const deleteAssociation = statement<{ template_id: string; repository_id: string }>(
  `DELETE FROM codecommit_associations WHERE ${SCOPE} AND template_id = :template_id AND repository_id = :repository_id`,
);
/** Repositories that are there still. */
export const selectAssociated = statement<{ template_id: string }, { name: string; id: string }>(
  `SELECT r.name, r.id FROM codecommit_associations a JOIN codecommit_repositories r ON r.id = a.repository_id
   WHERE a.account = :account AND a.region = :region AND a.template_id = :template_id ORDER BY r.name`,
);
const selectTemplatesOf = statement<{ repository_id: string }, TemplateRow>(
  `SELECT t.* FROM codecommit_associations a JOIN codecommit_templates t ON t.account = a.account AND t.region = a.region AND t.id = a.template_id
   WHERE a.account = :account AND a.region = :region AND a.repository_id = :repository_id ORDER BY t.name`,
);

/** The templates that a repository is associated with. */
export function templatesOf(ctx: Context, repositoryId: string): TemplateRow[] {
  return ctx.all(selectTemplatesOf, { repository_id: repositoryId });
}
