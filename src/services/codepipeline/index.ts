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
import { providerPermissions } from "./permissions-providers.ts";
import { pipelineOperations } from "./pipelines.ts";
import { pipelineResources } from "./resources.ts";
import { providerResources } from "./resources-providers.ts";
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

const PARTNERS = "Answers as to an account that is no partner of AWS: it has no such action types and no jobs of them.";

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
    CreatePipeline: "An action in another region reads its input artifacts where they were made: they are not copied there.",
    AcknowledgeThirdPartyJob: PARTNERS,
    GetActionType: PARTNERS,
    GetThirdPartyJobDetails: PARTNERS,
    ListDeployActionExecutionTargets:
      "A deploy action has one target, itself: the instances of its deployment are asked for at CodeDeploy.",
    PollForThirdPartyJobs: PARTNERS,
    PutThirdPartyJobFailureResult: PARTNERS,
    PutThirdPartyJobSuccessResult: PARTNERS,
    UpdateActionType: PARTNERS,
  },
  notImplemented: ["DeregisterWebhookWithThirdParty", "RegisterWebhookWithThirdParty"],
  migrations,
  messages,
  subscriptions: [connectionPushes, polledSources, wakes],
  endpoints: [webhookUrls],
  resources: { ...pipelineResources, ...providerResources },
  permissions: { ...permissions, ...providerPermissions },
});

export { type Script, type ScriptedOutcome, type ScriptedOutcomes, scriptActions } from "./scripted.ts";
