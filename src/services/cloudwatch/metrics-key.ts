type Dimensions = readonly { readonly Name?: string | undefined; readonly Value?: string | undefined }[];

/** The text under which the same dimensions, in whatever order, are the same. */
export function dimensionKey(dimensions: Dimensions | undefined): string {
  const pairs = (dimensions ?? []).map(({ Name = "", Value = "" }): [string, string] => [Name, Value]);
  return JSON.stringify(pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function dimensionsOf(key: string): { Name: string; Value: string }[] {
  return (JSON.parse(key) as [string, string][]).map(([Name, Value]) => ({ Name, Value }));
}
