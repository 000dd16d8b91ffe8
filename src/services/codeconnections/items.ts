import { parseArn } from "../../aws/arn.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import { listOfTags, type TagList, type Tags, tagsOfList } from "../../aws/tags.ts";
import { type ItemRow, insertItem, type Kind, selectItem, selectItems, updateItem } from "./store.ts";

/** The names under which the one API is reached; a new thing's ARN has that of the API which made it. */
export type Prefix = "codeconnections" | "codestar-connections";

const MOST_TAGS = 200;
const PAGE = 100;

export function notFound(what: string): AwsException {
  return new AwsException("ResourceNotFoundException", `${what} not found`, { status: 400 });
}

/** By its ARN of either service. @throws ResourceNotFoundException */
export function findItem(ctx: Context, kind: Kind, arn: string | undefined): ItemRow {
  const parsed = parseArn(arn ?? "");
  const id = parsed?.resource.startsWith(`${kind}/`) === true ? parsed.resource.slice(kind.length + 1) : "";
  const here = parsed?.account === ctx.account && parsed.region === ctx.region;
  const row = here ? ctx.get(selectItem, { kind, id }) : undefined;
  if (row === undefined) throw notFound(`${KIND_NAMES[kind]} ${arn ?? ""}`);
  return row;
}

const KIND_NAMES: Readonly<Record<Kind, string>> = { connection: "Connection", host: "Host", "repository-link": "Repository link" };

export interface NewItem {
  readonly kind: Kind;
  readonly prefix: Prefix;
  readonly name: string;
  readonly status: string;
  readonly body: object;
  readonly tags: TagList | undefined;
}

/** Stores it, claims it and tells of it; in the caller's transaction. */
export function createItem(ctx: Context, item: NewItem): ItemRow {
  const id = item.kind === "host" ? `${item.name.replaceAll(/[^A-Za-z0-9-]/g, "-")}-${ctx.cloud.ids.hex(8)}` : ctx.cloud.ids.uuid();
  const tags = checkTags(tagsOfList(item.tags));
  const row = {
    kind: item.kind,
    id,
    arn: ctx.arn(item.prefix, `${item.kind}/${id}`),
    name: item.name,
    status: item.status,
    tags: JSON.stringify(tags),
    body: JSON.stringify(item.body),
    created: ctx.now,
  };
  ctx.run(insertItem, row);
  ctx.claim(row.arn);
  const stored = { ...row, account: ctx.account, region: ctx.region };
  tell(ctx, stored, `${KIND_NAMES[item.kind]} created`);
  return stored;
}

export function tell(ctx: Context, row: ItemRow, type: string, rule?: string): string {
  return ctx.emit({
    source: "aws.codeconnections",
    type,
    resources: [row.arn],
    detail: { name: row.name, status: row.status },
    ...(rule === undefined ? {} : { rule }),
  });
}

export function saveItem(
  ctx: Context,
  row: ItemRow,
  change: { readonly status?: string; readonly tags?: Tags; readonly body?: object },
): ItemRow {
  const next = {
    ...row,
    status: change.status ?? row.status,
    tags: change.tags === undefined ? row.tags : JSON.stringify(checkTags(change.tags)),
    body: change.body === undefined ? row.body : JSON.stringify(change.body),
  };
  ctx.run(updateItem, { kind: next.kind, id: next.id, status: next.status, tags: next.tags, body: next.body });
  return next;
}

/** @throws LimitExceededException */
function checkTags(tags: Tags): Tags {
  if (Object.keys(tags).length <= MOST_TAGS) return tags;
  throw new AwsException("LimitExceededException", `A resource takes ${MOST_TAGS} tags at most.`, { status: 400 });
}

export function tagList(row: ItemRow): { Key: string; Value: string }[] {
  return listOfTags(JSON.parse(row.tags) as Tags);
}

export interface PageInput {
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

/** One page of a kind, oldest first. */
export function pageOfItems(ctx: Context, kind: Kind, input: PageInput, keep: (row: ItemRow) => boolean = () => true) {
  const start = Number(input.NextToken === undefined ? 0 : (decodeToken(input.NextToken)?.[0] ?? Number.NaN));
  if (!Number.isSafeInteger(start)) throw new AwsException("InvalidInputException", "The next token is not valid.", { status: 400 });
  const limit = input.MaxResults === undefined || input.MaxResults === 0 ? PAGE : input.MaxResults;
  const rows = ctx.all(selectItems, { kind }).filter(keep);
  const { items, nextToken } = pageOf(rows.slice(start, start + limit + 1), limit, () => [start + limit]);
  return { items, tail: nextToken === undefined ? {} : { NextToken: nextToken } };
}
