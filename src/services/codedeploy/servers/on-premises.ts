import type { InstanceInfo, Tag } from "@aws-sdk/client-codedeploy";
import { parseArn } from "../../../aws/arn.ts";
import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { pageOf } from "../../../aws/paging.ts";
import { listOfTags, tagsOfList } from "../../../aws/tags.ts";
import { refused } from "../errors.ts";
import { afterName, PAGE } from "../paging.ts";
import { allInstances, type Instance, instanceNamed, matches, saveInstance } from "./instances.ts";

const MOST_AT_ONCE = 100;
const LONGEST_NAME = 100;
/** https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html */
const MOST_TAGS = 10;
const ZONE = "a";

function checkName(name: string | undefined): string {
  if (!name) throw refused("InstanceNameRequiredException", "The instance name is required");
  if (name.length > LONGEST_NAME || !/^[\w.+=,@ -]+$/.test(name))
    throw refused("InvalidInstanceNameException", `The instance name ${name} is invalid`);
  return name;
}

const notRegistered = (name: string) => refused("InstanceNotRegisteredException", `The on-premises instance ${name} is not registered`);

function registered(ctx: Context, name: string | undefined): Instance {
  const instance = instanceNamed(ctx, checkName(name));
  if (instance === undefined || instance.deregistered !== null) throw notRegistered(name ?? "");
  return instance;
}

function checkIam(input: Input<"codedeploy", "RegisterOnPremisesInstance">): Instance["iam"] {
  const { iamUserArn, iamSessionArn } = input;
  if (iamUserArn !== undefined && iamSessionArn !== undefined)
    throw refused(
      "MultipleIamArnsProvidedException",
      "Both an IAM user ARN and an IAM session ARN were included in the request. Use only one ARN type.",
    );
  if (iamSessionArn !== undefined) {
    const arn = parseArn(iamSessionArn);
    if (arn?.service !== "sts" || !arn.resource.startsWith("assumed-role/"))
      throw refused("InvalidIamSessionArnException", `The IAM session ARN ${iamSessionArn} is in an invalid format`);
    return { session: iamSessionArn };
  }
  if (iamUserArn === undefined)
    throw refused(
      "IamArnRequiredException",
      "No IAM ARN was included in the request. You must use an IAM session ARN or IAM user ARN in the request.",
    );
  const arn = parseArn(iamUserArn);
  if (arn?.service !== "iam" || !arn.resource.startsWith("user/"))
    throw refused("InvalidIamUserArnException", `The IAM user ARN ${iamUserArn} is in an invalid format`);
  return { user: iamUserArn };
}

/** https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_RegisterOnPremisesInstance.html */
export function registerOnPremisesInstance(
  input: Input<"codedeploy", "RegisterOnPremisesInstance">,
  ctx: Context,
): Output<"codedeploy", "RegisterOnPremisesInstance"> {
  const name = checkName(input.instanceName);
  const iam = checkIam(input);
  return ctx.tx(() => {
    const former = instanceNamed(ctx, name);
    if (former !== undefined && former.deregistered === null)
      throw refused("InstanceNameAlreadyRegisteredException", `The on-premises instance name ${name} is already registered`);
    const others = allInstances(ctx).filter(({ deregistered }) => deregistered === null);
    if (iam.user !== undefined && others.some((other) => other.iam.user === iam.user))
      throw refused(
        "IamUserArnAlreadyRegisteredException",
        `The IAM user ARN ${iam.user} is already registered with an on-premises instance`,
      );
    if (iam.session !== undefined && others.some((other) => other.iam.session === iam.session))
      throw refused(
        "IamSessionArnAlreadyRegisteredException",
        `The IAM session ARN ${iam.session} has already been used to register an instance`,
      );
    const arn = ctx.arn("codedeploy", `instance/${name}_${ctx.cloud.ids.alphanumeric(10)}`);
    const folder = former?.folder ?? ctx.cloud.ids.hex(12);
    const kept = { tags: former?.tags ?? {}, zone: former?.zone ?? `${ctx.region}${ZONE}` };
    saveInstance(ctx, { name, arn, folder, iam, ...kept, registered: ctx.now, deregistered: null });
    ctx.claim(name);
    tell(ctx, "Instance registered", arn, { instanceName: name });
    return {};
  });
}

/** Its tags stay, and so does what is on it. Deregistering what is not there succeeds. */
export function deregisterOnPremisesInstance(
  input: Input<"codedeploy", "DeregisterOnPremisesInstance">,
  ctx: Context,
): Output<"codedeploy", "DeregisterOnPremisesInstance"> {
  const name = checkName(input.instanceName);
  return ctx.tx(() => {
    const instance = instanceNamed(ctx, name);
    if (instance === undefined || instance.deregistered !== null) return {};
    saveInstance(ctx, { ...instance, deregistered: ctx.now });
    tell(ctx, "Instance deregistered", instance.arn, { instanceName: name });
    return {};
  });
}

function tell(ctx: Context, type: string, arn: string, detail: Record<string, unknown>): void {
  ctx.emit({ source: "aws.codedeploy", type, resources: [arn], detail });
}

const infoOf = ({ name, arn, iam, registered: at, deregistered, tags }: Instance): InstanceInfo => ({
  instanceName: name,
  instanceArn: arn,
  ...(iam.user === undefined ? {} : { iamUserArn: iam.user }),
  ...(iam.session === undefined ? {} : { iamSessionArn: iam.session }),
  registerTime: new Date(at),
  ...(deregistered === null ? {} : { deregisterTime: new Date(deregistered) }),
  tags: listOfTags(tags),
});

export function getOnPremisesInstance(
  input: Input<"codedeploy", "GetOnPremisesInstance">,
  ctx: Context,
): Output<"codedeploy", "GetOnPremisesInstance"> {
  const instance = instanceNamed(ctx, checkName(input.instanceName));
  if (instance === undefined) throw notRegistered(input.instanceName ?? "");
  return { instanceInfo: infoOf(instance) };
}

export function batchGetOnPremisesInstances(
  input: Input<"codedeploy", "BatchGetOnPremisesInstances">,
  ctx: Context,
): Output<"codedeploy", "BatchGetOnPremisesInstances"> {
  const names = input.instanceNames ?? [];
  if (names.length === 0) throw refused("InstanceNameRequiredException", "The instance name is required");
  if (names.length > MOST_AT_ONCE) throw refused("BatchLimitExceededException", `The maximum number of names is ${MOST_AT_ONCE}`);
  return { instanceInfos: names.flatMap((name) => instanceNamed(ctx, checkName(name)) ?? []).map(infoOf) };
}

export function listOnPremisesInstances(
  input: Input<"codedeploy", "ListOnPremisesInstances">,
  ctx: Context,
): Output<"codedeploy", "ListOnPremisesInstances"> {
  const { registrationStatus: status, tagFilters = [] } = input;
  if (status !== undefined && status !== "Registered" && status !== "Deregistered")
    throw refused("InvalidRegistrationStatusException", "The valid registration statuses are Registered and Deregistered");
  const after = afterName(input.nextToken);
  const names = allInstances(ctx)
    .filter(({ deregistered }) => status === undefined || (status === "Registered") === (deregistered === null))
    .filter(({ tags }) => tagFilters.every((filter) => matches(tags, filter)))
    .map(({ name }) => name)
    .filter((name) => name > after);
  const page = pageOf(names, PAGE, (name) => [name]);
  return { instanceNames: page.items, nextToken: page.nextToken };
}

function tagTargets(ctx: Context, input: { tags?: Tag[] | undefined; instanceNames?: string[] | undefined }): Instance[] {
  if ((input.tags ?? []).length === 0) throw refused("TagRequiredException", "A tag is required");
  if ((input.instanceNames ?? []).length === 0) throw refused("InstanceNameRequiredException", "The instance name is required");
  if ((input.instanceNames ?? []).length > MOST_AT_ONCE)
    throw refused("InstanceLimitExceededException", `The maximum number of instances in a call is ${MOST_AT_ONCE}`);
  return (input.instanceNames ?? []).map((name) => registered(ctx, name));
}

export function addTagsToOnPremisesInstances(
  input: Input<"codedeploy", "AddTagsToOnPremisesInstances">,
  ctx: Context,
): Output<"codedeploy", "AddTagsToOnPremisesInstances"> {
  return ctx.tx(() => {
    const added = tagsOfList(input.tags);
    if (Object.hasOwn(added, "")) throw refused("InvalidTagException", "Keys of tags cannot be empty");
    for (const instance of tagTargets(ctx, input)) {
      const tags = { ...instance.tags, ...added };
      if (Object.keys(tags).length > MOST_TAGS)
        throw refused("TagLimitExceededException", `An on-premises instance has at most ${MOST_TAGS} tags`);
      saveInstance(ctx, { ...instance, tags });
      tell(ctx, "Instance tagged", instance.arn, { instanceName: instance.name, tags: added });
    }
    return {};
  });
}

export function removeTagsFromOnPremisesInstances(
  input: Input<"codedeploy", "RemoveTagsFromOnPremisesInstances">,
  ctx: Context,
): Output<"codedeploy", "RemoveTagsFromOnPremisesInstances"> {
  return ctx.tx(() => {
    const removed = input.tags ?? [];
    for (const instance of tagTargets(ctx, input)) {
      const isRemoved = (key: string, value: string): boolean =>
        removed.some(({ Key, Value }) => Key === key && (Value === undefined || Value === "" || Value === value));
      const tags = Object.fromEntries(Object.entries(instance.tags).filter(([key, value]) => !isRemoved(key, value)));
      saveInstance(ctx, { ...instance, tags });
      tell(ctx, "Instance untagged", instance.arn, { instanceName: instance.name, tags: tagsOfList(removed) });
    }
    return {};
  });
}
