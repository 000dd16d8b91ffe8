import { expect, test } from "vitest";
import { matchesFilter } from "./filter.ts";
import { succeeded } from "./poller.ts";
import { answerOf } from "./url-payload.ts";

const record = { body: { kind: "order", total: 12.5, tags: ["a", "b"], nested: { ok: true, nothing: null } } };

// documented: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
test.each<[Record<string, unknown>, boolean]>([
  [{ kind: ["order", "refund"] }, true],
  [{ kind: ["refund"] }, false],
  [{ kind: [{ prefix: "ord" }], total: [{ numeric: [">", 10, "<=", 12.5] }] }, true],
  [{ total: [{ numeric: ["<", 10] }] }, false],
  [{ kind: [{ "anything-but": ["order"] }] }, false],
  [{ kind: [{ "anything-but": { prefix: "ref" } }] }, true],
  [{ kind: [{ suffix: "der" }] }, true],
  [{ kind: [{ "equals-ignore-case": "ORDER" }] }, true],
  [{ tags: ["b"] }, true],
  [{ nested: { ok: [true], nothing: [null] } }, true],
  [{ missing: [{ exists: false }] }, true],
  [{ missing: [{ exists: true }] }, false],
  [{ missing: [{ "anything-but": ["x"] }] }, false],
  [{ $or: [{ kind: ["refund"] }, { total: [12.5] }] }, true],
])("%j", (body, matches) => {
  expect(matchesFilter({ body }, record)).toBe(matches);
});

// documented: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
test.each<[string, string[]]>([
  ["null", ["1", "2"]],
  ['{"batchItemFailures":[]}', ["1", "2"]],
  ['{"batchItemFailures":null}', ["1", "2"]],
  ['{"batchItemFailures":[{"itemIdentifier":"2"}]}', ["1"]],
  ['{"batchItemFailures":[{"itemIdentifier":""}]}', []],
  ['{"batchItemFailures":[{"itemIdentifier":"unknown"}]}', []],
  ['{"batchItemFailures":[{}]}', []],
])("of the answer %s the messages %j are done", (answer, ids) => {
  const batch = [{ MessageId: "1" }, { MessageId: "2" }];
  expect(succeeded({ partial: true }, batch, Buffer.from(answer)).map((message) => message.MessageId)).toEqual(ids);
});

// documented: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload
test.each<[string, number | undefined, string]>([
  ['{"message":"hi"}', 200, '{"message":"hi"}'],
  ['"text"', 200, "text"],
  ['{"statusCode":404,"body":"no"}', 404, "no"],
  ['{"statusCode":200,"body":"aGk=","isBase64Encoded":true}', 200, "hi"],
  ['{"statusCode":"x"}', undefined, ""],
])("the answer %s becomes %s %s", (payload, status, body) => {
  const answer = answerOf(Buffer.from(payload));
  expect(answer?.status).toBe(status);
  expect(answer?.body.toString("utf8") ?? "").toBe(body);
});
