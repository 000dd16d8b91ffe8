import type { Cloud } from "../../aws/context.ts";
import { Context } from "../../aws/context.ts";
import { servicePrincipal } from "../../aws/identity.ts";
import { cachedStages } from "./cache.ts";
import type { ApiBody, AuthorizerBody, IntegrationBody, RouteBody, StageBody } from "./parts.ts";
import { Router } from "./routing.ts";
import { selectAnyApi, selectPart, selectSnapshot } from "./store.ts";

export interface LiveRoute {
  readonly body: RouteBody;
  readonly integration: IntegrationBody | undefined;
  readonly authorizer: AuthorizerBody | undefined;
}

/** A stage as it is served: its settings, and the routes of its deployment. */
export interface LiveStage {
  readonly api: ApiBody;
  readonly apiId: string;
  readonly account: string;
  readonly region: string;
  readonly stage: StageBody;
  readonly name: string;
  readonly router: Router<LiveRoute>;
}

/** The stage of an API by name; undefined when there is none. */
export function liveStage(cloud: Cloud, apiId: string, name: string): LiveStage | undefined {
  const stages = cachedStages(cloud, apiId);
  if (!stages.has(name)) {
    // Only names that a stage can have are kept, so that clients cannot fill the cache with made-up ones.
    const found = readStage(cloud, apiId, name);
    if (found === undefined) return undefined;
    stages.set(name, found);
  }
  return stages.get(name);
}

interface Snapshot {
  readonly routes: readonly RouteBody[];
  readonly integrations: readonly IntegrationBody[];
  readonly authorizers: readonly AuthorizerBody[];
}

function readStage(cloud: Cloud, apiId: string, name: string): LiveStage | undefined {
  const api = cloud.store.get(selectAnyApi, { id: apiId });
  const row = api === undefined ? undefined : cloud.store.get(selectPart, { api: apiId, kind: "stage", id: name });
  if (api === undefined || row === undefined) return undefined;
  const stage = JSON.parse(row.body) as StageBody;
  const kept = cloud.store.get(selectSnapshot, { api: apiId, deployment: stage.DeploymentId ?? "" })?.body;
  const { routes, integrations, authorizers }: Snapshot =
    kept === undefined ? { routes: [], integrations: [], authorizers: [] } : (JSON.parse(kept) as Snapshot);
  const live = routes.map((body): readonly [string, LiveRoute] => {
    const integration = integrations.find(({ IntegrationId }) => body.Target === `integrations/${IntegrationId}`);
    return [
      body.RouteKey ?? "",
      { body, integration, authorizer: authorizers.find(({ AuthorizerId }) => AuthorizerId === body.AuthorizerId) },
    ];
  });
  const { account, region } = api;
  return { api: JSON.parse(api.body) as ApiBody, apiId, account, region, stage, name, router: new Router(live) };
}

/** The context in which API Gateway acts for an API. */
export function gatewayContext(cloud: Cloud, live: LiveStage, requestId: string): Context {
  const principal = servicePrincipal(live.account, "apigateway.amazonaws.com");
  const { generation } = cloud.store;
  return new Context(cloud, { account: live.account, region: live.region, principal, requestId, generation });
}
