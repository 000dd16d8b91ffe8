import { parseArn } from "../../aws/arn.ts";
import type { Context } from "../../aws/context.ts";
import type { Operations } from "../../aws/service.ts";
import { listOfTags, tagsOfList, withoutTags } from "../../aws/tags.ts";
import { findBus } from "./buses.ts";
import { DEFAULT_BUS, invalid } from "./names.ts";
import { findRule } from "./rules.ts";
import { setRuleTags, updateBus } from "./store.ts";

interface Tagged {
  readonly tags: Record<string, string>;
  write(tags: Record<string, string>): void;
}

/** A rule or a bus by ARN. @throws ResourceNotFoundException, ValidationException */
function tagged(caller: Context, text: string): Tagged {
  const arn = parseArn(text);
  if (arn?.service !== "events") throw invalid("ResourceARN", "Provided Arn is not in correct format.");
  const ctx = caller.with({ account: arn.account, region: arn.region });
  const [kind, first = "", second] = arn.resource.split("/");
  if (kind === "rule") {
    const rule = findRule({ ctx, name: second === undefined ? DEFAULT_BUS : first }, second ?? first);
    return { tags: parse(rule.tags), write: (tags) => void ctx.run(setRuleTags, { id: rule.id, tags: JSON.stringify(tags) }) };
  }
  if (kind !== "event-bus") throw invalid("ResourceARN", "Provided Arn is not in correct format.");
  const { name, description, policy, tags } = findBus(ctx, first);
  const write = (changed: Record<string, string>): void =>
    void ctx.run(updateBus, { name, description, policy, tags: JSON.stringify(changed), now: ctx.now });
  return { tags: parse(tags), write };
}

function parse(text: string): Record<string, string> {
  return JSON.parse(text) as Record<string, string>;
}

export const tags = {
  TagResource: (input, ctx) => {
    const resource = tagged(ctx, input.ResourceARN ?? "");
    resource.write({ ...resource.tags, ...tagsOfList(input.Tags) });
    return {};
  },
  UntagResource: (input, ctx) => {
    const resource = tagged(ctx, input.ResourceARN ?? "");
    resource.write(withoutTags(resource.tags, input.TagKeys));
    return {};
  },
  ListTagsForResource: (input, ctx) => {
    const resource = tagged(ctx, input.ResourceARN ?? "");
    return { Tags: listOfTags(resource.tags) };
  },
} satisfies Operations<"eventbridge">;
