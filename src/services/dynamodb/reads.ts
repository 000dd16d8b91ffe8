import type { Operations } from "../../aws/service.ts";
import { Consumption } from "./capacity.ts";
import { validation } from "./errors.ts";
import { type KeyAttribute, keyRange } from "./expressions/key-condition.ts";
import type { Condition, Operand } from "./expressions/syntax.ts";
import { partitionBytes, segmentStart } from "./key-bytes.ts";
import { legacyConditions } from "./legacy.ts";
import { comparePositions, following, type Position, position, readPage, startPosition } from "./read-page.ts";
import { boundRead, readIndexOf, selectionOf } from "./read-request.ts";
import { activeTable, type Index } from "./table.ts";
import type { BoundCondition } from "./write-request.ts";

export const readOperations: Operations<"dynamodb"> = {
  Query: (input, ctx) => {
    const bound = boundRead(input);
    const table = activeTable(ctx, input.TableName);
    const index = readIndexOf(table, input.IndexName, input.ConsistentRead);
    const keys = bound.keys ?? legacyConditions(input.KeyConditions);
    if (keys === undefined)
      throw validation("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.");
    const { hash, range } = index ?? table;
    const filter = bound.filter ?? legacyConditions(input.QueryFilter, input.ConditionalOperator);
    checkFilter(filter, range === undefined ? [hash] : [hash, range]);
    const { partition, low, high } = keyRange(keys.root, hash, range, keys.bindings);
    const place = partitionBytes(partition);
    const forward = input.ScanIndexForward ?? true;
    const bounds = { low: position(place, low), high: position(place, high) };
    const start = startPosition(table, index, input.ExclusiveStartKey);
    if (start !== undefined) checkInside(start, bounds, place);
    const consumed = new Consumption();
    const page = readPage(
      ctx,
      {
        table,
        index,
        ...from(bounds, start, { forward, index }),
        forward,
        limit: input.Limit,
        filter,
        selection: selectionOf(input, bound.paths, index),
        paths: bound.paths,
        consistent: input.ConsistentRead ?? false,
      },
      consumed,
    );
    const [report] = consumed.finish(ctx, input.ReturnConsumedCapacity) ?? [];
    return { ...page, ...(report === undefined ? {} : { ConsumedCapacity: report }) };
  },
  Scan: (input, ctx) => {
    const bound = boundRead(input);
    const { Segment: segment, TotalSegments: total } = input;
    checkSegments(segment, total);
    const table = activeTable(ctx, input.TableName);
    const index = readIndexOf(table, input.IndexName, input.ConsistentRead);
    const filter = bound.filter ?? legacyConditions(input.ScanFilter, input.ConditionalOperator);
    const bounds = {
      low: position(segmentStart(segment ?? 0, total ?? 1)),
      high: position(segmentStart((segment ?? 0) + 1, total ?? 1)),
    };
    const start = startPosition(table, index, input.ExclusiveStartKey);
    if (start !== undefined && (comparePositions(start, bounds.low) < 0 || comparePositions(start, bounds.high) >= 0)) {
      throw validation(
        "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment.",
      );
    }
    const consumed = new Consumption();
    const page = readPage(
      ctx,
      {
        table,
        index,
        ...from(bounds, start, { forward: true, index }),
        forward: true,
        limit: input.Limit,
        filter,
        selection: selectionOf(input, bound.paths, index),
        paths: bound.paths,
        consistent: input.ConsistentRead ?? false,
      },
      consumed,
    );
    const [report] = consumed.finish(ctx, input.ReturnConsumedCapacity) ?? [];
    return { ...page, ...(report === undefined ? {} : { ConsumedCapacity: report }) };
  },
};

interface Bounds {
  readonly low: Position;
  readonly high: Position;
}

/** What is left to read after the start key. */
function from(bounds: Bounds, start: Position | undefined, way: { forward: boolean; index: Index | undefined }): Bounds {
  if (start === undefined) return bounds;
  return way.forward ? { ...bounds, low: following(start, way.index) } : { ...bounds, high: start };
}

function checkInside(start: Position, { low, high }: Bounds, partition: Uint8Array): void {
  if (Buffer.compare(start.hash, partition) !== 0) {
    throw validation("The provided starting key is outside query boundaries based on provided conditions");
  }
  if (comparePositions(start, low) < 0 || comparePositions(start, high) >= 0) {
    throw validation("The provided starting key does not match the range key predicate");
  }
}

function checkSegments(segment: number | undefined, total: number | undefined): void {
  if (segment === undefined && total === undefined) return;
  if (total === undefined)
    throw validation("The TotalSegments parameter is required but was not present in the request when Segment parameter is present");
  if (segment === undefined)
    throw validation("The Segment parameter is required but was not present in the request when parameter TotalSegments is present");
  if (segment >= total) {
    throw validation(
      `The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: ${segment} is not less than TotalSegments: ${total}`,
    );
  }
}

/** Keys are for the key condition. */
function checkFilter(filter: BoundCondition | undefined, keys: readonly KeyAttribute[]): void {
  if (filter === undefined) return;
  const key = pathsOf(filter.root)
    .map((path) => filter.bindings.path(path)[0])
    .find((name) => keys.some((attribute) => attribute.name === name));
  if (key !== undefined) throw validation(`Filter Expression can only contain non-primary key attributes: Primary key attribute: ${key}`);
}

function pathsOf(node: Condition): (string | number)[][] {
  const operands = (list: readonly Operand[]): (string | number)[][] =>
    list.flatMap((operand) => (operand.kind === "path" ? [[...operand.parts]] : operand.kind === "size" ? operands([operand.of]) : []));
  switch (node.kind) {
    case "and":
    case "or":
      return [...pathsOf(node.left), ...pathsOf(node.right)];
    case "not":
      return pathsOf(node.condition);
    case "compare":
      return operands([node.left, node.right]);
    case "between":
      return operands([node.operand, node.low, node.high]);
    case "in":
      return operands([node.operand, ...node.options]);
    case "function":
      return operands(node.args);
  }
}
