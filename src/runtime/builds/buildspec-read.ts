import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from "yaml";

/** What is wrong with a buildspec, in the words that CodeBuild reports under the status code YAML_FILE_ERROR. */
export class BuildspecError extends Error {
  override readonly name = "BuildspecError";
}

/** Reads a buildspec's mappings and lists, and knows the line of each, which the messages tell. */
export class BuildspecReader {
  readonly #lines = new LineCounter();
  readonly root: YAMLMap;

  /** JSON is YAML, so that either may be given. @throws BuildspecError */
  constructor(text: string) {
    const document = parseDocument(text, { version: "1.1", lineCounter: this.#lines, prettyErrors: false, uniqueKeys: false });
    const [error] = document.errors;
    if (error !== undefined) throw new BuildspecError(`${wordOf(error.code, error.message)} at line ${this.#lineAt(error.pos[0])}`);
    if (!isMap(document.contents)) throw new BuildspecError("wrong number of container tags, expected 1");
    this.root = document.contents;
  }

  /** The child that is there and not null. */
  child(map: YAMLMap, key: string): Node | undefined {
    const node = map.get(key, true) as Node | undefined;
    if (node === undefined || node === null || (isScalar(node) && node.value === null)) return undefined;
    return node;
  }

  keys(map: YAMLMap): string[] {
    return map.items.map(({ key }) => String(isScalar(key) ? key.value : key));
  }

  map(map: YAMLMap, key: string, path: string): YAMLMap | undefined {
    const node = this.child(map, key);
    if (node === undefined) return undefined;
    if (!isMap(node)) throw new BuildspecError(`Expected ${path} to be a map${this.line(node)}`);
    return node;
  }

  /** Numbers and booleans count as their text, as they were written. */
  text(map: YAMLMap, key: string, path: string): string | undefined {
    const node = this.child(map, key);
    return node === undefined ? undefined : this.#scalar(node, path);
  }

  flag(map: YAMLMap, key: string, path: string): boolean | undefined {
    const text = this.text(map, key, path)?.toLowerCase();
    if (text === undefined) return undefined;
    if (["yes", "true", "on", "y"].includes(text)) return true;
    if (["no", "false", "off", "n"].includes(text)) return false;
    throw new BuildspecError(`Expected ${path} to be yes or no: found ${text}`);
  }

  /** One text stands for a list of one. */
  texts(map: YAMLMap, key: string, path: string): string[] | undefined {
    const node = this.child(map, key);
    if (node === undefined) return undefined;
    if (isScalar(node)) return [this.#scalar(node, path)];
    if (!isSeq(node)) throw new BuildspecError(`Expected ${path} to be a list${this.line(node)}`);
    return node.items.map((item, i) => this.#scalar(item as Node, `${path}[${i}]`));
  }

  textMap(map: YAMLMap, key: string, path: string): Record<string, string> | undefined {
    const section = this.map(map, key, path);
    if (section === undefined) return undefined;
    return Object.fromEntries(this.keys(section).map((name) => [name, this.text(section, name, `${path}.${name}`) ?? ""]));
  }

  maps(map: YAMLMap, key: string, path: string): YAMLMap[] | undefined {
    const node = this.child(map, key);
    if (node === undefined) return undefined;
    if (!isSeq(node)) throw new BuildspecError(`Expected ${path} to be a list${this.line(node)}`);
    return node.items.map((item, i) => {
      if (!isMap(item)) throw new BuildspecError(`Expected ${path}[${i}] to be a map${this.line(item as Node)}`);
      return item;
    });
  }

  line(node: Node): string {
    return node?.range ? ` at line ${this.#lineAt(node.range[0])}` : "";
  }

  #scalar(node: Node, path: string): string {
    if (isScalar(node)) return node.source ?? String(node.value ?? "");
    const at = node?.range ? this.#lineAt(node.range[0]) : 0;
    throw new BuildspecError(
      `Expected ${path} to be of string type: found subkeys instead at line ${at}, value of the key tag on line ${Math.max(1, at - 1)} might be empty`,
    );
  }

  #lineAt(offset: number): number {
    return this.#lines.linePos(offset).line;
  }
}

/** CodeBuild's own words where they are known. */
function wordOf(code: string, message: string): string {
  if (code === "TAB_AS_INDENT") return "found character that cannot start any token";
  if (code === "BAD_INDENT" || code === "MISSING_CHAR" || code === "IMPOSSIBLE") return "did not find expected key";
  return message.replace(/\s+/g, " ").trim();
}
