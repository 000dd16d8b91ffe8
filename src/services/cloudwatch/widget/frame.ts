import type { Box, Canvas } from "./canvas.ts";
import { type Color, colorOf, PALETTE, THEMES, type Theme } from "./colors.ts";
import type { Line } from "./data.ts";
import type { Definition } from "./definition.ts";
import type { Fonts } from "./font.ts";

/** What everything is drawn with. */
export interface Pen {
  readonly canvas: Canvas;
  readonly fonts: Fonts;
  readonly theme: Theme;
}

export const TEXT_SIZE = 11;
const TITLE_SIZE = 14;
const MARGIN = 12;
const ROW = 18;
const SWATCH = 10;
/** Of the picture's height or width, at most, for the legend. */
const LEGEND_SHARE = 0.35;

export function themeOf(definition: Definition): Theme {
  return THEMES[definition.theme];
}

export function lineColor({ color }: Line, index: number): Color {
  return colorOf(color ?? PALETTE[index % PALETTE.length] ?? PALETTE[0]);
}

interface Entry {
  readonly text: string;
  readonly color: Color;
}

/** Draws title and legend; the answer is the room that is left. */
export function drawFrame(pen: Pen, definition: Definition, lines: readonly Line[]): Box {
  const { width, height, title, legend } = definition;
  const narrow = Math.min(MARGIN, Math.floor(Math.min(width, height) / 12));
  let box: Box = { left: narrow, top: narrow, right: width - narrow, bottom: height - narrow };
  if (title !== "" && height >= 60) {
    const text = pen.fonts.bold.fitted(title, TITLE_SIZE, box.right - box.left);
    pen.fonts.bold.draw(pen.canvas, text, [box.left, box.top + TITLE_SIZE - 2], { size: TITLE_SIZE, color: pen.theme.title });
    box = { ...box, top: box.top + TITLE_SIZE + 8 };
  }
  const entries = lines.map((line, index) => ({ text: line.label, color: lineColor(line, index) }));
  if (legend === "hidden" || entries.length === 0 || width < 120 || height < 100) return box;
  return legend === "right" ? besideOf(pen, box, entries) : belowOf(pen, box, entries);
}

function drawEntry(pen: Pen, { text, color }: Entry, at: { readonly x: number; readonly y: number; readonly room: number }): number {
  const { x, y, room } = at;
  pen.canvas.fillBox({ left: x, top: y + 3, right: x + SWATCH, bottom: y + 3 + SWATCH }, color);
  const fitted = pen.fonts.regular.fitted(text, TEXT_SIZE, room - SWATCH - 5);
  pen.fonts.regular.draw(pen.canvas, fitted, [x + SWATCH + 5, y + 12], { size: TEXT_SIZE, color: pen.theme.text });
  return SWATCH + 5 + pen.fonts.regular.widthOf(fitted, TEXT_SIZE);
}

function belowOf(pen: Pen, box: Box, entries: readonly Entry[]): Box {
  const room = box.right - box.left;
  const widths = entries.map(({ text }) => Math.min(room, SWATCH + 5 + pen.fonts.regular.widthOf(text, TEXT_SIZE)));
  const rows: number[][] = [[]];
  let used = 0;
  for (const [index, width] of widths.entries()) {
    if (used > 0 && used + width > room) {
      rows.push([]);
      used = 0;
    }
    rows.at(-1)?.push(index);
    used += width + 16;
  }
  const shown = rows.slice(0, Math.max(1, Math.floor(((box.bottom - box.top) * LEGEND_SHARE) / ROW)));
  const top = box.bottom - shown.length * ROW;
  for (const [row, indices] of shown.entries()) {
    let x = box.left;
    for (const index of indices) {
      const entry = entries[index];
      if (entry !== undefined) x += drawEntry(pen, entry, { x, y: top + row * ROW, room: box.right - x }) + 16;
    }
  }
  const hidden = rows.slice(shown.length).flat().length;
  if (hidden > 0) {
    const text = `+${hidden}`;
    pen.fonts.regular.draw(pen.canvas, text, [box.right, box.bottom - 6], { size: TEXT_SIZE, color: pen.theme.text, align: "right" });
  }
  return { ...box, bottom: top - 6 };
}

function besideOf(pen: Pen, box: Box, entries: readonly Entry[]): Box {
  const most = Math.floor((box.right - box.left) * LEGEND_SHARE);
  const widest = Math.max(...entries.map(({ text }) => SWATCH + 6 + pen.fonts.regular.widthOf(text, TEXT_SIZE)));
  const room = Math.min(most, Math.ceil(widest));
  const left = box.right - room;
  const fits = Math.max(1, Math.floor((box.bottom - box.top) / ROW));
  for (const [index, entry] of entries.slice(0, fits).entries()) drawEntry(pen, entry, { x: left, y: box.top + index * ROW, room });
  return { ...box, right: left - 14 };
}
