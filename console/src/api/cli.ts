/** Services whose name in the AWS CLI is not that of their SDK package. */
const NAMES: Readonly<Record<string, string>> = {
  "cloudwatch-logs": "logs",
  codedeploy: "deploy",
  eventbridge: "events",
  s3: "s3api",
  "secrets-manager": "secretsmanager",
};

const kebab = (name: string): string =>
  name
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, "$1-$2")
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase();

const SAFE = /^[\w@%+=:,./-]+$/;
const quoted = (text: string): string => (SAFE.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`);

function textOf(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value.map(quoted).join(" ");
  return quoted(JSON.stringify(value));
}

/** The AWS CLI's command for a call, with the endpoint left to `orrery env`. */
export function cliCommand(service: string, operation: string, input: object, region?: string): string {
  const flags = Object.entries(input).flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (value === true) return [`--${kebab(name)}`];
    if (value === false) return [`--no-${kebab(name)}`];
    return [`--${kebab(name)} ${textOf(value)}`];
  });
  const place = region === undefined ? [] : [`--region ${region}`];
  return ["aws", NAMES[service] ?? service, kebab(operation), ...flags, ...place].join(" ");
}
