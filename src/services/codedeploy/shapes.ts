const NUMBERS = new Set([
  "value",
  "canaryPercentage",
  "canaryInterval",
  "linearPercentage",
  "linearInterval",
  "firstZoneMonitorDurationInSeconds",
  "monitorDurationInSeconds",
  "waitTimeInMinutes",
  "terminationWaitTimeInMinutes",
]);
const FLAGS = new Set(["enabled", "ignorePollAlarmFailure", "ignoreApplicationStopFailures", "terminationHookEnabled"]);
/** Tag filters keep their capitals in the API, and one of them is called Value as the minimum of hosts is. */
const TAG_MEMBERS = new Set(["Key", "Value", "Type"]);

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Members of a list that a template wraps once more than the API does. */
const RENAMED: Readonly<Record<string, string>> = { Ec2TagGroup: "", OnPremisesTagGroup: "" };

const isTagFilter = (value: Json): boolean => Object.keys(value).every((name) => TAG_MEMBERS.has(name)) && "Key" in value;

/** Properties of a template as the API takes them: names in small letters, numbers and booleans as such. */
export function apiShape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(apiShape);
  if (!isObject(value)) return value;
  if (isTagFilter(value)) return value;
  const members = Object.entries(value).map(([name, inner]): [string, unknown] => {
    const small = RENAMED[name] ?? name.charAt(0).toLowerCase() + name.slice(1);
    if (NUMBERS.has(small) && !isObject(inner)) return [small, Number(inner)];
    return FLAGS.has(small) ? [small, String(inner) === "true"] : [small, apiShape(inner)];
  });
  const { "": group, ...rest } = Object.fromEntries(members);
  // Groups of tags are objects in a template and lists in the API.
  return group ?? rest;
}

/** The way back. */
export function templateShape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(templateShape);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name.charAt(0).toUpperCase() + name.slice(1), templateShape(inner)]),
  );
}
