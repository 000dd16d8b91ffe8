import { parseArn } from "../../aws/arn.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import {
  allParts,
  badRequest,
  type DeploymentBody,
  emitChange,
  findApi,
  findPart,
  given,
  listed,
  nowText,
  pageOfParts,
  removePart,
  type StageBody,
  savePart,
  withDates,
} from "./parts.ts";
import { deleteSnapshot, insertSnapshot } from "./store.ts";

/** A deployment holds what a stage serves: routes, integrations and authorizers as they were. Within the caller's transaction. */
function deploy(ctx: Context, apiId: string, description: string | undefined, auto: boolean): DeploymentBody {
  const DeploymentId = ctx.cloud.ids.alphanumeric(6);
  const body: DeploymentBody = {
    AutoDeployed: auto,
    CreatedDate: nowText(ctx),
    DeploymentId,
    DeploymentStatus: "DEPLOYED",
    ...(description === undefined ? {} : { Description: description }),
  };
  savePart(ctx, "deployment", apiId, body);
  const snapshot = {
    routes: allParts(ctx, "route", apiId),
    integrations: allParts(ctx, "integration", apiId),
    authorizers: allParts(ctx, "authorizer", apiId),
  };
  ctx.run(insertSnapshot, { api: apiId, deployment: DeploymentId, body: JSON.stringify(snapshot) });
  return body;
}

/**
 * Brings stages that deploy by themselves up to date, in the transaction of the change. An automatic deployment that no
 * stage serves any more goes away, so that a hundred routes made one by one leave one deployment and not a hundred.
 */
export function autoDeploy(ctx: Context, apiId: string): void {
  const stages = allParts(ctx, "stage", apiId).filter(({ AutoDeploy }) => AutoDeploy === true);
  if (stages.length === 0) return;
  const { DeploymentId } = deploy(ctx, apiId, "Automatic deployment triggered by changes to the Api configuration", true);
  for (const stage of stages) {
    savePart(ctx, "stage", apiId, {
      ...stage,
      ...pointer(DeploymentId),
      LastUpdatedDate: nowText(ctx),
    } as StageBody);
  }
  const served = new Set(allParts(ctx, "stage", apiId).map((stage) => stage.DeploymentId));
  for (const old of allParts(ctx, "deployment", apiId)) {
    if (old.AutoDeployed === true && !served.has(old.DeploymentId)) dropDeployment(ctx, apiId, old.DeploymentId ?? "");
  }
}

function pointer(DeploymentId: string | undefined): { DeploymentId: string; LastDeploymentStatusMessage: string } {
  return {
    DeploymentId: DeploymentId ?? "",
    LastDeploymentStatusMessage: `Successfully deployed stage with deployment ID '${DeploymentId}'`,
  };
}

function dropDeployment(ctx: Context, apiId: string, id: string): void {
  removePart(ctx, "deployment", apiId, id);
  ctx.run(deleteSnapshot, { api: apiId, deployment: id });
}

function checkStage(ctx: Context, operation: string, apiId: string, body: StageBody): void {
  if (!/^(\$default|[A-Za-z0-9_-]{1,128})$/.test(body.StageName ?? "")) {
    throw badRequest("Stage name only allows a-zA-Z0-9_-, or $default");
  }
  if (body.ClientCertificateId !== undefined) throw badRequest("ClientCertificateId is supported only for WebSocket APIs");
  const settings = [body.DefaultRouteSettings ?? {}, ...Object.values(body.RouteSettings ?? {})];
  for (const { DataTraceEnabled, LoggingLevel } of settings) {
    if (DataTraceEnabled === true || (LoggingLevel !== undefined && LoggingLevel !== "OFF")) {
      throw badRequest("Execution logs are not supported on protocolType HTTP");
    }
  }
  const keys = allParts(ctx, "route", apiId).map(({ RouteKey }) => RouteKey);
  const stray = Object.keys(body.RouteSettings ?? {}).find((key) => !keys.includes(key));
  if (stray !== undefined)
    throw new AwsException("NotFoundException", `Unable to find Route by key ${stray} within the provided RouteSettings`);
  const { DestinationArn } = body.AccessLogSettings ?? {};
  const destination = parseArn(DestinationArn ?? "");
  if (destination?.service === "firehose") throw notImplemented("apigatewayv2", operation, "an access log to Firehose");
  if (DestinationArn !== undefined && destination?.service !== "logs")
    throw badRequest("Invalid ARN specified in the request. ARNs must start with 'arn:' and name a log group");
  if (body.DeploymentId !== undefined) findPart(ctx, "deployment", apiId, body.DeploymentId);
}

/** Within the caller's transaction. */
export function makeStage(ctx: Context, apiId: string, body: StageBody): StageBody {
  const stage: StageBody = {
    AutoDeploy: false,
    DefaultRouteSettings: { DetailedMetricsEnabled: false },
    RouteSettings: {},
    StageVariables: {},
    Tags: {},
    ...body,
    CreatedDate: nowText(ctx),
    LastUpdatedDate: nowText(ctx),
  };
  savePart(ctx, "stage", apiId, stage);
  if (stage.AutoDeploy === true) autoDeploy(ctx, apiId);
  return stage;
}

function changeStage(
  ctx: Context,
  input: { ApiId?: string | undefined; StageName?: string | undefined },
  change: (stage: StageBody) => StageBody,
) {
  const changed = { ...change(findPart(ctx, "stage", input.ApiId, input.StageName)), LastUpdatedDate: nowText(ctx) } as StageBody;
  const apiId = input.ApiId ?? "";
  checkStage(ctx, "UpdateStage", apiId, changed);
  return ctx.tx(() => {
    savePart(ctx, "stage", apiId, changed);
    emitChange(ctx, "Stage Updated", apiId, `/stages/${changed.StageName}`);
    return changed;
  });
}

function without<T extends object>(map: T | undefined, key: string | undefined): T {
  return Object.fromEntries(Object.entries(map ?? {}).filter(([name]) => name !== key)) as T;
}

export const deployments = {
  CreateDeployment: (input, ctx) => {
    const { ApiId = "" } = findApi(ctx, input.ApiId);
    const stage = input.StageName === undefined ? undefined : findPart(ctx, "stage", ApiId, input.StageName);
    if (stage?.AutoDeploy === true) throw badRequest("Deployment ID cannot be set on a stage with AutoDeploy enabled");
    if (allParts(ctx, "route", ApiId).length === 0) throw badRequest("Unable to deploy API because no routes exist in this API");
    return ctx.tx(() => {
      const body = deploy(ctx, ApiId, input.Description, false);
      ctx.claim(body.DeploymentId ?? "");
      if (stage !== undefined) {
        savePart(ctx, "stage", ApiId, {
          ...stage,
          DeploymentId: body.DeploymentId,
          LastUpdatedDate: nowText(ctx),
        } as StageBody);
      }
      emitChange(ctx, "Deployment Created", ApiId, `/deployments/${body.DeploymentId}`);
      return withDates(body);
    });
  },

  UpdateDeployment: (input, ctx) => {
    const body = {
      ...findPart(ctx, "deployment", input.ApiId, input.DeploymentId),
      ...given({ Description: input.Description }),
    } as DeploymentBody;
    savePart(ctx, "deployment", input.ApiId ?? "", body);
    return withDates(body);
  },

  DeleteDeployment: (input, ctx) => {
    findPart(ctx, "deployment", input.ApiId, input.DeploymentId);
    if (allParts(ctx, "stage", input.ApiId ?? "").some(({ DeploymentId }) => DeploymentId === input.DeploymentId)) {
      throw badRequest("Active stages pointing to this deployment must be moved or deleted");
    }
    ctx.tx(() => dropDeployment(ctx, input.ApiId ?? "", input.DeploymentId ?? ""));
    return {};
  },

  GetDeployment: (input, ctx) => withDates(findPart(ctx, "deployment", input.ApiId, input.DeploymentId)),

  GetDeployments: (input, ctx) => {
    const { items, nextToken } = pageOfParts(ctx, "deployment", input);
    return listed(items.map(withDates), nextToken);
  },

  CreateStage: (input, ctx) => {
    const { ApiId = "" } = findApi(ctx, input.ApiId);
    const body = given(input, "ApiId") as unknown as StageBody;
    checkStage(ctx, "CreateStage", ApiId, body);
    if (body.AutoDeploy === true && body.DeploymentId !== undefined)
      throw badRequest("Deployment ID cannot be set on a stage with AutoDeploy enabled");
    const name = body.StageName ?? "";
    if (allParts(ctx, "stage", ApiId).some(({ StageName }) => StageName === name)) {
      throw new AwsException("ConflictException", `Stage already exists`);
    }
    return ctx.tx(() => {
      makeStage(ctx, ApiId, body);
      ctx.claim(name);
      emitChange(ctx, "Stage Created", ApiId, `/stages/${name}`);
      return withDates(findPart(ctx, "stage", ApiId, name));
    });
  },

  UpdateStage: (input, ctx) =>
    ctx.tx(() => {
      const changed = changeStage(ctx, input, (stage) => ({
        ...stage,
        ...(given(input, "ApiId", "StageVariables") as Partial<StageBody>),
        // An empty value takes a variable away.
        StageVariables: Object.fromEntries(
          Object.entries({ ...stage.StageVariables, ...input.StageVariables }).filter(([, value]) => value !== ""),
        ),
      }));
      if (changed.AutoDeploy === true && input.DeploymentId !== undefined)
        throw badRequest("Deployment ID cannot be set on a stage with AutoDeploy enabled");
      if (input.AutoDeploy === true) autoDeploy(ctx, input.ApiId ?? "");
      return withDates(findPart(ctx, "stage", input.ApiId, input.StageName));
    }),

  DeleteStage: (input, ctx) => {
    ctx.tx(() => {
      removePart(ctx, "stage", input.ApiId, input.StageName);
      emitChange(ctx, "Stage Deleted", input.ApiId ?? "", `/stages/${input.StageName}`);
    });
    return {};
  },

  GetStage: (input, ctx) => withDates(findPart(ctx, "stage", input.ApiId, input.StageName)),

  GetStages: (input, ctx) => {
    const { items, nextToken } = pageOfParts(ctx, "stage", input);
    return listed(items.map(withDates), nextToken);
  },

  DeleteAccessLogSettings: (input, ctx) => {
    changeStage(ctx, input, ({ AccessLogSettings: _, ...stage }) => stage as StageBody);
    return {};
  },

  DeleteRouteSettings: (input, ctx) => {
    changeStage(ctx, input, (stage) => ({ ...stage, RouteSettings: without(stage.RouteSettings, input.RouteKey) }));
    return {};
  },
} satisfies Operations<"apigatewayv2">;
