import { service } from "../../aws/service.ts";
import { createChangeSet, deleteChangeSet, describeChangeSet, executeChangeSet, listChangeSets } from "./change-sets.ts";
import {
  describeEvents,
  describeStackEvents,
  describeStackResource,
  describeStackResources,
  describeStacks,
  listStackResources,
  listStacks,
} from "./describe.ts";
import {
  describeStackDriftDetectionStatus,
  describeStackResourceDrifts,
  detectDrift,
  detectStackDrift,
  detectStackResourceDrift,
} from "./drift.ts";
import { deploymentEnds } from "./engine/alias-deployment.ts";
import { attempt } from "./engine/attempt.ts";
import { monitor, triggerAlarms } from "./engine/rollback-triggers.ts";
import { start, timeout } from "./engine/start.ts";
import {
  cancelUpdateStack,
  continueUpdateRollback,
  getStackPolicy,
  listExports,
  listImports,
  rollbackStack,
  setStackPolicy,
  signalResource,
  updateTerminationProtection,
} from "./operations.ts";
import { permissions } from "./permissions.ts";
import { createStack, deleteStack, updateStack } from "./stacks.ts";
import { migrations } from "./store.ts";
import { getTemplate, getTemplateSummary, validate } from "./templates.ts";
import { macro } from "./types/macro.ts";
import { nestedStack } from "./types/nested.ts";
import { BUCKET_PREFIX } from "./types/response-bucket.ts";
import { answered, waitCondition, waitConditionHandle } from "./types/wait.ts";

const DRIFT = "Only properties that the type reads back are compared; what a type does not read is not said to have drifted.";

export const cloudformation = service({
  id: "cloudformation",
  operations: {
    CancelUpdateStack: cancelUpdateStack,
    ContinueUpdateRollback: continueUpdateRollback,
    CreateChangeSet: createChangeSet,
    CreateStack: createStack,
    DeleteChangeSet: deleteChangeSet,
    DeleteStack: deleteStack,
    DescribeChangeSet: describeChangeSet,
    DescribeEvents: describeEvents,
    DescribeStackDriftDetectionStatus: describeStackDriftDetectionStatus,
    DescribeStackEvents: describeStackEvents,
    DescribeStackResource: describeStackResource,
    DescribeStackResourceDrifts: describeStackResourceDrifts,
    DescribeStackResources: describeStackResources,
    DescribeStacks: describeStacks,
    DetectStackDrift: detectStackDrift,
    DetectStackResourceDrift: detectStackResourceDrift,
    ExecuteChangeSet: executeChangeSet,
    GetStackPolicy: getStackPolicy,
    GetTemplate: getTemplate,
    GetTemplateSummary: getTemplateSummary,
    ListChangeSets: listChangeSets,
    ListExports: listExports,
    ListImports: listImports,
    ListStackResources: listStackResources,
    ListStacks: listStacks,
    RollbackStack: rollbackStack,
    SetStackPolicy: setStackPolicy,
    SignalResource: signalResource,
    UpdateStack: updateStack,
    UpdateTerminationProtection: updateTerminationProtection,
    ValidateTemplate: validate,
  },
  notImplemented: [
    "ActivateOrganizationsAccess",
    "ActivateType",
    "BatchDescribeTypeConfigurations",
    "CreateGeneratedTemplate",
    "CreateStackInstances",
    "CreateStackRefactor",
    "CreateStackSet",
    "DeactivateOrganizationsAccess",
    "DeactivateType",
    "DeleteGeneratedTemplate",
    "DeleteStackInstances",
    "DeleteStackSet",
    "DeregisterType",
    "DescribeAccountLimits",
    "DescribeChangeSetHooks",
    "DescribeGeneratedTemplate",
    "DescribeOrganizationsAccess",
    "DescribePublisher",
    "DescribeResourceScan",
    "DescribeStackInstance",
    "DescribeStackRefactor",
    "DescribeStackSet",
    "DescribeStackSetOperation",
    "DescribeType",
    "DescribeTypeRegistration",
    "DetectStackSetDrift",
    "EstimateTemplateCost",
    "ExecuteStackRefactor",
    "GetGeneratedTemplate",
    "GetHookResult",
    "ImportStacksToStackSet",
    "ListGeneratedTemplates",
    "ListHookResults",
    "ListResourceScanRelatedResources",
    "ListResourceScanResources",
    "ListResourceScans",
    "ListStackInstanceResourceDrifts",
    "ListStackInstances",
    "ListStackRefactorActions",
    "ListStackRefactors",
    "ListStackSetAutoDeploymentTargets",
    "ListStackSetOperationResults",
    "ListStackSetOperations",
    "ListStackSets",
    "ListTypeRegistrations",
    "ListTypeVersions",
    "ListTypes",
    "PublishType",
    "RecordHandlerProgress",
    "RegisterPublisher",
    "RegisterType",
    "RemoveAlias",
    "SetAlias",

    "SetTypeConfiguration",
    "SetTypeDefaultVersion",
    "StartResourceScan",
    "StopStackSetOperation",
    "TestType",
    "UpdateGeneratedTemplate",
    "UpdateStackInstances",
    "UpdateStackSet",
  ],
  partial: {
    CreateStack: "No rollback triggers or AWS::Serverless transform; a transform that fails is refused at once.",
    UpdateStack:
      "No rollback triggers, AWS::Serverless transform or UpdatePolicy but CodeDeployLambdaAliasUpdate; a transform that fails is refused at once.",
    CreateChangeSet: "No imports, rollback triggers or drift-aware change sets; nested stacks are shown as one change.",
    DetectStackDrift: DRIFT,
    DetectStackResourceDrift: DRIFT,
    DescribeEvents: "Only by stack or change set.",
  },
  migrations,
  messages: {
    "cloudformation.start": start,
    "cloudformation.attempt": attempt,
    "cloudformation.answer": answered,
    "cloudformation.monitor": monitor,
    "cloudformation.timeout": timeout,
    "cloudformation.drift": detectDrift,
  },
  subscriptions: [
    deploymentEnds,
    triggerAlarms,
    {
      name: "cloudformation.answers",
      wants: (event) =>
        event.source === "aws.s3" && event.type === "Object Created" && event.resources.some((arn) => arn.includes(BUCKET_PREFIX)),
      handle: (ctx, event) => {
        const object = event.detail["object"] as { readonly key?: string; readonly "version-id"?: string } | undefined;
        const key = object?.key ?? "";
        const [stack = ""] = key.split("|");
        const account = stack.split(":")[4];
        if (account !== undefined) ctx.with({ account }).send("cloudformation.answer", { key, version: object?.["version-id"] });
      },
    },
  ],
  resources: {
    "AWS::CloudFormation::Macro": macro,
    "AWS::CloudFormation::Stack": nestedStack,
    "AWS::CloudFormation::WaitCondition": waitCondition,
    "AWS::CloudFormation::WaitConditionHandle": waitConditionHandle,
  },
  permissions,
});
