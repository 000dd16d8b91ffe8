import type { WebhookFilter } from "@aws-sdk/client-codebuild";
import type { Delivery } from "./delivery.ts";
import { eventsOf, expressionOf, type WebhookSettings } from "./settings.ts";

/** Whether an event starts a build, and why. */
export interface Decision {
  readonly starts: boolean;
  readonly why: string;
}

/** What starts builds where no filter group says it. */
const USUAL = ["PUSH", "PULL_REQUEST_CREATED", "PULL_REQUEST_UPDATED", "PULL_REQUEST_REOPENED"];

/** What a filter of each type looks at; none where the event has no such thing, or nobody tells. */
const LOOKED_AT: Readonly<Record<string, (delivery: Delivery) => readonly string[]>> = {
  ACTOR_ACCOUNT_ID: ({ actor }) => [actor],
  HEAD_REF: ({ headRef }) => [headRef],
  BASE_REF: ({ baseRef }) => some(baseRef),
  FILE_PATH: ({ paths }) => paths ?? [],
  COMMIT_MESSAGE: ({ message }) => some(message),
  TAG_NAME: ({ tagName }) => some(tagName),
  RELEASE_NAME: ({ releaseName }) => some(releaseName),
  REPOSITORY_NAME: ({ repository }) => some(repository.split("/").at(-1)),
  ORGANIZATION_NAME: ({ repository }) => some(repository.split("/")[0]),
};

const some = (value: string | undefined): string[] => (value === undefined ? [] : [value]);

const shown = ({ type, pattern, excludeMatchedPattern }: WebhookFilter): string =>
  `${type ?? ""} ${excludeMatchedPattern === true ? "not " : ""}${pattern ?? ""}`;

function passes(filter: WebhookFilter, delivery: Delivery): boolean {
  const { type = "EVENT", pattern = "", excludeMatchedPattern = false } = filter;
  if (type === "EVENT") return eventsOf(pattern).includes(delivery.event) !== excludeMatchedPattern;
  const values = LOOKED_AT[type]?.(delivery) ?? [];
  const expression = expressionOf(pattern);
  if (values.length === 0 || expression === undefined) return false;
  return values.some((value) => expression.test(value)) !== excludeMatchedPattern;
}

/**
 * Between groups it is OR, within one AND. https://docs.aws.amazon.com/codebuild/latest/userguide/github-webhook.html
 */
export function decide(
  { filterGroups = [], branchFilter }: Pick<WebhookSettings, "filterGroups" | "branchFilter">,
  delivery: Delivery,
): Decision {
  if (filterGroups.length === 0) return decideBranch(branchFilter ?? "", delivery);
  let unmet = "";
  for (const [i, group] of filterGroups.entries()) {
    const failed = group.find((filter) => !passes(filter, delivery));
    if (failed === undefined) return { starts: true, why: `${delivery.event} of ${delivery.headRef} passes filter group ${i + 1}` };
    unmet ||= shown(failed);
  }
  return { starts: false, why: `${delivery.event} of ${delivery.headRef} passes no filter group: not ${unmet}` };
}

function decideBranch(branchFilter: string, { event, headRef }: Delivery): Decision {
  const branch = headRef.replace(/^refs\/(heads|tags)\//, "");
  const fits = branchFilter === "" || expressionOf(branchFilter)?.test(branch) === true;
  if (!USUAL.includes(event)) return { starts: false, why: `${event} starts no build without a filter group` };
  return {
    starts: fits,
    why: `${event} of ${branch} ${fits ? "passes" : "does not pass"} the branch filter ${branchFilter || "of all branches"}`,
  };
}

/** True when a filter asks for what the delivery does not tell: the repository has to be asked. */
export function wantsContent({ filterGroups = [] }: Pick<WebhookSettings, "filterGroups">, { paths, message }: Delivery): boolean {
  const types = new Set(filterGroups.flat().map(({ type }) => type));
  return (types.has("FILE_PATH") && paths === undefined) || (types.has("COMMIT_MESSAGE") && message === undefined);
}
