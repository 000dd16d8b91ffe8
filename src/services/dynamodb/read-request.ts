import { invalidValues, validation } from "./errors.ts";
import { Bindings, type Placeholders } from "./expressions/bindings.ts";
import * as cache from "./expressions/cache.ts";
import { checkCondition } from "./expressions/check-condition.ts";
import { checkOverlaps } from "./expressions/paths.ts";
import type { PathPart } from "./expressions/syntax.ts";
import { refuseMixed } from "./legacy.ts";
import type { Index, Table } from "./table.ts";
import type { BoundCondition } from "./write-request.ts";

interface ProjectionMembers extends Placeholders {
  readonly ProjectionExpression?: string | undefined;
  readonly AttributesToGet?: string[] | undefined;
}
interface ReadMembers extends ProjectionMembers {
  readonly FilterExpression?: string | undefined;
  readonly KeyConditionExpression?: string | undefined;
}

export interface BoundRead {
  /** Undefined for all there is. */
  readonly paths: readonly PathPart[][] | undefined;
  readonly filter: BoundCondition | undefined;
  readonly keys: BoundCondition | undefined;
}

const LEGACY = ["AttributesToGet", "QueryFilter", "ScanFilter", "KeyConditions", "ConditionalOperator"];
const EXPRESSIONS = ["ProjectionExpression", "FilterExpression", "KeyConditionExpression"];

/** The paths that a get asks for. @throws AwsException ValidationException */
export function boundProjection(request: ProjectionMembers): readonly PathPart[][] | undefined {
  if (
    request.ProjectionExpression === undefined &&
    request.ExpressionAttributeNames === undefined &&
    request.AttributesToGet === undefined
  ) {
    return undefined;
  }
  return boundRead(request).paths;
}

/** All expressions of a read with their values. @throws AwsException ValidationException */
export function boundRead(request: ReadMembers): BoundRead {
  refuseMixed(request, LEGACY, EXPRESSIONS);
  const { ProjectionExpression: fields, FilterExpression: filterText, KeyConditionExpression: keyText } = request;
  const some = fields !== undefined || filterText !== undefined || keyText !== undefined;
  const bindings = new Bindings(request, some, "FilterExpression and KeyConditionExpression are null");
  const projection = fields === undefined ? undefined : cache.projection(fields);
  const filter = filterText === undefined ? undefined : cache.condition("FilterExpression", filterText);
  const keys = keyText === undefined ? undefined : cache.condition("KeyConditionExpression", keyText);
  if (keys !== undefined) bindings.use("KeyConditionExpression", keys);
  if (filter !== undefined) bindings.use("FilterExpression", filter);
  if (projection !== undefined) bindings.use("ProjectionExpression", projection);
  bindings.checkUnused();
  if (keys !== undefined) checkCondition("KeyConditionExpression", keys.root, bindings);
  if (filter !== undefined) checkCondition("FilterExpression", filter.root, bindings);
  const paths = projection?.paths.map((path) => bindings.path(path));
  if (paths !== undefined) checkOverlaps("ProjectionExpression", paths);
  return {
    paths: paths ?? attributesToGet(request.AttributesToGet),
    filter: filter === undefined ? undefined : { root: filter.root, bindings },
    keys: keys === undefined ? undefined : { root: keys.root, bindings },
  };
}

function attributesToGet(names: string[] | undefined): PathPart[][] | undefined {
  const twice = names?.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw invalidValues(`Duplicate value in attribute name: ${twice}`);
  return names?.map((name) => [name]);
}

/** What a query or scan answers with. */
export type Selection = "count" | "projected" | "whole";

/**
 * What `Select` and the projection mean together.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html#DDB-Query-request-Select
 * @throws AwsException ValidationException
 */
export function selectionOf(
  request: { readonly Select?: string | undefined; readonly AttributesToGet?: string[] | undefined },
  paths: BoundRead["paths"],
  index: Index | undefined,
): Selection {
  const { Select: select } = request;
  const member = request.AttributesToGet === undefined ? "ProjectionExpression" : "AttributesToGet";
  if (paths !== undefined && select !== undefined && select !== "SPECIFIC_ATTRIBUTES") {
    throw validation(
      select === "COUNT"
        ? `Cannot specify the ${member} when choosing to get only the Count`
        : `Cannot specify the ${member} when choosing to get ${select}`,
    );
  }
  switch (select) {
    case "COUNT":
      return "count";
    case "SPECIFIC_ATTRIBUTES":
      if (paths === undefined)
        throw validation("Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES");
      return specific(paths, index);
    case "ALL_PROJECTED_ATTRIBUTES":
      if (index === undefined) throw validation("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName");
      return "projected";
    case "ALL_ATTRIBUTES":
      if (index?.kind === "GSI" && index.projected !== undefined) {
        throw invalidValues(
          `Select type ALL_ATTRIBUTES is not supported for global secondary index ${index.name} because its projection type is not ALL`,
        );
      }
      return "whole";
    default:
      return paths === undefined ? "projected" : specific(paths, index);
  }
}

function specific(paths: readonly PathPart[][], index: Index | undefined): Selection {
  const { projected } = index ?? {};
  if (index === undefined || projected === undefined) return "projected";
  const missing = paths.map(([name]) => String(name)).filter((name) => !projected.has(name));
  if (missing.length === 0) return "projected";
  if (index.kind === "GSI") {
    throw invalidValues(`Global secondary index ${index.name} does not project [${missing.join(", ")}]`);
  }
  return "whole";
}

/** The index that a read names. @throws AwsException ValidationException */
export function readIndexOf(table: Table, name: string | undefined, consistent: boolean | undefined): Index | undefined {
  if (name === undefined) return undefined;
  const index = table.indexes.find((candidate) => candidate.name === name);
  if (index === undefined) throw validation(`The table does not have the specified index: ${name}`);
  if (index.status === "CREATING") throw validation(`Cannot read from backfilling global secondary index: ${name}`);
  if (consistent === true && index.kind === "GSI") throw validation("Consistent reads are not supported on global secondary indexes");
  return index;
}
