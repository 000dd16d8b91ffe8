import { PNG } from "pngjs";
import { type Color, compose } from "./colors.ts";

export type Point = readonly [x: number, y: number];
export type Polygon = readonly Point[];

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface Stroke {
  readonly color: Color;
  /** Pixels. */
  readonly width: number;
  /** Lengths of dash and gap in pixels; solid without. */
  readonly dash?: readonly [on: number, off: number];
}

const DISC_STEPS = 12;
/** Red, green and blue, as differences from the row above, which graphs are mostly made of. */
const PNG_OPTIONS = { colorType: 2, inputColorType: 2, inputHasAlpha: false, filterType: 2 } as const;

function disc([x, y]: Point, radius: number): Polygon {
  return Array.from({ length: DISC_STEPS }, (_, step) => {
    const angle = (step / DISC_STEPS) * 2 * Math.PI;
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)] as const;
  });
}

/** A segment as a quadrangle that turns the way `disc` does, so that their coverage adds up. */
function quad([x0, y0]: Point, [x1, y1]: Point, half: number): Polygon {
  const length = Math.hypot(x1 - x0, y1 - y0) || 1;
  const [dx, dy] = [((y1 - y0) / length) * half, ((x0 - x1) / length) * half];
  return [
    [x0 + dx, y0 + dy],
    [x1 + dx, y1 + dy],
    [x1 - dx, y1 - dy],
    [x0 - dx, y0 - dy],
  ];
}

/** The drawn parts of a dashed line. */
function dashes(points: Polygon, [on, off]: readonly [number, number]): Polygon[] {
  const parts: Polygon[] = [];
  for (const [index, to] of points.entries()) {
    const from = points[index - 1];
    if (from === undefined) continue;
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    const at = (way: number): Point => [from[0] + ((to[0] - from[0]) * way) / length, from[1] + ((to[1] - from[1]) * way) / length];
    for (let way = 0; way < length; way += on + off) parts.push([at(way), at(Math.min(length, way + on))]);
  }
  return parts;
}

/** The signed area that edges cover of each pixel of a box, from which a running sum over a row gives the coverage. */
class Coverage {
  readonly #area: Float32Array;
  readonly #width: number;
  readonly #box: Box;

  constructor(box: Box) {
    this.#box = box;
    this.#width = box.right - box.left + 2;
    this.#area = new Float32Array(this.#width * (box.bottom - box.top));
  }

  row(y: number): Float32Array {
    const start = (y - this.#box.top) * this.#width;
    return this.#area.subarray(start, start + this.#width);
  }

  /** Pixels to the right of an edge are inside; what is left of the box counts at its left border. */
  edge([xa, ya]: Point, [xb, yb]: Point): void {
    if (ya === yb) return;
    const sign = ya < yb ? 1 : -1;
    const [x0, y0, x1, y1] = ya < yb ? [xa, ya, xb, yb] : [xb, yb, xa, ya];
    const slope = (x1 - x0) / (y1 - y0);
    const last = Math.min(this.#box.bottom, Math.ceil(y1));
    for (let y = Math.max(this.#box.top, Math.floor(y0)); y < last; y++) {
      const [from, to] = [Math.max(y, y0), Math.min(y + 1, y1)];
      if (to > from) this.#span(this.row(y), sign * (to - from), [x0 + (from - y0) * slope, x0 + (to - y0) * slope]);
    }
  }

  #span(row: Float32Array, height: number, ends: readonly [number, number]): void {
    const limit = (x: number) => Math.min(Math.max(x - this.#box.left, 0), this.#width - 2);
    const [a, b] = [limit(Math.min(...ends)), limit(Math.max(...ends))];
    const [first, last] = [Math.floor(a), Math.floor(b)];
    const add = (index: number, value: number) => {
      row[index] = (row[index] ?? 0) + value;
    };
    let x = a;
    for (let pixel = first; pixel <= last; pixel++) {
      const end = pixel === last ? b : pixel + 1;
      const share = b === a ? height : (height * (end - x)) / (b - a);
      const right = pixel + 1 - (x + end) / 2;
      add(pixel, share * right);
      add(pixel + 1, share * (1 - right));
      x = end;
    }
  }
}

/** A bitmap on which polygons are filled with exact coverage of each pixel, so that every edge is smooth. */
export class Canvas {
  readonly width: number;
  readonly height: number;
  readonly #pixels: Uint8Array;
  #clip: Box;

  constructor(width: number, height: number, background: Color) {
    this.width = width;
    this.height = height;
    this.#pixels = new Uint8Array(width * height * 3);
    this.#clip = this.whole;
    this.fillBox(this.whole, background);
  }

  get whole(): Box {
    return { left: 0, top: 0, right: this.width, bottom: this.height };
  }

  /** What `draw` paints stays inside of the box. */
  within(box: Box, draw: () => void): void {
    const before = this.#clip;
    this.#clip = {
      left: Math.max(0, Math.floor(box.left)),
      top: Math.max(0, Math.floor(box.top)),
      right: Math.min(this.width, Math.ceil(box.right)),
      bottom: Math.min(this.height, Math.ceil(box.bottom)),
    };
    draw();
    this.#clip = before;
  }

  fillBox({ left, top, right, bottom }: Box, color: Color): void {
    this.fill(
      [
        [
          [left, top],
          [right, top],
          [right, bottom],
          [left, bottom],
        ],
      ],
      color,
    );
  }

  /** Polygons that turn the same way are united; one that turns the other way is a hole. */
  fill(polygons: readonly Polygon[], color: Color): void {
    const box = this.#boundsOf(polygons);
    if (box.left >= box.right || box.top >= box.bottom) return;
    const coverage = new Coverage(box);
    for (const polygon of polygons) {
      for (const [index, point] of polygon.entries()) coverage.edge(point, polygon[index + 1] ?? polygon[0] ?? point);
    }
    for (let y = box.top; y < box.bottom; y++) {
      let sum = 0;
      const row = coverage.row(y);
      for (let x = box.left; x < box.right; x++) {
        sum += row[x - box.left] ?? 0;
        const covered = Math.min(1, Math.abs(sum));
        if (covered > 0.002) compose(this.#pixels, (y * this.width + x) * 3, color, covered);
      }
    }
  }

  stroke(points: Polygon, { color, width, dash }: Stroke): void {
    const half = width / 2;
    const parts = dash === undefined ? [points] : dashes(points, dash);
    const shapes = parts.flatMap((part) =>
      part.flatMap((point, index) => {
        const before = part[index - 1];
        const joint = dash === undefined && width > 1 ? [disc(point, half)] : [];
        return before === undefined ? joint : [quad(before, point, half), ...joint];
      }),
    );
    this.fill(shapes, color);
  }

  dot(point: Point, radius: number, color: Color): void {
    this.fill([disc(point, radius)], color);
  }

  png(): Uint8Array {
    const image = { width: this.width, height: this.height, data: Buffer.from(this.#pixels.buffer) };
    return PNG.sync.write(image as PNG, PNG_OPTIONS);
  }

  #boundsOf(polygons: readonly Polygon[]): Box {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const polygon of polygons) {
      for (const [x, y] of polygon) {
        left = Math.min(left, x);
        right = Math.max(right, x);
        top = Math.min(top, y);
        bottom = Math.max(bottom, y);
      }
    }
    return {
      left: Math.max(this.#clip.left, Math.floor(left)),
      top: Math.max(this.#clip.top, Math.floor(top)),
      right: Math.min(this.#clip.right, Math.ceil(right)),
      bottom: Math.min(this.#clip.bottom, Math.ceil(bottom)),
    };
  }
}
