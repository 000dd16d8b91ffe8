import { service } from "../../aws/service.ts";
import { createAlias, deleteAlias, getAlias, listAliases, updateAlias } from "./aliases.ts";
import { runEvent } from "./async.ts";
import { permissions } from "./authorisation.ts";
import { codeDownload } from "./download.ts";
import {
  deleteFunctionEventInvokeConfig,
  getFunctionEventInvokeConfig,
  listFunctionEventInvokeConfigs,
  putFunctionEventInvokeConfig,
  updateFunctionEventInvokeConfig,
} from "./event-config.ts";
import { createFunction, deleteFunction, getFunction, getFunctionConfiguration, listFunctions } from "./functions.ts";
import { invoke } from "./invoke.ts";
import { invokeWithResponseStream } from "./invoke-stream.ts";
import {
  addLayerVersionPermission,
  deleteLayerVersion,
  getLayerVersion,
  getLayerVersionByArn,
  getLayerVersionPolicy,
  listLayers,
  listLayerVersions,
  publishLayerVersion,
  removeLayerVersionPermission,
} from "./layers.ts";
import {
  deleteFunctionConcurrency,
  getAccountSettings,
  getFunctionConcurrency,
  getRuntimeManagementConfig,
  putFunctionConcurrency,
} from "./limits.ts";
import {
  createEventSourceMapping,
  deleteEventSourceMapping,
  getEventSourceMapping,
  listEventSourceMappings,
  settleMapping,
  updateEventSourceMapping,
} from "./mappings.ts";
import { notImplementedOperations } from "./not-implemented.ts";
import { addPermission, getPolicy, removePermission } from "./permissions.ts";
import { poll, queueReader, watch } from "./poller.ts";
import { resources } from "./resources.ts";
import { settle } from "./states.ts";
import { migrations } from "./store.ts";
import { listTags, tagResource, untagResource } from "./tags.ts";
import { updateFunctionCode, updateFunctionConfiguration } from "./updates.ts";
import { functionUrls } from "./url-endpoint.ts";
import {
  createFunctionUrlConfig,
  deleteFunctionUrlConfig,
  getFunctionUrlConfig,
  listFunctionUrlConfigs,
  updateFunctionUrlConfig,
} from "./urls.ts";
import { listVersionsByFunction, publishVersion } from "./versions.ts";
import { openWorkshop } from "./workshop.ts";

export const lambda = service({
  id: "lambda",
  operations: {
    AddLayerVersionPermission: addLayerVersionPermission,
    AddPermission: addPermission,
    CreateAlias: createAlias,
    CreateEventSourceMapping: createEventSourceMapping,
    CreateFunction: createFunction,
    CreateFunctionUrlConfig: createFunctionUrlConfig,
    DeleteAlias: deleteAlias,
    DeleteEventSourceMapping: deleteEventSourceMapping,
    DeleteFunction: deleteFunction,
    DeleteFunctionConcurrency: deleteFunctionConcurrency,
    DeleteFunctionEventInvokeConfig: deleteFunctionEventInvokeConfig,
    DeleteFunctionUrlConfig: deleteFunctionUrlConfig,
    DeleteLayerVersion: deleteLayerVersion,
    GetAccountSettings: getAccountSettings,
    GetAlias: getAlias,
    GetEventSourceMapping: getEventSourceMapping,
    GetFunction: getFunction,
    GetFunctionConcurrency: getFunctionConcurrency,
    GetFunctionConfiguration: getFunctionConfiguration,
    GetFunctionEventInvokeConfig: getFunctionEventInvokeConfig,
    GetFunctionUrlConfig: getFunctionUrlConfig,
    GetLayerVersion: getLayerVersion,
    GetLayerVersionByArn: getLayerVersionByArn,
    GetLayerVersionPolicy: getLayerVersionPolicy,
    GetPolicy: getPolicy,
    GetRuntimeManagementConfig: getRuntimeManagementConfig,
    Invoke: invoke,
    InvokeWithResponseStream: invokeWithResponseStream,
    ListAliases: listAliases,
    ListEventSourceMappings: listEventSourceMappings,
    ListFunctionEventInvokeConfigs: listFunctionEventInvokeConfigs,
    ListFunctionUrlConfigs: listFunctionUrlConfigs,
    ListFunctions: listFunctions,
    ListLayerVersions: listLayerVersions,
    ListLayers: listLayers,
    ListTags: listTags,
    ListVersionsByFunction: listVersionsByFunction,
    PublishLayerVersion: publishLayerVersion,
    PublishVersion: publishVersion,
    PutFunctionConcurrency: putFunctionConcurrency,
    PutFunctionEventInvokeConfig: putFunctionEventInvokeConfig,
    RemoveLayerVersionPermission: removeLayerVersionPermission,
    RemovePermission: removePermission,
    TagResource: tagResource,
    UntagResource: untagResource,
    UpdateAlias: updateAlias,
    UpdateEventSourceMapping: updateEventSourceMapping,
    UpdateFunctionCode: updateFunctionCode,
    UpdateFunctionConfiguration: updateFunctionConfiguration,
    UpdateFunctionEventInvokeConfig: updateFunctionEventInvokeConfig,
    UpdateFunctionUrlConfig: updateFunctionUrlConfig,
  },
  partial: {
    CreateEventSourceMapping: "SQS queues only.",
    UpdateEventSourceMapping: "SQS queues only.",
    CreateFunction: "Node.js and Python only; no VPC, EFS, images, SnapStart, code signing, durable functions or capacity providers.",
    UpdateFunctionConfiguration: "As CreateFunction.",
    InvokeWithResponseStream: "As Invoke.",
    Invoke: "Runs on the machine's own Node.js and python3, whatever the version in the runtime's name; no tenants, no durable executions.",
    GetRuntimeManagementConfig: "Always Auto: the runtime is the machine's.",
  },
  notImplemented: notImplementedOperations,
  migrations,
  messages: {
    "lambda.settle": settle,
    "lambda.event": runEvent,
    "lambda.mapping": settleMapping,
    "lambda.poll": poll,
    "lambda.watch": watch,
  },
  subscriptions: [queueReader],
  endpoints: [functionUrls, codeDownload],
  resources,
  permissions,
  start: openWorkshop,
});
