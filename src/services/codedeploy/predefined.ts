import type { TrafficRoutingConfig } from "@aws-sdk/client-codedeploy";
import type { ConfigBody } from "./configs.ts";

export const PREFIX = "CodeDeployDefault.";

const canary = (canaryPercentage: number, canaryInterval: number): TrafficRoutingConfig => ({
  type: "TimeBasedCanary",
  timeBasedCanary: { canaryPercentage, canaryInterval },
});
const linear = (linearPercentage: number, linearInterval: number): TrafficRoutingConfig => ({
  type: "TimeBasedLinear",
  timeBasedLinear: { linearPercentage, linearInterval },
});
const lambda = (trafficRoutingConfig: TrafficRoutingConfig): ConfigBody => ({ computePlatform: "Lambda", trafficRoutingConfig });
const ecs = (trafficRoutingConfig: TrafficRoutingConfig): ConfigBody => ({ computePlatform: "ECS", trafficRoutingConfig });
const server = (type: "HOST_COUNT" | "FLEET_PERCENT", value: number): ConfigBody => ({
  computePlatform: "Server",
  minimumHealthyHosts: { type, value },
});

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html */
export const PREDEFINED: ReadonlyMap<string, ConfigBody> = new Map(
  Object.entries({
    AllAtOnce: server("HOST_COUNT", 0),
    ECSAllAtOnce: ecs({ type: "AllAtOnce" }),
    ECSCanary10Percent15Minutes: ecs(canary(10, 15)),
    ECSCanary10Percent5Minutes: ecs(canary(10, 5)),
    ECSLinear10PercentEvery1Minutes: ecs(linear(10, 1)),
    ECSLinear10PercentEvery3Minutes: ecs(linear(10, 3)),
    HalfAtATime: server("FLEET_PERCENT", 50),
    LambdaAllAtOnce: lambda({ type: "AllAtOnce" }),
    LambdaCanary10Percent10Minutes: lambda(canary(10, 10)),
    LambdaCanary10Percent15Minutes: lambda(canary(10, 15)),
    LambdaCanary10Percent30Minutes: lambda(canary(10, 30)),
    LambdaCanary10Percent5Minutes: lambda(canary(10, 5)),
    LambdaLinear10PercentEvery10Minutes: lambda(linear(10, 10)),
    LambdaLinear10PercentEvery1Minute: lambda(linear(10, 1)),
    LambdaLinear10PercentEvery2Minutes: lambda(linear(10, 2)),
    LambdaLinear10PercentEvery3Minutes: lambda(linear(10, 3)),
    OneAtATime: server("FLEET_PERCENT", 99),
  }).map(([name, body]) => [`${PREFIX}${name}`, body]),
);

/** What a group gets that names none. */
export const DEFAULT_CONFIGS = { Server: `${PREFIX}OneAtATime`, Lambda: `${PREFIX}LambdaAllAtOnce`, ECS: `${PREFIX}ECSAllAtOnce` } as const;
