import { expect, test } from "vitest";
import type { TimelineEvent } from "../../live/events.ts";
import { stepsOf } from "./groups.ts";

const event = (n: number, source: string, resource: string, cause?: number): TimelineEvent =>
  ({
    id: `evt-${n}`,
    position: n,
    source,
    resources: [`arn:aws:x:::${resource}`],
    cause: cause === undefined ? undefined : `evt-${cause}`,
  }) as unknown as TimelineEvent;

test("what happens to one thing in a row is one step, linked as cause or only as belonging", () => {
  const chain = [
    event(9, "aws.codedeploy", "deployment:d-1", 8),
    event(8, "aws.cloudwatch", "alarm:errors"),
    event(5, "aws.codedeploy", "deployment:d-1", 4),
    event(4, "aws.codedeploy", "deployment:d-1", 3),
    event(3, "aws.codecommit", "repository/shop"),
  ];
  const { steps, links } = stepsOf(chain);
  expect(steps.map(({ name, events }) => `${name} ${events.map(({ id }) => id).join()}`)).toEqual([
    "shop evt-3",
    "d-1 evt-4,evt-5",
    "errors evt-8",
    "d-1 evt-9",
  ]);
  expect(links).toEqual([
    { from: "evt-3", to: "evt-4", isCause: true },
    { from: "evt-4", to: "evt-8", isCause: false },
    { from: "evt-8", to: "evt-9", isCause: true },
  ]);
});
