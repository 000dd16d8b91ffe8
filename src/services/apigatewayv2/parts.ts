import type {
  AccessLogSettings,
  Api,
  Authorizer,
  Cors,
  Deployment,
  Integration,
  Route,
  RouteSettings,
  Stage,
} from "@aws-sdk/client-apigatewayv2";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { decodeToken, type Page, pageOf } from "../../aws/paging.ts";
import { forgetApi } from "./cache.ts";
import { deletePart, type PartKind, selectApi, selectPart, selectParts, updateApi, upsertPart } from "./store.ts";

/** Dates are kept as ISO 8601. */
type Stored<T> = { readonly [K in keyof T]: T[K] extends Date | undefined ? string : T[K] };

export type ApiBody = Stored<Omit<Api, "ApiEndpoint">>;
export type RouteBody = Stored<Route>;
export type IntegrationBody = Stored<Integration>;
export type AuthorizerBody = Stored<Authorizer>;
export type DeploymentBody = Stored<Deployment>;
export type StageBody = Stored<Stage>;
export type { AccessLogSettings, Cors, RouteSettings };

interface Bodies {
  readonly route: RouteBody;
  readonly integration: IntegrationBody;
  readonly authorizer: AuthorizerBody;
  readonly deployment: DeploymentBody;
  readonly stage: StageBody;
}

/** The member of each that names it within its API. */
const IDS: { readonly [K in PartKind]: keyof Bodies[K] } = {
  route: "RouteId",
  integration: "IntegrationId",
  authorizer: "AuthorizerId",
  deployment: "DeploymentId",
  stage: "StageName",
};

const NOUNS: Readonly<Record<PartKind, string>> = {
  route: "Route",
  integration: "Integration",
  authorizer: "Authorizer",
  deployment: "Deployment",
  stage: "Stage",
};

export function badRequest(message: string): AwsException {
  return new AwsException("BadRequestException", message);
}

export function notFound(noun: string, id: string | undefined): AwsException {
  return new AwsException("NotFoundException", `Invalid ${noun} identifier specified ${id ?? ""}`);
}

/** @throws NotFoundException */
export function findApi(ctx: Context, id: string | undefined): ApiBody {
  const row = ctx.get(selectApi, { id: id ?? "" });
  if (row === undefined) throw notFound("API", id);
  return JSON.parse(row.body) as ApiBody;
}

export function saveApi(ctx: Context, body: ApiBody): void {
  ctx.run(updateApi, { id: body.ApiId ?? "", body: JSON.stringify(body) });
  forgetApi(ctx.cloud, body.ApiId ?? "");
}

/** @throws NotFoundException for the API and for the part */
export function findPart<K extends PartKind>(ctx: Context, kind: K, apiId: string | undefined, id: string | undefined): Bodies[K] {
  findApi(ctx, apiId);
  const row = ctx.get(selectPart, { api: apiId ?? "", kind, id: id ?? "" });
  if (row === undefined) throw notFound(NOUNS[kind], id);
  return JSON.parse(row.body) as Bodies[K];
}

export function savePart<K extends PartKind>(ctx: Context, kind: K, apiId: string, body: Bodies[K]): void {
  ctx.run(upsertPart, { api: apiId, kind, id: String(body[IDS[kind]]), body: JSON.stringify(body) });
  forgetApi(ctx.cloud, apiId);
}

/** @throws NotFoundException for the API and for the part */
export function removePart(ctx: Context, kind: PartKind, apiId: string | undefined, id: string | undefined): void {
  findApi(ctx, apiId);
  if (ctx.run(deletePart, { api: apiId ?? "", kind, id: id ?? "" }) === 0) throw notFound(NOUNS[kind], id);
  forgetApi(ctx.cloud, apiId ?? "");
}

/** More parts of one kind than AWS's quotas allow, so that all are read. */
const ALL = 100_000;

export function allParts<K extends PartKind>(ctx: Context, kind: K, apiId: string): Bodies[K][] {
  return ctx.all(selectParts, { api: apiId, kind, after: "", limit: ALL }).map((row) => JSON.parse(row.body) as Bodies[K]);
}

interface Paging {
  readonly MaxResults?: string | undefined;
  readonly NextToken?: string | undefined;
}

const MOST_RESULTS = 500;

/** @throws BadRequestException for a token that was not given out here */
export function readPage(input: Paging): { readonly after: string; readonly limit: number } {
  const [after] = input.NextToken === undefined ? [""] : (decodeToken(input.NextToken) ?? []);
  if (typeof after !== "string") throw badRequest("Invalid pagination token");
  const limit = input.MaxResults === undefined ? MOST_RESULTS : Number(input.MaxResults);
  if (!Number.isInteger(limit) || limit < 1) throw badRequest("Invalid value for maxResults");
  return { after, limit };
}

/** @throws NotFoundException for the API */
export function pageOfParts<K extends PartKind>(ctx: Context, kind: K, input: Paging & { ApiId?: string | undefined }): Page<Bodies[K]> {
  findApi(ctx, input.ApiId);
  const { after, limit } = readPage(input);
  const rows = ctx.all(selectParts, { api: input.ApiId ?? "", kind, after, limit: limit + 1 });
  const { items, nextToken } = pageOf(rows, limit, (row) => [row.id]);
  return { items: items.map((row) => JSON.parse(row.body) as Bodies[K]), nextToken };
}

export function listed<T>(items: T[], nextToken: string | undefined): { Items: T[]; NextToken?: string } {
  return { Items: items, ...(nextToken === undefined ? {} : { NextToken: nextToken }) };
}

/** Stored dates as the SDK's types have them. */
export function withDates<T extends object>(
  body: T,
): Omit<T, "CreatedDate" | "LastUpdatedDate"> & { CreatedDate?: Date; LastUpdatedDate?: Date } {
  const dates: Record<string, Date> = {};
  for (const name of ["CreatedDate", "LastUpdatedDate"]) {
    const value = (body as Record<string, unknown>)[name];
    if (typeof value === "string") dates[name] = new Date(value);
  }
  return { ...body, ...dates } as Omit<T, "CreatedDate" | "LastUpdatedDate"> & { CreatedDate?: Date; LastUpdatedDate?: Date };
}

/** The members that were given, without those named; what an update leaves out stays as it was. */
export function given<T extends object, K extends keyof T = never>(input: T, ...without: K[]): Omit<T, K> {
  const dropped = new Set<PropertyKey>(without);
  return Object.fromEntries(Object.entries(input).filter(([name, value]) => value !== undefined && !dropped.has(name))) as Omit<T, K>;
}

/** Virtual now as AWS gives it here: whole seconds. */
export function nowText(ctx: Context): string {
  return new Date(Math.floor(ctx.now / 1_000) * 1_000).toISOString();
}

export function emitChange(ctx: Context, type: string, apiId: string, path = ""): void {
  const arn = `arn:aws:apigateway:${ctx.region}::/apis/${apiId}${path}`;
  ctx.emit({ source: "aws.apigateway", type, resources: [arn], detail: { apiId } });
}
