import { AwsException } from "../../aws/exception.ts";
import type { ProtocolName } from "../../models/services.ts";

/** AWS words the same refusal in four ways: S3's, the query protocols', the JSON RPC protocols', and restJson's. */
export type AuthStyle = "s3" | "query" | "json" | "restJson";

export function authStyleOf(serviceId: string, protocol: ProtocolName): AuthStyle {
  if (serviceId === "s3") return "s3";
  if (protocol === "awsQuery" || protocol === "ec2Query") return "query";
  return protocol === "restJson" || protocol === "restXml" ? "restJson" : "json";
}

type Words = readonly [code: string, status: number, message: string];
type Kind = "missingToken" | "incomplete" | "unknownKey" | "badToken" | "expiredToken" | "mismatch" | "expiredSignature" | "unsupported";

const BAD_TOKEN = "The security token included in the request is invalid.";
const EXPIRED_TOKEN = "The security token included in the request is expired";
const MISMATCH =
  "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
const MISSING = "Request is missing Authentication Token";
const UNSUPPORTED = "AWS Signature Version 4 with AWS4-HMAC-SHA256 is required";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html and each API's "Common Errors". */
const WORDS: Readonly<Record<AuthStyle, Readonly<Record<Kind, Words>>>> = {
  s3: {
    missingToken: ["AccessDenied", 403, "Access Denied"],
    incomplete: ["AuthorizationHeaderMalformed", 400, "The authorization header is malformed."],
    unknownKey: ["InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."],
    badToken: ["InvalidToken", 400, "The provided token is malformed or otherwise invalid."],
    expiredToken: ["ExpiredToken", 400, "The provided token has expired."],
    mismatch: [
      "SignatureDoesNotMatch",
      403,
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    ],
    expiredSignature: ["RequestTimeTooSkewed", 403, "The difference between the request time and the current time is too large."],
    unsupported: ["InvalidRequest", 400, "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."],
  },
  query: {
    missingToken: ["MissingAuthenticationToken", 403, MISSING],
    incomplete: ["IncompleteSignature", 400, ""],
    unknownKey: ["InvalidClientTokenId", 403, BAD_TOKEN],
    badToken: ["InvalidClientTokenId", 403, BAD_TOKEN],
    expiredToken: ["ExpiredToken", 403, EXPIRED_TOKEN],
    mismatch: ["SignatureDoesNotMatch", 403, MISMATCH],
    expiredSignature: ["SignatureDoesNotMatch", 403, ""],
    unsupported: ["IncompleteSignature", 400, UNSUPPORTED],
  },
  json: {
    missingToken: ["MissingAuthenticationTokenException", 400, MISSING],
    incomplete: ["IncompleteSignatureException", 400, ""],
    unknownKey: ["UnrecognizedClientException", 400, BAD_TOKEN],
    badToken: ["UnrecognizedClientException", 400, BAD_TOKEN],
    expiredToken: ["ExpiredTokenException", 400, EXPIRED_TOKEN],
    mismatch: ["InvalidSignatureException", 400, MISMATCH],
    expiredSignature: ["InvalidSignatureException", 400, ""],
    unsupported: ["IncompleteSignatureException", 400, UNSUPPORTED],
  },
  restJson: {
    missingToken: ["MissingAuthenticationTokenException", 403, "Missing Authentication Token"],
    incomplete: ["IncompleteSignatureException", 403, ""],
    unknownKey: ["UnrecognizedClientException", 403, BAD_TOKEN],
    badToken: ["UnrecognizedClientException", 403, BAD_TOKEN],
    expiredToken: ["ExpiredTokenException", 403, EXPIRED_TOKEN],
    mismatch: ["InvalidSignatureException", 403, MISMATCH],
    expiredSignature: ["InvalidSignatureException", 403, ""],
    unsupported: ["IncompleteSignatureException", 403, UNSUPPORTED],
  },
};

/** `message` takes the place of the usual text where AWS's names the values at fault. */
export function authError(style: AuthStyle, kind: Kind, message?: string, members: Record<string, unknown> = {}): AwsException {
  const [code, status, text] = WORDS[style][kind];
  return new AwsException(code, message ?? text, { status, members });
}
