import { service } from "../../aws/service.ts";
import { archives } from "./archives.ts";
import { buses } from "./buses.ts";
import { deliver } from "./deliver.ts";
import { events, serviceEvents } from "./events.ts";
import { permissions } from "./permissions.ts";
import { forgetAllRules } from "./publish.ts";
import { replay, replays } from "./replays.ts";
import { resources } from "./resources.ts";
import { rules } from "./rules.ts";
import { migrations } from "./store.ts";
import { tags } from "./tags.ts";
import { targets } from "./targets.ts";
import { tick } from "./tick.ts";

export const eventbridge = service({
  id: "eventbridge",
  operations: { ...buses, ...rules, ...targets, ...events, ...archives, ...replays, ...tags },
  partial: {
    CreateEventBus: "No partner event source, customer managed key, dead-letter queue or log configuration of the bus itself.",
    UpdateEventBus: "The description alone.",
    CreateArchive: "No customer managed key; the managed rule that AWS makes beside an archive is not listed.",
    UpdateArchive: "No customer managed key.",
    PutRule: "No ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS; RoleArn is kept and not assumed.",
    PutTargets:
      "Lambda functions, SQS queues, SNS topics, CloudWatch Logs groups, event buses, pipelines and builds; the RoleArn is assumed for the last two alone.",
    PutEvents: "No global endpoints.",
  },
  notImplemented: [
    "ActivateEventSource",
    "CreateApiDestination",
    "CreateConnection",
    "CreateEndpoint",
    "CreatePartnerEventSource",
    "DeactivateEventSource",
    "DeauthorizeConnection",
    "DeleteApiDestination",
    "DeleteConnection",
    "DeleteEndpoint",
    "DeletePartnerEventSource",
    "DescribeApiDestination",
    "DescribeConnection",
    "DescribeEndpoint",
    "DescribeEventSource",
    "DescribePartnerEventSource",
    "ListApiDestinations",
    "ListConnections",
    "ListEndpoints",
    "ListEventSources",
    "ListPartnerEventSourceAccounts",
    "ListPartnerEventSources",
    "PutPartnerEvents",
    "UpdateApiDestination",
    "UpdateConnection",
    "UpdateEndpoint",
  ],
  migrations,
  messages: { "eventbridge.deliver": deliver, "eventbridge.tick": tick, "eventbridge.replay": replay },
  subscriptions: [serviceEvents],
  resources,
  start: (cloud) => cloud.lifecycle.onReset(() => forgetAllRules(cloud)),
  permissions,
});
