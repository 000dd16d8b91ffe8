import { AwsException } from "../../aws/exception.ts";
import type { MessageHandler, Operations } from "../../aws/service.ts";
import { create, find, remove, roleBody } from "./entities.ts";
import { fullRole } from "./roles.ts";
import { deletionTasks, entities } from "./store.ts";

/** Names that do not follow from the service's host: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html */
const NAMES: Readonly<Record<string, string>> = {
  "apidestinations.events": "AmazonEventBridgeApiDestinations",
  "application-signals.cloudwatch": "CloudWatchApplicationSignals",
  autoscaling: "AutoScaling",
  "dynamodb.application-autoscaling": "ApplicationAutoScaling_DynamoDBTable",
  "ecs.application-autoscaling": "ApplicationAutoScaling_ECSService",
  "lambda.application-autoscaling": "ApplicationAutoScaling_LambdaConcurrency",
  ecs: "ECS",
  elasticloadbalancing: "ElasticLoadBalancing",
  "ops.apigateway": "APIGateway",
  rds: "RDS",
  "replication.dynamodb": "DynamoDBReplication",
  spot: "EC2Spot",
};

/** Services whose role may exist several times, told apart by a suffix. */
const SUFFIXED = new Set(["autoscaling", "connect", "lexv2", "grafana"]);

export const serviceLinkedOperations = {
  CreateServiceLinkedRole: (input, ctx) => {
    const host = input.AWSServiceName ?? "";
    const service = /^([\w.-]+)\.amazonaws\.com$/.exec(host)?.[1];
    if (service === undefined) {
      throw new AwsException(
        "InvalidInputException",
        `Service role name ${host} is not valid: the service's principal is expected, e.g. ecs.amazonaws.com.`,
      );
    }
    const suffix = input.CustomSuffix;
    if (suffix !== undefined && !SUFFIXED.has(service)) {
      throw new AwsException("InvalidInputException", `Custom suffix is not allowed for ${host}`);
    }
    const base = NAMES[service] ?? pascal(service);
    const name = `AWSServiceRoleFor${base}${suffix === undefined ? "" : `_${suffix}`}`;
    if (ctx.get(entities.byName, { kind: "role", name }) !== undefined) {
      throw new AwsException(
        "InvalidInputException",
        `Service role name ${name} has been taken in this account, please try a different suffix.`,
      );
    }
    const statement = { Effect: "Allow", Principal: { Service: host }, Action: "sts:AssumeRole" };
    const trust = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    const description = input.Description === undefined ? {} : { description: input.Description };
    const body = { trust, maxSession: 3600, linkedTo: host, ...description };
    return { Role: fullRole(ctx, create(ctx, { kind: "role", name, path: `/aws-service-role/${host}/`, body })) };
  },

  DeleteServiceLinkedRole: (input, ctx) => {
    const role = find(ctx, "role", input.RoleName ?? "");
    const { linkedTo } = roleBody(role);
    if (linkedTo === undefined) {
      throw new AwsException("InvalidInputException", `The role ${role.name} is not a service-linked role.`);
    }
    const id = `task/aws-service-role/${linkedTo}/${role.name}/${ctx.cloud.ids.uuid()}`;
    ctx.tx(() => {
      ctx.run(deletionTasks.insert, { id, status: "IN_PROGRESS", reason: null });
      ctx.send("iam.delete-service-linked-role", { task: id, role: role.name });
    });
    return { DeletionTaskId: id };
  },

  GetServiceLinkedRoleDeletionStatus: (input, ctx) => {
    const task = ctx.get(deletionTasks.get, { id: input.DeletionTaskId ?? "" });
    if (task === undefined) throw new AwsException("NoSuchEntityException", `Deletion task ${input.DeletionTaskId} not found.`);
    const Status = task.status === "SUCCEEDED" ? ("SUCCEEDED" as const) : ("IN_PROGRESS" as const);
    return { Status };
  },
} satisfies Operations<"iam">;

/** The second half of DeleteServiceLinkedRole. Nothing here uses service-linked roles, so none is ever in use. */
export const deleteServiceLinkedRole: MessageHandler = (ctx, { payload }) => {
  const { task, role: name } = payload as { task: string; role: string };
  ctx.tx(() => {
    const role = ctx.get(entities.byName, { kind: "role", name });
    if (role !== undefined) remove(ctx, role);
    ctx.run(deletionTasks.finish, { id: task, status: "SUCCEEDED", reason: null });
  });
};

function pascal(service: string): string {
  return service
    .split(/[.-]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
}
