import type { Context } from "../../aws/context.ts";
import type { RequiredPermission, ServiceDefinition } from "../../aws/service.ts";
import { applicationArn, configArn, groupArn } from "./arns.ts";
import { deploymentById } from "./records.ts";

type Permissions = NonNullable<ServiceDefinition<"codedeploy">["permissions"]>;
type Named = Readonly<Record<string, unknown>>;
type Asks = (input: Named, ctx: Context) => RequiredPermission[];

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodedeploy.html */
const ON_APPLICATION = [
  "BatchGetApplicationRevisions",
  "CreateApplication",
  "DeleteApplication",
  "GetApplication",
  "GetApplicationRevision",
  "ListApplicationRevisions",
  "ListDeploymentGroups",
  "RegisterApplicationRevision",
  "UpdateApplication",
] as const;
const ON_GROUP = {
  CreateDeployment: "deploymentGroupName",
  CreateDeploymentGroup: "deploymentGroupName",
  DeleteDeploymentGroup: "deploymentGroupName",
  GetDeploymentGroup: "deploymentGroupName",
  ListDeployments: "deploymentGroupName",
  UpdateDeploymentGroup: "currentDeploymentGroupName",
} as const;
const ON_CONFIG = ["CreateDeploymentConfig", "DeleteDeploymentConfig", "GetDeploymentConfig"] as const;
const ON_DEPLOYMENT = ["GetDeployment", "PutLifecycleEventHookExecutionStatus"] as const;
const ON_TAGGED = ["ListTagsForResource", "TagResource", "UntagResource"] as const;
const PASSED = { "iam:PassedToService": ["codedeploy.amazonaws.com"] };

function onApplication(action: string): Asks {
  return (input, ctx) => [{ action: `codedeploy:${action}`, resource: applicationArn(ctx, text(input["applicationName"])) }];
}

function onGroup(action: string, member: string): Asks {
  return (input, ctx) => {
    const resource = groupArn(ctx, text(input["applicationName"]), text(input[member]));
    const role = input["serviceRoleArn"];
    const passed = typeof role === "string" ? [{ action: "iam:PassRole", resource: role, conditions: PASSED }] : [];
    return [{ action: `codedeploy:${action}`, resource }, ...passed];
  };
}

function onConfig(action: string): Asks {
  return (input, ctx) => [{ action: `codedeploy:${action}`, resource: configArn(ctx, text(input["deploymentConfigName"])) }];
}

/** What is asked about a deployment is asked of its group. */
function onDeployment(action: string): Asks {
  return (input, ctx) => {
    const deployment = deploymentById(ctx, text(input["deploymentId"]));
    const resource = deployment === undefined ? "*" : groupArn(ctx, deployment.application, deployment.grp);
    return [{ action: `codedeploy:${action}`, resource }];
  };
}

function onTagged(action: string): Asks {
  return (input) => [{ action: `codedeploy:${action}`, resource: text(input["ResourceArn"]) }];
}

export const permissions = Object.fromEntries([
  ...ON_APPLICATION.map((name) => [name, onApplication(name)]),
  ...Object.entries(ON_GROUP).map(([name, member]) => [name, onGroup(name, member)]),
  ...ON_CONFIG.map((name) => [name, onConfig(name)]),
  ...ON_DEPLOYMENT.map((name) => [name, onDeployment(name)]),
  ...ON_TAGGED.map((name) => [name, onTagged(name)]),
]) as Permissions;
