import { service } from "../../aws/service.ts";
import { createAlias, deleteAlias, getAlias, listAliases, updateAlias } from "./aliases.ts";
import { runEvent } from "./async.ts";
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
import { notImplementedOperations } from "./not-implemented.ts";
import { addPermission, getPolicy, removePermission } from "./permissions.ts";
import { settle } from "./states.ts";
import { migrations } from "./store.ts";
import { listTags, tagResource, untagResource } from "./tags.ts";
import { updateFunctionCode, updateFunctionConfiguration } from "./updates.ts";
import { listVersionsByFunction, publishVersion } from "./versions.ts";
import { openWorkshop } from "./workshop.ts";

export const lambda = service({
  id: "lambda",
  operations: {
    AddLayerVersionPermission: addLayerVersionPermission,
    AddPermission: addPermission,
    CreateAlias: createAlias,
    CreateFunction: createFunction,
    DeleteAlias: deleteAlias,
    DeleteFunction: deleteFunction,
    DeleteFunctionConcurrency: deleteFunctionConcurrency,
    DeleteFunctionEventInvokeConfig: deleteFunctionEventInvokeConfig,
    DeleteLayerVersion: deleteLayerVersion,
    GetAccountSettings: getAccountSettings,
    GetAlias: getAlias,
    GetFunction: getFunction,
    GetFunctionConcurrency: getFunctionConcurrency,
    GetFunctionConfiguration: getFunctionConfiguration,
    GetFunctionEventInvokeConfig: getFunctionEventInvokeConfig,
    GetLayerVersion: getLayerVersion,
    GetLayerVersionByArn: getLayerVersionByArn,
    GetLayerVersionPolicy: getLayerVersionPolicy,
    GetPolicy: getPolicy,
    GetRuntimeManagementConfig: getRuntimeManagementConfig,
    Invoke: invoke,
    ListAliases: listAliases,
    ListFunctionEventInvokeConfigs: listFunctionEventInvokeConfigs,
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
    UpdateFunctionCode: updateFunctionCode,
    UpdateFunctionConfiguration: updateFunctionConfiguration,
    UpdateFunctionEventInvokeConfig: updateFunctionEventInvokeConfig,
  },
  partial: {
    CreateFunction: "Node.js and Python only; no VPC, EFS, images, SnapStart, code signing, durable functions or capacity providers.",
    UpdateFunctionConfiguration: "As CreateFunction.",
    Invoke: "Runs on the machine's own Node.js and python3, whatever the version in the runtime's name; no tenants, no durable executions.",
    GetRuntimeManagementConfig: "Always Auto: the runtime is the machine's.",
  },
  notImplemented: [
    ...notImplementedOperations,
    "CreateEventSourceMapping",
    "DeleteEventSourceMapping",
    "GetEventSourceMapping",
    "ListEventSourceMappings",
    "UpdateEventSourceMapping",
    "CreateFunctionUrlConfig",
    "DeleteFunctionUrlConfig",
    "GetFunctionUrlConfig",
    "ListFunctionUrlConfigs",
    "UpdateFunctionUrlConfig",
  ],
  migrations,
  messages: { "lambda.settle": settle, "lambda.event": runEvent },
  endpoints: [codeDownload],
  start: openWorkshop,
});
