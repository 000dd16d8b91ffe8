/** Compiled when it is first used: there are many, and few are looked for. */
export type Pattern = RegExp | (() => RegExp);

/** How one type of sensitive data is recognised. */
export interface Identifier {
  /** Global; what it matches is the data, and of a named group `data` only that. */
  readonly pattern: Pattern;
  /** One of them must stand near the data, whatever its case. */
  readonly keywords?: readonly string[];
  /** Without a keyword nearby it must have this form. */
  readonly alone?: RegExp;
  readonly check?: (data: string) => boolean;
}

export type Identifiers = Readonly<Record<string, Identifier>>;

/** Neither letters nor digits around it: part of a longer word is not meant. */
export function whole(source: string, flags = ""): () => RegExp {
  let compiled: RegExp | undefined;
  return () => {
    compiled ??= new RegExp(String.raw`(?<![\p{L}\p{N}])(?:${source})(?![\p{L}\p{N}])`, `gu${flags}`);
    return compiled;
  };
}
