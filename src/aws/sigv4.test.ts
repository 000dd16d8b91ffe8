import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { amzDateOf, canonicalRequest, encode, parseAmzDate, presign, SigningKey, sign } from "./sigv4.ts";

const credentials = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };
const now = Date.UTC(2013, 4, 24);
const example = {
  credentials,
  region: "us-east-1",
  service: "s3",
  now,
  url: "https://examplebucket.s3.amazonaws.com/test.txt",
  method: "GET",
};

describe("Signature Version 4", () => {
  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html (GET Object)
  it("signs the documented request with the documented signature", () => {
    const headers = sign({ ...example, headers: { Range: "bytes=0-9" }, body: "" });
    expect(headers["authorization"]).toBe(
      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    );
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
  it("presigns the documented URL with the documented signature", () => {
    const url = new URL(presign({ ...example, expires: 86_400 }));
    expect(url.searchParams.get("X-Amz-Signature")).toBe("aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
    expect(url.searchParams.get("X-Amz-SignedHeaders")).toBe("host");
  });

  it("carries a session's token", () => {
    const url = new URL(presign({ ...example, credentials: { ...credentials, sessionToken: "a+b/=" }, expires: 60 }));
    expect(url.searchParams.get("X-Amz-Security-Token")).toBe("a+b/=");
  });

  // documented: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
  it("encodes the path once for S3 and twice for all others", () => {
    const request = {
      method: "GET",
      path: "/a%20b/c",
      query: [
        ["b", "2"],
        ["a", "x y"],
      ] as const,
      headers: [["host", " a   b "]] as const,
      payloadHash: "h",
    };
    expect(canonicalRequest(request, "s3")).toBe("GET\n/a%20b/c\na=x%20y&b=2\nhost:a b\n\nhost\nh");
    expect(canonicalRequest(request, "lambda")).toContain("\n/a%2520b/c\n");
  });
});

it("computes HMAC-SHA256 as Node does, for every key and text", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), (key, text) => {
      expect(new SigningKey(key).sign(text).toString("hex")).toBe(createHmac("sha256", key).update(text).digest("hex"));
    }),
  );
});

it("encodes everything but unreserved characters, whatever the text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(encode(text)).toMatch(/^(?:[A-Za-z0-9_.~-]|%[0-9A-F]{2})*$/);
      expect(decodeURIComponent(encode(text))).toBe(text.toWellFormed());
    }),
  );
});

it("reads the dates that it writes, and nothing else", () => {
  expect(parseAmzDate(amzDateOf(now))).toBe(now);
  for (const text of ["", "20130524", "2013-05-24T00:00:00Z", "20130524T000000"]) expect(parseAmzDate(text)).toBeUndefined();
});
