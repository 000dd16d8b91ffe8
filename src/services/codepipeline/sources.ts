import type { Context } from "../../aws/context.ts";
import { selectSources } from "./store.ts";

/** A source action of a pipeline as it is defined now. */
export interface SourceAction {
  readonly pipelineName: string;
  readonly actionName: string;
  readonly configuration: Readonly<Record<string, string>>;
}

/** The source actions of one provider in this account and region, e.g. of `CodeCommit`: what a push is compared with. */
export function sourcesOf(ctx: Context, provider: string): SourceAction[] {
  return ctx.all(selectSources, { provider }).map((row) => ({
    pipelineName: row.pipeline,
    actionName: row.action,
    configuration: JSON.parse(row.configuration) as Record<string, string>,
  }));
}
