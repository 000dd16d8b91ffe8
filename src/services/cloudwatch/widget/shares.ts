import type { Box, Point } from "./canvas.ts";
import { type Color, colorOf } from "./colors.ts";
import type { Line } from "./data.ts";
import type { Axis } from "./definition.ts";
import { lineColor, type Pen, TEXT_SIZE } from "./frame.ts";
import { shortNumber, valueScale } from "./scale.ts";

const ROW_ROOM = 34;
const ARC_STEPS = 180;
/** A share that is narrower has no number on it. */
const LEAST_LABELLED = 0.05;
const WHITE: Color = colorOf("#ffffff");

interface Bar {
  readonly value: number;
  readonly color: Color;
}

/** The newest value of each line. */
function newest(lines: readonly Line[]): Bar[] {
  return lines.flatMap((line, index) => {
    const value = line.points.at(-1)?.[1];
    return value === undefined ? [] : [{ value, color: lineColor(line, index) }];
  });
}

/** A bar for each metric's newest value. */
export function drawBars(pen: Pen, lines: readonly Line[], axis: Axis, room: Box): void {
  const bars = newest(lines);
  const { canvas, fonts, theme } = pen;
  const count = Math.max(1, Math.floor((room.bottom - room.top) / ROW_ROOM));
  const scale = valueScale([0, ...bars.map(({ value }) => value)], axis, count);
  const wide = Math.max(...scale.ticks.map((tick) => fonts.regular.widthOf(shortNumber(tick, scale.step), TEXT_SIZE))) + 8;
  const box = { left: Math.round(room.left + wide), top: room.top + 12, right: room.right, bottom: room.bottom - 2 };
  const y = (value: number): number => box.bottom - ((value - scale.min) / (scale.max - scale.min)) * (box.bottom - box.top);
  const style = { size: TEXT_SIZE, color: theme.text };
  for (const tick of scale.ticks) {
    const at = Math.round(y(tick));
    canvas.fillBox({ left: box.left, top: at, right: box.right, bottom: at + 1 }, theme.grid);
    fonts.regular.draw(canvas, shortNumber(tick, scale.step), [box.left - 6, at + 4], { ...style, align: "right" });
  }
  const each = (box.right - box.left) / Math.max(1, bars.length);
  const thick = Math.min(80, each * 0.6);
  const ground = y(Math.max(scale.min, Math.min(0, scale.max)));
  for (const [index, { value, color }] of bars.entries()) {
    const middle = box.left + each * (index + 0.5);
    const top = y(value);
    canvas.fillBox(
      { left: middle - thick / 2, top: Math.min(top, ground), right: middle + thick / 2, bottom: Math.max(top, ground) },
      color,
    );
    const text = shortNumber(value, Math.abs(value) / 100 || 1);
    fonts.regular.draw(canvas, text, [middle, Math.min(top, ground) - 4], { ...style, align: "center" });
  }
}

/** Each metric's newest value as its part of their sum. */
export function drawPie(pen: Pen, lines: readonly Line[], room: Box): void {
  const bars = newest(lines).filter(({ value }) => value > 0);
  const sum = bars.reduce((all, { value }) => all + value, 0);
  const middle: Point = [(room.left + room.right) / 2, (room.top + room.bottom) / 2];
  const radius = Math.min(room.right - room.left, room.bottom - room.top) / 2 - 4;
  if (sum === 0 || radius <= 0) return;
  const at = (share: number, far: number): Point => {
    const angle = share * 2 * Math.PI - Math.PI / 2;
    return [middle[0] + far * Math.cos(angle), middle[1] + far * Math.sin(angle)];
  };
  let from = 0;
  for (const { value, color } of bars) {
    const share = value / sum;
    const steps = Math.max(2, Math.ceil(share * ARC_STEPS));
    const arc = Array.from({ length: steps + 1 }, (_, step) => at(from + (share * step) / steps, radius));
    pen.canvas.fill([[middle, ...arc]], color);
    if (share >= LEAST_LABELLED && radius > 30) {
      const [x, y] = at(from + share / 2, radius * 0.65);
      pen.fonts.bold.draw(pen.canvas, `${Math.round(share * 100)} %`, [x, y + 4], { size: TEXT_SIZE, color: WHITE, align: "center" });
    }
    from += share;
  }
}
