import type { CORSRule } from "@aws-sdk/client-s3";
import type { Operations } from "../../aws/service.ts";
import { bucketOf, requiredConfig, setConfig } from "./bucket.ts";
import { invalidRequest, malformedXml } from "./errors.ts";

const METHODS = ["GET", "PUT", "HEAD", "POST", "DELETE"];
const ABSENT = { code: "NoSuchCORSConfiguration", message: "The CORS configuration does not exist" };

export const corsOperations = {
  PutBucketCors: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    const rules = input.CORSConfiguration?.CORSRules ?? [];
    if (rules.length === 0 || rules.length > 100) throw malformedXml();
    for (const { AllowedMethods = [], AllowedOrigins = [] } of rules) {
      if (AllowedMethods.length === 0 || AllowedOrigins.length === 0) throw malformedXml();
      const wrong = AllowedMethods.find((method) => !METHODS.includes(method));
      if (wrong !== undefined) throw invalidRequest(`Found unsupported HTTP method in CORS config. Unsupported method is ${wrong}`);
      const many = AllowedOrigins.find((origin) => origin.split("*").length > 2);
      if (many !== undefined) throw invalidRequest(`AllowedOrigin "${many}" can not have more than one wildcard.`);
    }
    setConfig(ctx, bucket, "cors", rules);
    return {};
  },
  GetBucketCors: (input, ctx) => ({ CORSRules: requiredConfig<CORSRule[]>(ctx, bucketOf(ctx, input).name, "cors", ABSENT) }),
  DeleteBucketCors: (input, ctx) => {
    setConfig(ctx, bucketOf(ctx, input), "cors", undefined);
    return {};
  },
} satisfies Operations<"s3">;
