import { describe, expect, it } from "vitest";
import { selectPath } from "./json-path.ts";
import { targetInput } from "./transform.ts";

// documented: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
const event = {
  version: "0",
  "detail-type": "EC2 Instance State-change Notification",
  time: "2015-11-11T21:29:54Z",
  resources: ["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"],
  detail: { "instance-id": "i-0123456789", state: "RUNNING", list: [1, { a: "b" }], quote: 'say "hi"' },
};
const facts = { ruleArn: "arn:aws:events:us-east-2:123456789012:rule/example", ruleName: "example", ingestionTime: "2015-11-11T21:29:55Z" };
const InputPathsMap = {
  instance: "$.detail.instance-id",
  state: "$.detail.state",
  detail: "$.detail",
  none: "$.detail.none",
  quote: "$.detail.quote",
};
const fill = (InputTemplate: string): string => targetInput({ InputTransformer: { InputPathsMap, InputTemplate } }, event, facts);

describe("what a target receives", () => {
  it("is the whole event by default", () => {
    expect(JSON.parse(targetInput({}, event, facts))).toEqual(event);
  });

  it("is a constant", () => {
    expect(targetInput({ Input: '{"a": 1}' }, event, facts)).toBe('{"a": 1}');
  });

  it("is a part of the event", () => {
    expect(targetInput({ InputPath: "$.detail.state" }, event, facts)).toBe('"RUNNING"');
  });

  it.each([
    ['"instance <instance> is in <state>"', '"instance i-0123456789 is in RUNNING"'],
    ['{"instance" : <instance>, "state": <state>}', '{"instance" : "i-0123456789", "state": "RUNNING"}'],
    [
      '{"state": "<state>", "s": "instance \\"<instance>\\" is in <state>"}',
      '{"state": "RUNNING", "s": "instance \\"i-0123456789\\" is in RUNNING"}',
    ],
    ['{"state": [ 9, <state>, true ]}', '{"state": [ 9, "RUNNING", true ]}'],
    ['{"arn": <aws.events.rule-arn>, "name": <aws.events.rule-name>}', `{"arn": "${facts.ruleArn}", "name": "example"}`],
    ['"<aws.events.rule-name> triggered"', '"example triggered"'],
    ['{"none": "<none>"}', '{"none": ""}'],
    ['"a < b"', '"a < b"'],
  ])("fills the template %s", (template, expected) => {
    expect(fill(template)).toBe(expected);
  });

  it("puts objects in as JSON, and inside of quotes without their quotes", () => {
    expect(JSON.parse(fill('{"detail": <detail>}'))).toEqual({ detail: event.detail });
    expect(JSON.parse(fill('{"e": <aws.events.event.json>}'))).toEqual({ e: event });
    expect(JSON.parse(fill('{"e": <aws.events.event>}')).e).not.toHaveProperty("detail");
    expect(fill('"Detail is <detail>"')).toContain("Detail is {instance-id:i-0123456789,state:RUNNING");
  });

  it("keeps the JSON valid when a text with quotes goes into quotes", () => {
    expect(JSON.parse(fill('{"q": "<quote>"}'))).toEqual({ q: 'say "hi"' });
  });
});

describe("paths", () => {
  it.each([
    ["$", event],
    ["$.detail.list[0]", 1],
    ["$.detail.list[1].a", "b"],
    ["$['detail-type']", event["detail-type"]],
    ["$.resources[*]", event.resources],
    ["$.no.such", undefined],
    ["detail", undefined],
  ])("%s", (path, expected) => {
    expect(selectPath(event, path)).toEqual(expected);
  });
});
