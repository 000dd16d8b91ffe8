import { service } from "../../aws/service.ts";
import { apis } from "./apis.ts";
import { forgetDecisions } from "./authorize-lambda.ts";
import { authorizers } from "./authorizers.ts";
import { forgetAllApis } from "./cache.ts";
import { deployments } from "./deployments.ts";
import { integrations } from "./integrations.ts";
import { forgetKeys } from "./jwt.ts";
import { notImplementedOperations } from "./not-implemented.ts";
import { permissionsOf } from "./permissions.ts";
import { resources } from "./resources.ts";
import { routes } from "./routes.ts";
import { executeApi } from "./serve.ts";
import { migrations } from "./store.ts";
import { tags } from "./tags.ts";
import { forgetBuckets } from "./throttle.ts";

const operations = { ...apis, ...routes, ...integrations, ...authorizers, ...deployments, ...tags };

export const apigatewayv2 = service({
  id: "apigatewayv2",
  operations,
  permissions: permissionsOf(operations),
  partial: {
    CreateApi: "HTTP APIs only, no WebSocket APIs.",
    UpdateApi: "No change of what quick create made.",
    CreateIntegration:
      "No VPC links, no TLS configuration; of the AWS services EventBridge-PutEvents and SQS-SendMessage; a role is kept and not assumed.",
    UpdateIntegration: "As CreateIntegration.",
    CreateStage: "Access logs to CloudWatch Logs only.",
    UpdateStage: "Access logs to CloudWatch Logs only.",
    TagResource: "APIs and stages.",
  },
  notImplemented: notImplementedOperations,
  migrations,
  endpoints: [executeApi],
  resources,
  start: (cloud) =>
    cloud.lifecycle.onReset(() => {
      forgetAllApis(cloud);
      forgetDecisions(cloud, "");
      forgetBuckets(cloud);
      forgetKeys(cloud);
    }),
});
