import { AwsException } from "../../aws/exception.ts";

/** What a filter can look at. */
export interface Filterable {
  readonly name: string;
  readonly type: string;
  readonly keyId: string | undefined;
  readonly tier: string;
  readonly dataType: string;
  readonly labels: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

export interface StringFilter {
  readonly Key?: string | undefined;
  readonly Option?: string | undefined;
  readonly Values?: readonly string[] | undefined;
}

const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  Name: ["Equals", "BeginsWith", "Contains"],
  Path: ["Recursive", "OneLevel"],
  Type: ["Equals", "BeginsWith"],
  KeyId: ["Equals", "BeginsWith"],
  Label: ["Equals", "BeginsWith"],
  Tier: ["Equals"],
  DataType: ["Equals"],
};

/** True for names below `path`: at any depth, or one level below. */
export function isBelow(name: string, path: string, recursive: boolean): boolean {
  const prefix = path.endsWith("/") ? path : `${path}/`;
  if (!name.startsWith("/")) return prefix === "/" && (recursive || !name.includes("/"));
  return name.startsWith(prefix) && (recursive || !name.slice(prefix.length).includes("/"));
}

/**
 * A test that is true for what passes all filters. https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterStringFilter.html
 * @throws AwsException InvalidFilterKey, InvalidFilterOption, InvalidFilterValue
 */
export function compileFilters(filters: readonly StringFilter[], keys: readonly string[]): (item: Filterable) => boolean {
  const tests = filters.map((filter) => compile(filter, keys));
  return (item) => tests.every((test) => test(item));
}

function compile(filter: StringFilter, keys: readonly string[]): (item: Filterable) => boolean {
  const key = filter.Key ?? "";
  const tag = key.startsWith("tag:");
  if (!keys.includes(tag ? "tag" : key)) {
    throw new AwsException(
      "InvalidFilterKey",
      `The following filter key is not valid: ${key}. Valid filter keys include: [${keys.join(", ")}].`,
    );
  }
  const allowed = tag ? ["Equals"] : (OPTIONS[key] ?? []);
  const option = filter.Option ?? (key === "Path" ? "OneLevel" : "Equals");
  if (!allowed.includes(option)) {
    throw new AwsException(
      "InvalidFilterOption",
      `The following filter option is not valid: ${option}. Valid options include: [${allowed.join(", ")}].`,
    );
  }
  const values = filter.Values ?? [];
  if (values.length === 0 && !tag)
    throw new AwsException("InvalidFilterValue", `The following filter values are missing: null for filter key ${key}`);
  if (key === "Path") {
    const wrong = values.find((value) => !value.startsWith("/"));
    if (wrong !== undefined)
      throw new AwsException("InvalidFilterValue", `The path filter value must begin with a forward slash: ${wrong}`);
    return (item) => values.some((path) => isBelow(item.name, path, option === "Recursive"));
  }
  if (tag) {
    const name = key.slice("tag:".length);
    return ({ tags }) => tags[name] !== undefined && (values.length === 0 || values.includes(tags[name]));
  }
  const matches = (text: string): boolean => values.some((value) => compare(option, text, value));
  return (item) => textsOf(item, key).some(matches);
}

function compare(option: string, text: string, value: string): boolean {
  if (option === "BeginsWith") return text.startsWith(value);
  return option === "Contains" ? text.includes(value) : text === value;
}

function textsOf(item: Filterable, key: string): readonly string[] {
  if (key === "Label") return item.labels;
  if (key === "Name") return [item.name];
  if (key === "Type") return [item.type];
  if (key === "Tier") return [item.tier];
  if (key === "DataType") return [item.dataType];
  return item.keyId === undefined ? [] : [item.keyId];
}
