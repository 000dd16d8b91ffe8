import { service } from "../../aws/service.ts";
import { approvalOperations } from "./approvals.ts";
import { customActions } from "./custom-actions.ts";
import { messages } from "./engine/handlers.ts";
import { executionOperations } from "./history/executions.ts";
import { runOperations } from "./history/runs.ts";
import { stateOperations } from "./history/state.ts";
import { interventionOperations } from "./interventions.ts";
import { jobs } from "./jobs.ts";
import { permissions } from "./permissions.ts";
import { pipelineOperations } from "./pipelines.ts";
import { pipelineResources } from "./resources.ts";
import { startOperations } from "./starts.ts";
import { migrations } from "./store.ts";
import { tagOperations } from "./tags.ts";
import { thirdParty } from "./third-party.ts";
import { transitionOperations } from "./transitions.ts";
import { polledSources } from "./triggers.ts";
import { connectionPushes } from "./triggers-connections.ts";
import { wakes } from "./wakes.ts";
import { webhooks } from "./webhooks.ts";
import { webhookUrls } from "./webhooks-endpoint.ts";

export const codepipeline = service({
  id: "codepipeline",
  operations: {
    ...approvalOperations,
    ...customActions,
    ...executionOperations,
    ...interventionOperations,
    ...jobs,
    ...pipelineOperations,
    ...runOperations,
    ...startOperations,
    ...stateOperations,
    ...tagOperations,
    ...thirdParty,
    ...transitionOperations,
    ...webhooks,
  },
  partial: {
    ListDeployActionExecutionTargets:
      "A deploy action has one target, itself: the instances of its deployment are asked for at CodeDeploy.",
  },
  notImplemented: ["DeregisterWebhookWithThirdParty", "RegisterWebhookWithThirdParty"],
  migrations,
  messages,
  subscriptions: [connectionPushes, polledSources, wakes],
  endpoints: [webhookUrls],
  resources: { ...pipelineResources },
  permissions,
});

export { type Script, type ScriptedOutcome, type ScriptedOutcomes, scriptActions } from "./scripted.ts";
