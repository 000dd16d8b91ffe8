import type { LayerVersionsListItem } from "@aws-sdk/client-lambda";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import { loadCode } from "./code.ts";
import { timestamp } from "./configuration.ts";
import { codeLocation } from "./download.ts";
import { checkRevision, invalid, typed } from "./names.ts";
import { policyText } from "./permissions.ts";
import type { LayerRecord } from "./records.ts";
import { getLayer, getPart, lastLayer, listLayerRecords, listNewestLayers, putLayer, putPart, removePart } from "./store.ts";

const PAGE = 50;
const LAYER = /^(?:arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:layer:)?([a-zA-Z0-9-_]+)(?::(\d+))?$/;

function nameOf(text: string | undefined): string {
  const name = LAYER.exec(text ?? "")?.[1];
  if (name === undefined) throw invalid(`The layer name ${text} is not valid.`);
  return name;
}

export async function publishLayerVersion(
  input: Input<"lambda", "PublishLayerVersion">,
  ctx: Context,
): Promise<Output<"lambda", "PublishLayerVersion">> {
  const name = nameOf(input.LayerName);
  const code = await loadCode(ctx, "PublishLayerVersion", (input.Content ?? {}) as Parameters<typeof loadCode>[2]);
  return ctx.tx(() => {
    const record: LayerRecord = {
      name,
      number: lastLayer(ctx, name) + 1,
      description: input.Description ?? "",
      created: ctx.now,
      code,
      ...(input.CompatibleRuntimes === undefined ? {} : { runtimes: input.CompatibleRuntimes }),
      ...(input.CompatibleArchitectures === undefined ? {} : { architectures: input.CompatibleArchitectures }),
      ...(input.LicenseInfo === undefined ? {} : { license: input.LicenseInfo }),
    };
    putLayer(ctx, name, record.number, record);
    ctx.claim(layerArn(ctx, name, record.number));
    ctx.emit({ source: "aws.lambda", type: "Layer Version Published", resources: [layerArn(ctx, name, record.number)], detail: {} });
    return layerOf(ctx, record);
  });
}

export function getLayerVersion(input: Input<"lambda", "GetLayerVersion">, ctx: Context): Output<"lambda", "GetLayerVersion"> {
  return layerOf(ctx, find(ctx, nameOf(input.LayerName), input.VersionNumber));
}

export function getLayerVersionByArn(
  input: Input<"lambda", "GetLayerVersionByArn">,
  ctx: Context,
): Output<"lambda", "GetLayerVersionByArn"> {
  const [, name = "", number] = LAYER.exec(input.Arn ?? "") ?? [];
  return layerOf(ctx, find(ctx, name, Number(number)));
}

export function deleteLayerVersion(input: Input<"lambda", "DeleteLayerVersion">, ctx: Context): Output<"lambda", "DeleteLayerVersion"> {
  const name = nameOf(input.LayerName);
  const number = input.VersionNumber ?? 0;
  return ctx.tx(() => {
    // Deleting what is not there succeeds: https://docs.aws.amazon.com/lambda/latest/api/API_DeleteLayerVersion.html
    if (getLayer(ctx, name, number) === undefined) return {};
    putLayer(ctx, name, number, null);
    removePart(ctx, "layer-policy", "", `${name}:${number}`);
    ctx.emit({ source: "aws.lambda", type: "Layer Version Deleted", resources: [layerArn(ctx, name, number)], detail: {} });
    return {};
  });
}

export function listLayerVersions(input: Input<"lambda", "ListLayerVersions">, ctx: Context): Output<"lambda", "ListLayerVersions"> {
  const limit = Math.min(input.MaxItems ?? PAGE, PAGE);
  const [before = Number.MAX_SAFE_INTEGER] = (input.Marker === undefined ? [] : decodeToken(input.Marker)) ?? [];
  const rows = listLayerRecords(ctx, nameOf(input.LayerName), Number(before), limit + 1);
  const { items, nextToken } = pageOf(rows, limit, (record) => [record.number]);
  return {
    LayerVersions: items.filter((record) => isCompatible(record, input)).map((record) => itemOf(ctx, record)),
    ...(nextToken === undefined ? {} : { NextMarker: nextToken }),
  };
}

export function listLayers(input: Input<"lambda", "ListLayers">, ctx: Context): Output<"lambda", "ListLayers"> {
  const limit = Math.min(input.MaxItems ?? PAGE, PAGE);
  const [after = ""] = (input.Marker === undefined ? [] : decodeToken(input.Marker)) ?? [];
  const { items, nextToken } = pageOf(listNewestLayers(ctx, String(after), limit + 1), limit, (record) => [record.name]);
  const matching = items.filter((record) => isCompatible(record, input));
  return {
    Layers: matching.map((record) => ({
      LayerName: record.name,
      LayerArn: layerArn(ctx, record.name),
      LatestMatchingVersion: itemOf(ctx, record),
    })),
    ...(nextToken === undefined ? {} : { NextMarker: nextToken }),
  };
}

function isCompatible(
  record: LayerRecord,
  filter: Pick<Input<"lambda", "ListLayers">, "CompatibleRuntime" | "CompatibleArchitecture">,
): boolean {
  const { CompatibleRuntime: runtime, CompatibleArchitecture: architecture } = filter;
  const runtimeFits = runtime === undefined || (record.runtimes ?? []).includes(runtime);
  return runtimeFits && (architecture === undefined || (record.architectures ?? []).includes(architecture));
}

export function addLayerVersionPermission(
  input: Input<"lambda", "AddLayerVersionPermission">,
  ctx: Context,
): Output<"lambda", "AddLayerVersionPermission"> {
  if (input.OrganizationId !== undefined) throw notImplemented("lambda", "AddLayerVersionPermission", "OrganizationId");
  const record = find(ctx, nameOf(input.LayerName), input.VersionNumber);
  const key = `${record.name}:${record.number}`;
  return ctx.tx(() => {
    const before = getPart(ctx, "layer-policy", "", key);
    if (input.RevisionId !== undefined) checkRevision(input.RevisionId, before?.revisionId ?? "");
    if (before?.statements.some((statement) => statement["Sid"] === input.StatementId)) {
      const message = `The statement id (${input.StatementId}) provided already exists. Please provide a new statement id, or remove the existing statement.`;
      throw new AwsException("ResourceConflictException", message, typed("User"));
    }
    const { Principal = "" } = input;
    const principal = Principal === "*" ? "*" : { AWS: /^\d{12}$/.test(Principal) ? `arn:aws:iam::${Principal}:root` : Principal };
    const resource = layerArn(ctx, record.name, record.number);
    const statement = { Sid: input.StatementId, Effect: "Allow", Principal: principal, Action: input.Action, Resource: resource };
    const policy = { revisionId: ctx.cloud.ids.uuid(), statements: [...(before?.statements ?? []), statement] };
    putPart(ctx, "layer-policy", "", [key, policy]);
    ctx.claim(input.StatementId ?? "");
    return { Statement: JSON.stringify(statement), RevisionId: policy.revisionId };
  });
}

export function removeLayerVersionPermission(
  input: Input<"lambda", "RemoveLayerVersionPermission">,
  ctx: Context,
): Output<"lambda", "RemoveLayerVersionPermission"> {
  const key = `${nameOf(input.LayerName)}:${input.VersionNumber}`;
  return ctx.tx(() => {
    const before = getPart(ctx, "layer-policy", "", key);
    const statements = before?.statements.filter((statement) => statement["Sid"] !== input.StatementId) ?? [];
    if (before === undefined || statements.length === before.statements.length) {
      throw new AwsException("ResourceNotFoundException", `Statement ${input.StatementId} is not found in resource policy.`, typed("User"));
    }
    checkRevision(input.RevisionId, before.revisionId);
    if (statements.length === 0) removePart(ctx, "layer-policy", "", key);
    else putPart(ctx, "layer-policy", "", [key, { revisionId: ctx.cloud.ids.uuid(), statements }]);
    return {};
  });
}

export function getLayerVersionPolicy(
  input: Input<"lambda", "GetLayerVersionPolicy">,
  ctx: Context,
): Output<"lambda", "GetLayerVersionPolicy"> {
  const policy = getPart(ctx, "layer-policy", "", `${nameOf(input.LayerName)}:${input.VersionNumber}`);
  if (policy === undefined)
    throw new AwsException("ResourceNotFoundException", "No policy is associated with the given resource.", typed("User"));
  return { Policy: policyText(policy), RevisionId: policy.revisionId };
}

function find(ctx: Context, name: string, number: number | undefined): LayerRecord {
  const record = getLayer(ctx, name, number ?? 0);
  if (record !== undefined) return record;
  throw new AwsException("ResourceNotFoundException", "The resource you requested does not exist.", typed("User"));
}

function layerArn(ctx: Context, name: string, number?: number): string {
  return ctx.arn("lambda", number === undefined ? `layer:${name}` : `layer:${name}:${number}`);
}

function itemOf(ctx: Context, record: LayerRecord): LayerVersionsListItem {
  return {
    LayerVersionArn: layerArn(ctx, record.name, record.number),
    Version: record.number,
    Description: record.description,
    CreatedDate: timestamp(record.created),
    ...(record.runtimes === undefined ? {} : { CompatibleRuntimes: record.runtimes }),
    ...(record.architectures === undefined ? {} : { CompatibleArchitectures: record.architectures }),
    ...(record.license === undefined ? {} : { LicenseInfo: record.license }),
  };
}

function layerOf(ctx: Context, record: LayerRecord): Output<"lambda", "GetLayerVersion"> {
  const { code } = record;
  return {
    ...itemOf(ctx, record),
    LayerArn: layerArn(ctx, record.name),
    Content: { Location: codeLocation(ctx, code), CodeSha256: code.sha256, CodeSize: code.size },
  };
}
