/** What is used of opentype.js; the types that others wrote for it would bring the browser's into every file. */
declare module "opentype.js" {
  export interface Command {
    readonly type: "M" | "L" | "Q" | "C" | "Z";
    readonly x: number;
    readonly y: number;
    readonly x1: number;
    readonly y1: number;
  }
  export interface Glyph {
    /** Of `unitsPerEm`. */
    readonly advanceWidth: number;
    getPath(x: number, y: number, size: number): { readonly commands: readonly Command[] };
  }
  export interface Outlines {
    readonly unitsPerEm: number;
    charToGlyph(character: string): Glyph;
  }
  const opentype: { parse(data: ArrayBuffer): Outlines };
  // biome-ignore lint/style/noDefaultExport: it is CommonJS, of which a bundle has the default alone
  export default opentype;
}
