import { expect, test } from "vitest";
import { corsHeaders, requestedHeaders } from "./cors-rules.ts";

const rules = [
  { AllowedMethods: ["PUT"], AllowedOrigins: ["https://*.example.com"], AllowedHeaders: ["x-amz-*"], MaxAgeSeconds: 30 },
  { AllowedMethods: ["GET"], AllowedOrigins: ["*"], ExposeHeaders: ["ETag"] },
];
const ask = (method: string, origin: string, headers = "") => corsHeaders(rules, { method, origin, headers: requestedHeaders(headers) });

// documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
test("the first rule that allows origin, method and headers answers", () => {
  expect(ask("PUT", "https://a.example.com", "X-Amz-Date, x-amz-acl")).toMatchObject({
    "access-control-allow-origin": "https://a.example.com",
    "access-control-allow-credentials": "true",
    "access-control-allow-headers": "x-amz-date, x-amz-acl",
    "access-control-max-age": "30",
  });
  expect(ask("GET", "https://other.org")).toMatchObject({
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "ETag",
  });
});

// documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
test.each([
  ["PUT", "https://example.com", ""],
  ["PUT", "https://a.example.com", "content-type"],
  ["DELETE", "https://a.example.com", ""],
])("%s from %s with headers '%s' is not allowed", (method, origin, headers) => {
  expect(ask(method, origin, headers)).toBeUndefined();
});
