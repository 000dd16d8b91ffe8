/** The parts of an ARN. `resource` is all that follows the fifth colon, colons and slashes included. */
export interface Arn {
  readonly partition: string;
  readonly service: string;
  readonly region: string;
  readonly account: string;
  readonly resource: string;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html; undefined when the text is not an ARN. */
export function parseArn(text: string): Arn | undefined {
  const parts = text.split(":");
  const [prefix, partition, service, region, account] = parts;
  if (prefix !== "arn" || parts.length < 6 || !partition || !service) return undefined;
  return { partition, service, region: region ?? "", account: account ?? "", resource: parts.slice(5).join(":") };
}

export function formatArn(arn: Omit<Arn, "partition">): string {
  return `arn:aws:${arn.service}:${arn.region}:${arn.account}:${arn.resource}`;
}
