import { AwsException } from "../../aws/exception.ts";

/** S3's own errors, in its own words: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export function noSuchBucket(name: string): AwsException {
  return new AwsException("NoSuchBucket", "The specified bucket does not exist", { status: 404, members: { BucketName: name } });
}

export function noSuchKey(key: string, headers: Readonly<Record<string, string>> = {}): AwsException {
  return new AwsException("NoSuchKey", "The specified key does not exist.", { status: 404, members: { Key: key }, headers });
}

export function noSuchVersion(key: string, version: string): AwsException {
  return new AwsException("NoSuchVersion", "The specified version does not exist.", {
    status: 404,
    members: { Key: key, VersionId: version },
  });
}

export function noSuchUpload(id: string): AwsException {
  const message = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.";
  return new AwsException("NoSuchUpload", message, { status: 404, members: { UploadId: id } });
}

export function invalidArgument(message: string, name?: string, value?: string): AwsException {
  const members = { ...(name === undefined ? {} : { ArgumentName: name }), ...(value === undefined ? {} : { ArgumentValue: value }) };
  return new AwsException("InvalidArgument", message, { status: 400, members });
}

export function invalidRequest(message: string): AwsException {
  return new AwsException("InvalidRequest", message, { status: 400 });
}

export function malformedXml(): AwsException {
  const message = "The XML you provided was not well-formed or did not validate against our published schema";
  return new AwsException("MalformedXML", message, { status: 400 });
}

export function preconditionFailed(condition: string): AwsException {
  return new AwsException("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", {
    status: 412,
    members: { Condition: condition },
  });
}

export function badDigest(message: string): AwsException {
  return new AwsException("BadDigest", message, { status: 400 });
}

export function accessDenied(message = "Access Denied"): AwsException {
  return new AwsException("AccessDenied", message, { status: 403 });
}

export function methodNotAllowed(method: string, headers: Readonly<Record<string, string>>): AwsException {
  return new AwsException("MethodNotAllowed", "The specified method is not allowed against this resource.", {
    status: 405,
    members: { Method: method, ResourceType: "DeleteMarker" },
    headers,
  });
}
