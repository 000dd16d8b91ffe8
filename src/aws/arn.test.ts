import fc from "fast-check";
import { expect, test } from "vitest";
import { formatArn, parseArn } from "./arn.ts";

const part = fc.stringMatching(/^[a-z0-9-]{0,12}$/);
const service = fc.stringMatching(/^[a-z0-9-]{1,12}$/);

test("what was written is read again, whatever the resource holds", () => {
  fc.assert(
    fc.property(fc.record({ service, region: part, account: part, resource: fc.string() }), (arn) => {
      expect(parseArn(formatArn(arn))).toEqual({ partition: "aws", ...arn });
    }),
  );
});

test("text that is read as an ARN is that ARN, and no text makes it fail", () => {
  const text = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom("arn", "aws", "s3", "", ":", "/"), { maxLength: 9 }).map((parts) => parts.join(":")),
  );
  fc.assert(
    fc.property(text, (value) => {
      const arn = parseArn(value);
      if (arn?.partition === "aws") expect(formatArn(arn)).toBe(value);
      else if (arn !== undefined) expect(value.startsWith(`arn:${arn.partition}:${arn.service}:`)).toBe(true);
    }),
  );
});

// documented: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
test.each([
  ["arn:aws:s3:::docs/a:b", { partition: "aws", service: "s3", region: "", account: "", resource: "docs/a:b" }],
  [
    "arn:aws-cn:lambda:cn-north-1:000000000000:function:f:1",
    { partition: "aws-cn", service: "lambda", region: "cn-north-1", account: "000000000000", resource: "function:f:1" },
  ],
  ["arn:aws:s3", undefined],
  ["arn:aws::us-east-1:000000000000:x", undefined],
])("%s", (text, arn) => {
  expect(parseArn(text)).toEqual(arn);
});
