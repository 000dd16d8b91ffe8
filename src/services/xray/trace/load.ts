import type { Context } from "../../../aws/context.ts";
import { perCloud } from "../../../aws/per-cloud.ts";
import type { SegmentDocument } from "../segments/document.ts";
import { selectDocuments, selectTrace, type TraceRow } from "../store.ts";
import { modelOf, type TraceModel } from "./model.ts";

const MOST_KEPT = 2_000;

/** Traces that were read lately, the last one last; one that has grown since is read again. */
const recentOf = perCloud(() => new Map<string, TraceModel>());

export function loadTrace(ctx: Context, id: string): TraceModel | undefined {
  const row = ctx.get(selectTrace, { id });
  return row === undefined ? undefined : traceOf(ctx, row);
}

export function traceOf(ctx: Context, row: TraceRow): TraceModel {
  const kept = recentOf(ctx.cloud);
  const key = `${ctx.cloud.store.generation}/${ctx.account}/${ctx.region}/${row.id}`;
  const known = kept.get(key);
  kept.delete(key);
  const documents = known?.revision === row.revision ? undefined : ctx.all(selectDocuments, { trace: row.id });
  const model =
    documents === undefined && known !== undefined
      ? known
      : modelOf(
          row,
          (documents ?? []).map(({ document }) => JSON.parse(document) as SegmentDocument),
        );
  kept.set(key, model);
  if (kept.size > MOST_KEPT) for (const oldest of kept.keys()) if (kept.delete(oldest)) break;
  return model;
}
