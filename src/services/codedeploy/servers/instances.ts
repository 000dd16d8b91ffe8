import type { EC2TagSet, OnPremisesTagSet, TargetInstances } from "@aws-sdk/client-codedeploy";
import type { Context } from "../../../aws/context.ts";
import type { Tags } from "../../../aws/tags.ts";
import type { GroupSettings } from "../records.ts";
import * as store from "./store.ts";

export interface Instance extends Omit<store.InstanceRow, "tags" | "iam"> {
  readonly tags: Tags;
  readonly iam: { readonly user?: string; readonly session?: string };
}

const toInstance = (row: store.InstanceRow): Instance => ({
  ...row,
  tags: JSON.parse(row.tags) as Tags,
  iam: JSON.parse(row.iam) as Instance["iam"],
});

export function instanceNamed(ctx: Context, name: string): Instance | undefined {
  const row = ctx.get(store.selectInstance, { name });
  return row === undefined ? undefined : toInstance(row);
}

export function allInstances(ctx: Context): Instance[] {
  return ctx.all(store.selectInstances, {}).map(toInstance);
}

export function saveInstance(ctx: Context, instance: Instance): void {
  ctx.run(store.upsertInstance, { ...instance, tags: JSON.stringify(instance.tags), iam: JSON.stringify(instance.iam) });
}

export function installOf(ctx: Context, group_id: string, instance: string): store.InstallRow {
  const none = { group_id, instance, healthy: 0, revision: null, running: null };
  return ctx.get(store.selectInstall, { group_id, instance }) ?? none;
}

export function saveInstall(ctx: Context, install: store.InstallRow, change: Partial<store.InstallRow>): void {
  ctx.run(store.upsertInstall, { ...install, ...change });
}

interface Filter {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
  readonly Type?: string | undefined;
}

/** https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_TagFilter.html */
export function matches(tags: Tags, { Key = "", Value = "", Type }: Filter): boolean {
  if (Type === "KEY_ONLY") return Object.hasOwn(tags, Key);
  if (Type === "VALUE_ONLY") return Object.values(tags).includes(Value);
  return tags[Key] === Value && Object.hasOwn(tags, Key);
}

const matchesAny = (tags: Tags, filters: readonly Filter[]): boolean => filters.some((filter) => matches(tags, filter));

/** "For an instance to be included in the deployment group, it must be identified by all of the tag groups in the list." */
function matchesSet(tags: Tags, groups: readonly (readonly Filter[])[] | undefined): boolean {
  return groups !== undefined && groups.length > 0 && groups.every((filters) => matchesAny(tags, filters));
}

type Choice = Pick<GroupSettings, "ec2TagFilters" | "ec2TagSet" | "onPremisesInstanceTagFilters" | "onPremisesTagSet">;

/** The registered instances that a group's tags name. Instances here stand for those of EC2 too, so that its filters find them. */
export function instancesOf(ctx: Context, choice: Choice): Instance[] {
  const filters = [...(choice.ec2TagFilters ?? []), ...(choice.onPremisesInstanceTagFilters ?? [])];
  const ec2: EC2TagSet["ec2TagSetList"] = choice.ec2TagSet?.ec2TagSetList;
  const onPremises: OnPremisesTagSet["onPremisesTagSetList"] = choice.onPremisesTagSet?.onPremisesTagSetList;
  return allInstances(ctx)
    .filter(({ deregistered }) => deregistered === null)
    .filter(({ tags }) => matchesAny(tags, filters) || matchesSet(tags, ec2) || matchesSet(tags, onPremises));
}

/** The replacement environment of a blue/green deployment. */
export function replacementsOf(ctx: Context, { tagFilters, ec2TagSet }: TargetInstances): Instance[] {
  return instancesOf(ctx, { ec2TagFilters: tagFilters, ec2TagSet });
}
