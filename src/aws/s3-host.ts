import { AwsException } from "./exception.ts";

/** Where in S3 a request points. `path` is what is left after the bucket, percent-encoded, and starts with a slash. */
export interface S3Location {
  readonly bucket: string | undefined;
  readonly path: string;
}

/** `<bucket>.s3.localhost`, `<bucket>.s3.<region>.localhost`, and the public names `<bucket>.s3[.-]<region>.amazonaws.com`. */
const VIRTUAL_HOST =
  /^(?<bucket>.+)\.s3(?:[.-](?:dualstack\.|fips[.-])?[a-z0-9-]+)?(?:\.dualstack)?\.(?:localhost|amazonaws\.com(?:\.cn)?)$/;

/**
 * Virtual-host and path style addressing:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 * @throws AwsException InvalidURI
 */
export function s3Location(hostName: string, path: string): S3Location {
  const bucket = bucketOfHost(hostName);
  if (bucket !== undefined) return { bucket, path };
  const slash = path.indexOf("/", 1);
  const first = slash < 0 ? path.slice(1) : path.slice(1, slash);
  if (first === "") return { bucket: undefined, path };
  try {
    return { bucket: decodeURIComponent(first), path: slash < 0 ? "/" : path.slice(slash) };
  } catch {
    throw new AwsException("InvalidURI", "Couldn't parse the specified URI.", { status: 400 });
  }
}

/** The bucket that a host name carries; undefined for hosts of the path style. */
export function bucketOfHost(hostName: string): string | undefined {
  const match = VIRTUAL_HOST.exec(hostName);
  if (match?.groups !== undefined) return match.groups["bucket"];
  // `<bucket>.localhost`, which clients make of an endpoint `http://localhost`.
  if (hostName.endsWith(".localhost") && !/^s3[.-]|^s3$/.test(hostName.slice(0, -".localhost".length)))
    return hostName.slice(0, -".localhost".length);
  return undefined;
}
