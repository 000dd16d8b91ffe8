import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Command, Outlines } from "opentype.js";
import type { Canvas, Point, Polygon } from "./canvas.ts";
import type { Color } from "./colors.ts";

const CURVE_STEPS = 4;

function curve([x0, y0]: Point, { x, y, x1, y1 }: Command): Point[] {
  return Array.from({ length: CURVE_STEPS }, (_, index) => {
    const t = (index + 1) / CURVE_STEPS;
    const [a, b, c] = [(1 - t) ** 2, 2 * t * (1 - t), t ** 2];
    return [a * x0 + b * x1 + c * x, a * y0 + b * y1 + c * y] as const;
  });
}

function polygonsOf(commands: readonly Command[]): Polygon[] {
  const polygons: Point[][] = [];
  for (const command of commands) {
    const open = polygons.at(-1);
    if (command.type === "M") polygons.push([[command.x, command.y]]);
    else if (command.type === "L") open?.push([command.x, command.y]);
    else if (command.type === "Q") open?.push(...curve(open.at(-1) ?? [0, 0], command));
  }
  return polygons;
}

export interface TextStyle {
  readonly size: number;
  readonly color: Color;
  /** Which part of the text is at x; the left one when not given. */
  readonly align?: "left" | "center" | "right";
}

/** Draws text as polygons. */
export class Font {
  readonly #outlines: Outlines;

  constructor(outlines: Outlines) {
    this.#outlines = outlines;
  }

  /** Glyph by glyph: ligatures and kerning are not for labels of this size. */
  widthOf(text: string, size: number): number {
    let units = 0;
    for (const character of text) units += this.#outlines.charToGlyph(character).advanceWidth;
    return (units * size) / this.#outlines.unitsPerEm;
  }

  /** The text, or as much of it as fits with an ellipsis. */
  fitted(text: string, size: number, room: number): string {
    if (this.widthOf(text, size) <= room) return text;
    const characters = [...text];
    while (characters.length > 0 && this.widthOf(`${characters.join("")}…`, size) > room) characters.pop();
    return characters.length === 0 ? "" : `${characters.join("").trimEnd()}…`;
  }

  /** `y` is the base line. */
  draw(canvas: Canvas, text: string, [x, y]: Point, { size, color, align = "left" }: TextStyle): void {
    const width = align === "left" ? 0 : this.widthOf(text, size);
    const left = x - (align === "center" ? width / 2 : width);
    // Whole pixels keep the stems of small letters alike.
    let at = Math.round(left);
    const polygons: Polygon[] = [];
    for (const character of text) {
      const glyph = this.#outlines.charToGlyph(character);
      polygons.push(...polygonsOf(glyph.getPath(at, Math.round(y), size).commands));
      at += (glyph.advanceWidth * size) / this.#outlines.unitsPerEm;
    }
    canvas.fill(polygons, color);
  }
}

export interface Fonts {
  readonly regular: Font;
  readonly bold: Font;
}

let loaded: Promise<Fonts> | undefined;

async function load(): Promise<Fonts> {
  const { resolve } = createRequire(import.meta.url);
  const { default: opentype } = await import("opentype.js");
  const read = async (name: string) => {
    const file = await readFile(resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`));
    return new Font(opentype.parse(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer));
  };
  return { regular: await read("DejaVuSans"), bold: await read("DejaVuSans-Bold") };
}

/** Read once, when the first picture is drawn: they are files of a package, and do not change. */
export function fonts(): Promise<Fonts> {
  loaded ??= load();
  return loaded;
}
