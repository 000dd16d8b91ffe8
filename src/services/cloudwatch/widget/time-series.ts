import type { Box, Point } from "./canvas.ts";
import { type Color, colorOf } from "./colors.ts";
import type { Line, Picture } from "./data.ts";
import type { Annotation, Definition, Side } from "./definition.ts";
import { lineColor, type Pen, TEXT_SIZE } from "./frame.ts";
import { offsetOf, shortNumber, timeTicks, type ValueScale, valueScale } from "./scale.ts";

const SIDES = ["left", "right"] as const;
/** Pixels between two ticks, at least. */
const ROW_ROOM = 34;
const COLUMN_ROOM = 70;
const LINE_WIDTH = 1.6;
const ANNOTATION = "#d62728";

interface Plot {
  readonly box: Box;
  readonly scales: Readonly<Record<Side, ValueScale | undefined>>;
  x(time: number): number;
  y(value: number, side: Side): number;
}

/** Values over time, as lines or as stacked areas, with annotations. */
export function drawTimeSeries(pen: Pen, definition: Definition, picture: Picture, room: Box): void {
  const lines = definition.stacked ? stacked(picture.lines) : picture.lines;
  const horizontal = [...definition.horizontal, ...picture.thresholds];
  const plot = plotOf(pen, definition, { ...picture, lines, thresholds: horizontal }, room);
  drawAxes(pen, definition, picture, plot);
  pen.canvas.within(plot.box, () => {
    for (const one of definition.vertical) drawVerticalFill(pen, plot, one);
    for (const one of horizontal) drawHorizontalFill(pen, plot, one);
    // The lowest area of a stack last, so that each covers what is above it of the one before.
    for (const [index, line] of [...lines.entries()].toReversed())
      drawLine(pen, plot, line, { color: lineColor(line, index), area: definition.stacked });
    for (const one of definition.vertical) drawVertical(pen, plot, one);
    for (const one of horizontal) drawHorizontal(pen, plot, one);
  });
}

/** Each line on top of those before it; a line without a value at an instant adds nothing there. */
function stacked(lines: readonly Line[]): Line[] {
  const below = { left: new Map<number, number>(), right: new Map<number, number>() };
  return lines.map((line) => {
    const sums = below[line.side];
    const points = line.points.map(([time, value]) => {
      const sum = (sums.get(time) ?? 0) + value;
      sums.set(time, sum);
      return [time, sum] as const;
    });
    return { ...line, points };
  });
}

/** `thresholds`: all horizontal lines, which have to be in sight. */
function plotOf(pen: Pen, definition: Definition, { lines, units, thresholds: horizontal }: Picture, room: Box): Plot {
  const hasLabels = SIDES.some((side) => axisLabel(definition, units[side], side) !== "");
  const top = room.top + (hasLabels && room.bottom - room.top > 90 ? 16 : 4);
  const bottom = room.bottom - (hasTimes(room) ? 18 : 2);
  const count = Math.max(1, Math.floor((bottom - top) / ROW_ROOM));
  const scaleOf = (side: Side): ValueScale | undefined => {
    const own = lines.filter((line) => line.side === side);
    const marks = horizontal.filter((one) => one.side === side);
    if (own.length === 0 && marks.length === 0 && side === "right") return undefined;
    const values = [
      ...own.flatMap(({ points }) => points.map(([, value]) => value)),
      ...marks.flatMap(({ value, to }) => (to === undefined ? [value] : [value, to])),
    ];
    return valueScale(definition.stacked ? [0, ...values] : values, definition.axes[side], count);
  };
  const scales = { left: scaleOf("left"), right: scaleOf("right") };
  const wide = (side: Side): number => {
    const { ticks, step } = scales[side] ?? { ticks: [], step: 1 };
    return ticks.length === 0 || room.right - room.left < 120
      ? 0
      : Math.max(...ticks.map((tick) => pen.fonts.regular.widthOf(shortNumber(tick, step), TEXT_SIZE))) + 8;
  };
  const box = {
    left: Math.round(room.left + wide("left")),
    top: Math.round(top),
    right: Math.round(room.right - wide("right")),
    bottom: Math.round(bottom),
  };
  const { from, to } = definition;
  return {
    box,
    scales,
    x: (time) => box.left + ((time - from) / (to - from)) * (box.right - box.left),
    y: (value, side) => {
      const { min, max } = scales[side] ?? { min: 0, max: 1 };
      return box.bottom - ((value - min) / (max - min)) * (box.bottom - box.top);
    },
  };
}

const hasTimes = ({ top, bottom }: Box): boolean => bottom - top > 50;

function axisLabel({ axes }: Definition, unit: string | undefined, side: Side): string {
  const { label = "", showUnits = true } = axes[side];
  return label !== "" ? label : showUnits && unit !== undefined ? unit : "";
}

function drawAxes(pen: Pen, definition: Definition, { units }: Picture, plot: Plot): void {
  const { box, scales } = plot;
  const { canvas, theme, fonts } = pen;
  const style = { size: TEXT_SIZE, color: theme.text };
  for (const side of SIDES) {
    const scale = scales[side];
    if (scale === undefined) continue;
    const hasText = side === "left" ? box.left > 20 : true;
    for (const tick of scale.ticks) {
      const y = Math.round(plot.y(tick, side));
      if (side === "left" || scales.left === undefined)
        canvas.fillBox({ left: box.left, top: y, right: box.right, bottom: y + 1 }, theme.grid);
      const x = side === "left" ? box.left - 6 : box.right + 6;
      if (hasText)
        fonts.regular.draw(canvas, shortNumber(tick, scale.step), [x, y + 4], { ...style, align: side === "left" ? "right" : "left" });
    }
    const label = axisLabel(definition, units[side], side);
    const room = (box.right - box.left) / 2;
    if (label !== "" && box.top > 16)
      fonts.regular.draw(canvas, fonts.regular.fitted(label, TEXT_SIZE, room), [side === "left" ? box.left : box.right, box.top - 7], {
        ...style,
        align: side,
      });
  }
  canvas.fillBox({ left: box.left, top: box.bottom, right: box.right, bottom: box.bottom + 1 }, theme.axis);
  if (!hasTimes(box)) return;
  const count = Math.max(1, Math.floor((box.right - box.left) / COLUMN_ROOM));
  for (const { time, label } of timeTicks(definition.from, definition.to, offsetOf(definition.timezone), count)) {
    const x = Math.round(plot.x(time));
    canvas.fillBox({ left: x, top: box.bottom, right: x + 1, bottom: box.bottom + 4 }, theme.axis);
    const half = fonts.regular.widthOf(label, TEXT_SIZE) / 2;
    const inside = Math.min(Math.max(x, half + 1), definition.width - half - 1);
    fonts.regular.draw(canvas, label, [inside, box.bottom + 15], { ...style, align: "center" });
  }
}

/** Parts of a line between which no value is missing. */
function partsOf(points: Line["points"]): (readonly (readonly [number, number])[])[] {
  const steps = points.slice(1).map(([time], index) => time - (points[index]?.[0] ?? time));
  const usual = steps.reduce((least, step) => Math.min(least, step), Number.POSITIVE_INFINITY);
  const parts: (readonly [number, number])[][] = [];
  for (const point of points) {
    const before = parts.at(-1)?.at(-1);
    if (before === undefined || point[0] - before[0] > usual * 1.5) parts.push([point]);
    else parts.at(-1)?.push(point);
  }
  return parts;
}

function drawLine(pen: Pen, plot: Plot, line: Line, { color, area }: { readonly color: Color; readonly area: boolean }): void {
  const [red, green, blue] = color;
  for (const part of partsOf(line.points)) {
    const points = part.map(([time, value]): Point => [plot.x(time), plot.y(value, line.side)]);
    const [first] = points;
    const last = points.at(-1);
    if (first === undefined || last === undefined) continue;
    if (area && points.length > 1) {
      const ground = plot.y(Math.max(0, plot.scales[line.side]?.min ?? 0), line.side);
      const shape = [...points, [last[0], ground] as const, [first[0], ground] as const];
      pen.canvas.fill([shape], pen.theme.background);
      pen.canvas.fill([shape], [red, green, blue, 0.55]);
    }
    if (points.length === 1) pen.canvas.dot(first, 2.5, color);
    else pen.canvas.stroke(points, { color, width: LINE_WIDTH });
  }
}

const faint = (hex: string | undefined): Color => colorOf(hex ?? ANNOTATION, 0.12);

function drawHorizontalFill({ canvas }: Pen, { box, y }: Plot, { value, to, fill, color, side }: Annotation): void {
  const at = y(value, side);
  const [top, bottom] =
    to !== undefined
      ? [Math.min(at, y(to, side)), Math.max(at, y(to, side))]
      : fill === "above"
        ? [box.top, at]
        : fill === "below"
          ? [at, box.bottom]
          : [0, 0];
  if (bottom > top) canvas.fillBox({ ...box, top, bottom }, faint(color));
}

function drawHorizontal({ canvas, fonts, theme }: Pen, { box, y }: Plot, { value, to, label, toLabel, color, side }: Annotation): void {
  const line = colorOf(color ?? ANNOTATION);
  for (const [at, text] of [
    [value, label],
    [to, toLabel],
  ] as const) {
    if (at === undefined) continue;
    const level = Math.round(y(at, side)) + 0.5;
    canvas.stroke(
      [
        [box.left, level],
        [box.right, level],
      ],
      { color: line, width: 1 },
    );
    if (text === undefined) continue;
    const above = level - 4 > box.top + TEXT_SIZE ? level - 4 : level + TEXT_SIZE + 2;
    fonts.regular.draw(canvas, fonts.regular.fitted(text, TEXT_SIZE, box.right - box.left - 8), [box.left + 4, above], {
      size: TEXT_SIZE,
      color: theme.text,
    });
  }
}

function drawVerticalFill({ canvas }: Pen, { box, x }: Plot, { value, to, fill, color }: Annotation): void {
  const at = x(value);
  const [left, right] =
    to !== undefined
      ? [Math.min(at, x(to)), Math.max(at, x(to))]
      : fill === "before"
        ? [box.left, at]
        : fill === "after"
          ? [at, box.right]
          : [0, 0];
  if (right > left) canvas.fillBox({ ...box, left, right }, faint(color));
}

function drawVertical({ canvas, fonts, theme }: Pen, { box, x }: Plot, { value, to, label, toLabel, color }: Annotation): void {
  for (const [at, text] of [
    [value, label],
    [to, toLabel],
  ] as const) {
    if (at === undefined) continue;
    const middle = Math.round(x(at)) + 0.5;
    canvas.stroke(
      [
        [middle, box.top],
        [middle, box.bottom],
      ],
      { color: colorOf(color ?? ANNOTATION), width: 1, dash: [4, 3] },
    );
    if (text === undefined) continue;
    const wide = fonts.regular.widthOf(text, TEXT_SIZE);
    const fits = x(at) + 4 + wide < box.right;
    fonts.regular.draw(canvas, text, [fits ? x(at) + 4 : x(at) - 4, box.top + TEXT_SIZE + 2], {
      size: TEXT_SIZE,
      color: theme.text,
      align: fits ? "left" : "right",
    });
  }
}
