import type {
  ComputePlatform,
  DeploymentConfigInfo,
  MinimumHealthyHosts,
  TrafficRoutingConfig,
  ZonalConfig,
} from "@aws-sdk/client-codedeploy";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import type { AwsException } from "../../aws/exception.ts";
import { pageOf } from "../../aws/paging.ts";
import { given } from "../../aws/properties.ts";
import { configArn } from "./arns.ts";
import { noConfig, refused } from "./errors.ts";
import { checkName } from "./names.ts";
import { afterName, PAGE } from "./paging.ts";
import { PREDEFINED, PREFIX } from "./predefined.ts";
import * as store from "./store.ts";
import { lastShiftMinutes } from "./traffic.ts";

export interface ConfigBody {
  readonly computePlatform: ComputePlatform;
  readonly minimumHealthyHosts?: MinimumHealthyHosts;
  readonly trafficRoutingConfig?: TrafficRoutingConfig;
  readonly zonalConfig?: ZonalConfig;
}

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html */
const MOST_CONFIGS = 50;
const LONGEST_SHIFT_MINUTES = 2_880;
const LARGEST_INCREMENT = 99;

/** A configuration by name, predefined or the account's own. @throws DeploymentConfigDoesNotExistException */
export function configNamed(ctx: Context, name: string): ConfigBody {
  const known = PREDEFINED.get(name);
  if (known !== undefined) return known;
  const row = ctx.get(store.selectConfig, { name });
  if (row === undefined) throw noConfig(name);
  return JSON.parse(row.body) as ConfigBody;
}

const badTraffic = (message: string): AwsException => refused("InvalidTrafficRoutingConfigurationException", message);

function checkTraffic(config: TrafficRoutingConfig | undefined): TrafficRoutingConfig {
  if (config?.type === undefined) throw badTraffic("A traffic routing configuration with a type is required for the compute platform.");
  const { type, timeBasedCanary, timeBasedLinear } = config;
  if (type === "AllAtOnce") {
    if (timeBasedCanary !== undefined || timeBasedLinear !== undefined) throw badTraffic("AllAtOnce takes no increments.");
    return { type };
  }
  const [percentage, interval] =
    type === "TimeBasedCanary"
      ? [timeBasedCanary?.canaryPercentage, timeBasedCanary?.canaryInterval]
      : [timeBasedLinear?.linearPercentage, timeBasedLinear?.linearInterval];
  if (percentage === undefined || interval === undefined) throw badTraffic(`${type} needs a percentage and an interval.`);
  if (percentage < 1 || percentage > LARGEST_INCREMENT)
    throw badTraffic(`The percentage ${percentage} is invalid: it must be between 1 and ${LARGEST_INCREMENT}.`);
  if (interval < 1) throw badTraffic(`The interval ${interval} is invalid: it must be at least 1 minute.`);
  const minutes = lastShiftMinutes(config);
  if (minutes > LONGEST_SHIFT_MINUTES)
    throw badTraffic(`Between the first and the last shift are ${minutes} minutes; ${LONGEST_SHIFT_MINUTES} are the most.`);
  return type === "TimeBasedCanary" ? { type, ...given({ timeBasedCanary }) } : { type, ...given({ timeBasedLinear }) };
}

interface Hosts {
  readonly type?: string | undefined;
  readonly value?: number | undefined;
}

const isHosts = ({ type, value }: Hosts): boolean =>
  value !== undefined && Number.isInteger(value) && value >= 0 && (type === "HOST_COUNT" || (type === "FLEET_PERCENT" && value < 100));

function checkZonal(zonal: ZonalConfig): void {
  const invalid = (message: string): AwsException => refused("InvalidZonalDeploymentConfigurationException", message);
  for (const name of ["firstZoneMonitorDurationInSeconds", "monitorDurationInSeconds"] as const) {
    if ((zonal[name] ?? 0) < 0) throw invalid(`${name} must not be negative.`);
  }
  const perZone = zonal.minimumHealthyHostsPerZone;
  if (perZone !== undefined && !isHosts(perZone)) throw invalid("minimumHealthyHostsPerZone needs a type and a value that goes with it.");
}

function bodyOf(input: Input<"codedeploy", "CreateDeploymentConfig">): ConfigBody {
  const computePlatform = input.computePlatform ?? "Server";
  const { minimumHealthyHosts, trafficRoutingConfig, zonalConfig } = input;
  if (computePlatform !== "Server") {
    if (minimumHealthyHosts !== undefined)
      throw refused(
        "InvalidMinimumHealthyHostValueException",
        `Minimum healthy hosts are not for the compute platform ${computePlatform}.`,
      );
    if (zonalConfig !== undefined)
      throw refused("InvalidZonalDeploymentConfigurationException", `Zones are not for the compute platform ${computePlatform}.`);
    return { computePlatform, trafficRoutingConfig: checkTraffic(trafficRoutingConfig) };
  }
  if (trafficRoutingConfig !== undefined) throw badTraffic("Traffic routing is not for the compute platform Server.");
  if (minimumHealthyHosts === undefined || !isHosts(minimumHealthyHosts))
    throw refused("InvalidMinimumHealthyHostValueException", "The minimum of healthy hosts needs a type, and a value that goes with it.");
  if (zonalConfig !== undefined) checkZonal(zonalConfig);
  return { computePlatform, minimumHealthyHosts, ...(zonalConfig === undefined ? {} : { zonalConfig }) };
}

export function createDeploymentConfig(
  input: Input<"codedeploy", "CreateDeploymentConfig">,
  ctx: Context,
): Output<"codedeploy", "CreateDeploymentConfig"> {
  const name = checkName("InvalidDeploymentConfigNameException", input.deploymentConfigName);
  if (name.startsWith(PREFIX)) throw refused("InvalidDeploymentConfigNameException", `Names that begin with ${PREFIX} are reserved.`);
  const body = bodyOf(input);
  return ctx.tx(() => {
    if (ctx.get(store.selectConfig, { name }) !== undefined)
      throw refused("DeploymentConfigAlreadyExistsException", `Deployment Configuration already exists with name: ${name}`);
    if (ctx.all(store.selectConfigs, {}).length >= MOST_CONFIGS)
      throw refused("DeploymentConfigLimitExceededException", `An account has at most ${MOST_CONFIGS} deployment configurations.`);
    const id = ctx.cloud.ids.uuid();
    ctx.run(store.insertConfig, { name, id, created: ctx.now, body: JSON.stringify(body) });
    ctx.claim(name);
    ctx.emit({
      source: "aws.codedeploy",
      type: "Deployment configuration created",
      resources: [configArn(ctx, name)],
      detail: { ...body },
    });
    return { deploymentConfigId: id };
  });
}

export function getDeploymentConfig(
  input: Input<"codedeploy", "GetDeploymentConfig">,
  ctx: Context,
): Output<"codedeploy", "GetDeploymentConfig"> {
  const deploymentConfigName = input.deploymentConfigName ?? "";
  const row = ctx.get(store.selectConfig, { name: deploymentConfigName });
  const body = configNamed(ctx, deploymentConfigName);
  const own = row === undefined ? {} : { deploymentConfigId: row.id, createTime: new Date(row.created) };
  const deploymentConfigInfo: DeploymentConfigInfo = { deploymentConfigName, ...own, ...body };
  return { deploymentConfigInfo };
}

export function listDeploymentConfigs(
  input: Input<"codedeploy", "ListDeploymentConfigs">,
  ctx: Context,
): Output<"codedeploy", "ListDeploymentConfigs"> {
  const after = afterName(input.nextToken);
  const names = [...PREDEFINED.keys(), ...ctx.all(store.selectConfigs, {}).map(({ name }) => name)].sort().filter((name) => name > after);
  const page = pageOf(names, PAGE, (name) => [name]);
  return { deploymentConfigsList: page.items, nextToken: page.nextToken };
}

export function deleteDeploymentConfig(
  input: Input<"codedeploy", "DeleteDeploymentConfig">,
  ctx: Context,
): Output<"codedeploy", "DeleteDeploymentConfig"> {
  const name = input.deploymentConfigName ?? "";
  if (PREDEFINED.has(name)) throw refused("InvalidOperationException", "Predefined deployment configurations cannot be deleted.");
  return ctx.tx(() => {
    if ((ctx.get(store.countGroupsWithConfig, { config: name })?.count ?? 0) > 0)
      throw refused("DeploymentConfigInUseException", `The deployment configuration ${name} is in use.`);
    if (ctx.run(store.deleteConfig, { name }) === 0) return {};
    ctx.emit({ source: "aws.codedeploy", type: "Deployment configuration deleted", resources: [configArn(ctx, name)], detail: {} });
    return {};
  });
}
