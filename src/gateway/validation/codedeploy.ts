import type { Wording } from "./rules.ts";
import type { Violation } from "./validator.ts";

/** What a member that is missing is called, and the code that says so: CodeDeploy has one for each. */
const MISSING: Readonly<Record<string, readonly [code: string, name: string]>> = {
  applicationName: ["ApplicationNameRequiredException", "Application name"],
  applicationNames: ["ApplicationNameRequiredException", "Application name"],
  deploymentGroupName: ["DeploymentGroupNameRequiredException", "Deployment Group name"],
  deploymentGroupNames: ["DeploymentGroupNameRequiredException", "Deployment Group name"],
  currentDeploymentGroupName: ["DeploymentGroupNameRequiredException", "Deployment Group name"],
  deploymentConfigName: ["DeploymentConfigNameRequiredException", "Deployment Configuration name"],
  deploymentId: ["DeploymentIdRequiredException", "Deployment Id"],
  deploymentIds: ["DeploymentIdRequiredException", "Deployment Id"],
  targetId: ["DeploymentTargetIdRequiredException", "Target Id"],
  targetIds: ["DeploymentTargetIdRequiredException", "Target Id"],
  instanceId: ["InstanceIdRequiredException", "Instance Id"],
  instanceIds: ["InstanceIdRequiredException", "Instance Id"],
  instanceName: ["InstanceNameRequiredException", "Instance name"],
  instanceNames: ["InstanceNameRequiredException", "Instance name"],
  revision: ["RevisionRequiredException", "Revision"],
  revisions: ["RevisionRequiredException", "Revision"],
  serviceRoleArn: ["RoleRequiredException", "Service role"],
  ResourceArn: ["ResourceArnRequiredException", "Resource ARN"],
  tags: ["TagRequiredException", "Tag"],
  Tags: ["TagRequiredException", "Tag"],
  TagKeys: ["TagRequiredException", "Tag key"],
};

/** The code for a member whose value, or a value inside of it, cannot be, by the member's name. */
const INVALID: Readonly<Record<string, string>> = {
  applicationName: "InvalidApplicationNameException",
  applicationNames: "InvalidApplicationNameException",
  newApplicationName: "InvalidApplicationNameException",
  deploymentGroupName: "InvalidDeploymentGroupNameException",
  deploymentGroupNames: "InvalidDeploymentGroupNameException",
  currentDeploymentGroupName: "InvalidDeploymentGroupNameException",
  newDeploymentGroupName: "InvalidDeploymentGroupNameException",
  deploymentConfigName: "InvalidDeploymentConfigNameException",
  computePlatform: "InvalidComputePlatformException",
  minimumHealthyHosts: "InvalidMinimumHealthyHostValueException",
  trafficRoutingConfig: "InvalidTrafficRoutingConfigurationException",
  zonalConfig: "InvalidZonalDeploymentConfigurationException",
  deploymentStyle: "InvalidDeploymentStyleException",
  autoRollbackConfiguration: "InvalidAutoRollbackConfigException",
  alarmConfiguration: "InvalidAlarmConfigException",
  overrideAlarmConfiguration: "InvalidAlarmConfigException",
  triggerConfigurations: "InvalidTriggerConfigException",
  blueGreenDeploymentConfiguration: "InvalidBlueGreenDeploymentConfigurationException",
  loadBalancerInfo: "InvalidLoadBalancerInfoException",
  ec2TagFilters: "InvalidEC2TagException",
  ec2TagSet: "InvalidEC2TagException",
  onPremisesInstanceTagFilters: "InvalidTagException",
  onPremisesTagSet: "InvalidTagException",
  targetInstances: "InvalidTargetInstancesException",
  revision: "InvalidRevisionException",
  revisions: "InvalidRevisionException",
  fileExistsBehavior: "InvalidFileExistsBehaviorException",
  deploymentWaitType: "InvalidDeploymentWaitTypeException",
  status: "InvalidLifecycleEventHookExecutionStatusException",
  includeOnlyStatuses: "InvalidDeploymentStatusException",
  targetFilters: "InvalidTargetFilterNameException",
  instanceStatusFilter: "InvalidInstanceStatusException",
  instanceTypeFilter: "InvalidInstanceTypeException",
  sortBy: "InvalidSortByException",
  sortOrder: "InvalidSortOrderException",
  deployed: "InvalidDeployedStateFilterException",
  registrationStatus: "InvalidRegistrationStatusException",
  tagFilters: "InvalidTagFilterException",
  resourceArn: "InvalidArnException",
};

/** https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_Operations.html: the errors of each operation. */
export function wordAsCodeDeploy({ path, missing, constraint }: Violation): Wording | undefined {
  const [code, name] = MISSING[missing ?? ""] ?? [];
  if (code !== undefined && name !== undefined) return { code, message: `${name} is missing` };
  const [member = ""] = path.split(".");
  const invalid = INVALID[member];
  return invalid === undefined ? undefined : { code: invalid, message: `The value at ${path} is invalid: ${constraint}` };
}
