import { type Answer, header, queryValue, type RoutedCall } from "./call.ts";
import { badRequest } from "./parts.ts";
import { contextVariable } from "./variables.ts";

type Mapping = Readonly<Record<string, string>>;

const REQUEST_KEY = /^((append|overwrite|remove):(header|querystring)\.[^\s]+|overwrite:path)$/;
const RESPONSE_KEY = /^((append|overwrite|remove):header\.[^\s]+|overwrite:statuscode)$/;
/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html#http-api-mapping-reserved-headers */
const RESERVED =
  /^(access-control-.*|apigw-.*|authorization|connection|content-encoding|content-length|content-location|forwarded|keep-alive|origin|proxy-authenticate|proxy-authorization|te|trailers|transfer-encoding|upgrade|x-amz-.*|x-amzn-.*|x-forwarded-for|x-forwarded-host|x-forwarded-proto|via)$/i;

/** @throws BadRequestException for keys that cannot be mapped */
export function checkMapping(request: Mapping | undefined, response: Readonly<Record<string, Mapping>> | undefined): void {
  for (const key of Object.keys(request ?? {})) checkKey(key, REQUEST_KEY);
  for (const [status, mapping] of Object.entries(response ?? {})) {
    if (!/^[2-5]\d\d$/.test(status)) throw badRequest(`Invalid status code in response parameters: ${status}`);
    for (const key of Object.keys(mapping)) checkKey(key, RESPONSE_KEY);
  }
}

function checkKey(key: string, allowed: RegExp): void {
  if (!allowed.test(key)) throw badRequest(`Invalid mapping expression specified: ${key}`);
  const name = /:header\.(.+)$/.exec(key)?.[1];
  if (name !== undefined && RESERVED.test(name)) throw badRequest(`Operations on header ${name} are restricted`);
}

/** The value of one selection such as `request.header.x`, without its dollar sign. */
type Lookup = (selection: string) => string | undefined;

/** A whole selection (`$request.path`), a text with `${…}` in it, or a constant. Selections that find nothing are empty. */
export function evaluate(expression: string, lookup: Lookup): string | undefined {
  if (/^\$(request|response|context|stageVariables)\b/.test(expression)) return lookup(expression.slice(1));
  return expression.replace(/\$\{([^}]+)\}/g, (_, selection: string) => lookup(selection) ?? "");
}

export function requestLookup(call: RoutedCall): Lookup {
  return (selection) => {
    if (selection === "request.path") return call.path;
    if (selection === "request.body") return call.body.toString();
    const [, place, name = ""] =
      /^(request\.header|request\.querystring|request\.path|request\.body|context|stageVariables)\.(.+)$/.exec(selection) ?? [];
    switch (place) {
      case "request.header":
        return header(call, name);
      case "request.querystring":
        return queryValue(call, name);
      case "request.path":
        return call.pathParameters[name];
      case "request.body":
        return jsonValue(call.body, name);
      case "context":
        return contextVariable(call, name);
      case "stageVariables":
        return call.live.stage.StageVariables?.[name];
      default:
        return undefined;
    }
  };
}

const MOST_BODY = 100 * 1024;

function jsonValue(body: Buffer, path: string): string | undefined {
  try {
    let value: unknown = JSON.parse(body.subarray(0, MOST_BODY).toString());
    for (const step of path.split(/[.[\]]+/).filter((part) => part !== "")) {
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
      value = (value as Record<string, unknown>)[step];
    }
    return typeof value === "string" ? value : JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** The call as the integration gets it. The path becomes the whole path when it is overwritten. */
export function mapRequest(call: RoutedCall, mapping: Mapping | undefined): RoutedCall & { readonly newPath?: string } {
  if (mapping === undefined || Object.keys(mapping).length === 0) return call;
  const lookup = requestLookup(call);
  const headers = new Map(call.headers);
  let query = [...call.query];
  let newPath: string | undefined;
  for (const [key, expression] of Object.entries(mapping)) {
    const [action = "", target = ""] = key.split(/:(.*)/s);
    const value = evaluate(expression, lookup) ?? "";
    if (target === "path") {
      newPath = value.startsWith("/") ? value : `/${value}`;
      continue;
    }
    const name = target.slice(target.indexOf(".") + 1);
    if (target.startsWith("header.")) {
      changeHeader(headers, action, name.toLowerCase(), value);
    } else {
      if (action !== "append") query = query.filter(([other]) => other !== name);
      if (action !== "remove") query.push([name, value]);
    }
  }
  const rawQuery = query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&");
  return { ...call, headers, query, rawQuery, ...(newPath === undefined ? {} : { newPath, path: newPath, rawPath: newPath }) };
}

function changeHeader(headers: Map<string, readonly string[]>, action: string, name: string, value: string): void {
  if (action === "remove") headers.delete(name);
  else if (action === "overwrite") headers.set(name, [value]);
  else headers.set(name, [...(headers.get(name) ?? []), value]);
}

/** The integration's answer as the client gets it. */
export function mapResponse(call: RoutedCall, answer: Answer, mappings: Readonly<Record<string, Mapping>> | undefined): Answer {
  const mapping = mappings?.[String(answer.status)];
  if (mapping === undefined) return answer;
  const inner = requestLookup(call);
  const lookup: Lookup = (selection) => {
    if (selection === "response.body") return answer.body.toString();
    if (selection.startsWith("response.body.")) return jsonValue(answer.body, selection.slice("response.body.".length));
    const name = /^response\.header\.(.+)$/.exec(selection)?.[1]?.toLowerCase();
    if (name === undefined) return inner(selection);
    const found = answer.headers.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value);
    return found.length === 0 ? undefined : found.join(",");
  };
  let { status } = answer;
  let headers = [...answer.headers];
  for (const [key, expression] of Object.entries(mapping)) {
    const [action = "", target = ""] = key.split(/:(.*)/s);
    const value = evaluate(expression, lookup) ?? "";
    if (target === "statuscode") {
      status = Number(value) || status;
      continue;
    }
    const name = target.slice("header.".length);
    if (action !== "append") headers = headers.filter(([other]) => other.toLowerCase() !== name.toLowerCase());
    if (action !== "remove") headers.push([name, value]);
  }
  return { ...answer, status, headers };
}
