/** Values by namespace and name, as `#{namespace.name}` finds them. */
export type Namespaces = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html */
export const MAX_OUTPUT_BYTES = 122_880;
export const MAX_CONFIGURATION_BYTES = 100 * 1_024;

const REFERENCE = /#\{([^{}.]+)\.([^{}]+)\}/g;

export interface Reference {
  readonly text: string;
  readonly namespace: string;
  readonly key: string;
}

/** Every `#{namespace.key}` of a text. https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html */
export function referencesIn(text: string): Reference[] {
  return [...text.matchAll(REFERENCE)].map(([whole, namespace = "", key = ""]) => ({ text: whole, namespace, key }));
}

/** The text with all that is known put in; what is not known goes into `missing`. */
export function resolveText(text: string, namespaces: Namespaces, missing: Set<string>): string {
  return text.replace(REFERENCE, (whole, namespace: string, key: string) => {
    const value = namespaces[namespace]?.[key];
    if (value !== undefined) return value;
    missing.add(whole);
    return whole;
  });
}

/** Each value of a map resolved. */
export function resolveMap(map: Readonly<Record<string, string>>, namespaces: Namespaces, missing: Set<string>): Record<string, string> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, resolveText(value, namespaces, missing)]));
}

/** Bytes of names and values together. */
export function sizeOf(map: Readonly<Record<string, string>>): number {
  return Object.entries(map).reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
}
