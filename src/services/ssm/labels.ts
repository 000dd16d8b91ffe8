import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { isLabel } from "./names.ts";
import { emitChange, parameterNotFound, setLabels } from "./parameters.ts";
import { selectLatest, selectVersions, type VersionRow } from "./store.ts";

const MAX_LABELS = 10;
const labelsOf = (row: VersionRow): string[] => JSON.parse(row.labels) as string[];

/** All versions and the one that is meant; the newest when none is named. */
function versionsOf(ctx: Context, name: string, wanted: number | undefined): { readonly rows: VersionRow[]; readonly row: VersionRow } {
  const latest = ctx.get(selectLatest, { name });
  if (latest === undefined) throw parameterNotFound(name);
  const version = wanted ?? latest.version;
  const rows = ctx.all(selectVersions, { name, after: 0, limit: 1_000 });
  const row = rows.find((candidate) => candidate.version === version);
  if (row !== undefined) return { rows, row };
  throw new AwsException(
    "ParameterVersionNotFound",
    `Systems Manager could not find version ${version} of ${name}. Verify the version and try again.`,
  );
}

/** A label that another version has moves to this one. */
export function labelParameterVersion(input: Input<"ssm", "LabelParameterVersion">, ctx: Context): Output<"ssm", "LabelParameterVersion"> {
  return ctx.tx(() => {
    const { rows, row } = versionsOf(ctx, input.Name ?? "", input.ParameterVersion);
    const asked = input.Labels ?? [];
    const InvalidLabels = asked.filter((label) => !isLabel(label));
    const valid = asked.filter(isLabel);
    const labels = [...new Set([...labelsOf(row), ...valid])];
    if (labels.length > MAX_LABELS) {
      throw new AwsException(
        "ParameterVersionLabelLimitExceeded",
        `An error occurred (ParameterVersionLabelLimitExceeded) when calling the LabelParameterVersion operation: A parameter version can have maximum ${MAX_LABELS} labels. Move one or more labels to another version and try again.`,
      );
    }
    for (const other of rows) {
      const rest = labelsOf(other).filter((label) => !valid.includes(label));
      if (other !== row && rest.length < labelsOf(other).length) setLabels(ctx, other, rest);
    }
    setLabels(ctx, row, labels);
    if (valid.length > 0) emitChange(ctx, "LabelParameterVersion", row, { labels: valid });
    return { InvalidLabels, ParameterVersion: row.version };
  });
}

export function unlabelParameterVersion(
  input: Input<"ssm", "UnlabelParameterVersion">,
  ctx: Context,
): Output<"ssm", "UnlabelParameterVersion"> {
  return ctx.tx(() => {
    const { row } = versionsOf(ctx, input.Name ?? "", input.ParameterVersion);
    const has = labelsOf(row);
    const asked = input.Labels ?? [];
    setLabels(
      ctx,
      row,
      has.filter((label) => !asked.includes(label)),
    );
    return {
      RemovedLabels: asked.filter((label) => has.includes(label)),
      InvalidLabels: asked.filter((label) => !has.includes(label)),
    };
  });
}
