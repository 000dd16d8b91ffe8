/** Red, green and blue from 0 to 255; alpha from 0 to 1. */
export type Color = readonly [red: number, green: number, blue: number, alpha: number];

/** CloudWatch's own order of colours. */
export const PALETTE = [
  "#1f77b4",
  "#ff7f0e",
  "#2ca02c",
  "#d62728",
  "#9467bd",
  "#8c564b",
  "#e377c2",
  "#7f7f7f",
  "#bcbd22",
  "#17becf",
  "#aec7e8",
  "#ffbb78",
  "#98df8a",
  "#ff9896",
  "#c5b0d5",
  "#c49c94",
  "#f7b6d2",
  "#c7c7c7",
  "#dbdb8d",
  "#9edae5",
] as const;

/** `#rrggbb` or `#rgb`. */
export function colorOf(hex: string, alpha = 1): Color {
  const digits = hex.length === 4 ? hex.replace(/[0-9a-f]/gi, "$&$&") : hex;
  const value = Number.parseInt(digits.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255, alpha];
}

/** Paints over the pixel that begins at `offset`. */
export function compose(pixels: Uint8Array, offset: number, [red, green, blue, alpha]: Color, covered: number): void {
  const share = alpha * covered;
  pixels[offset] = Math.round(red * share + (pixels[offset] ?? 0) * (1 - share));
  pixels[offset + 1] = Math.round(green * share + (pixels[offset + 1] ?? 0) * (1 - share));
  pixels[offset + 2] = Math.round(blue * share + (pixels[offset + 2] ?? 0) * (1 - share));
}

export interface Theme {
  readonly background: Color;
  readonly title: Color;
  readonly text: Color;
  readonly grid: Color;
  readonly axis: Color;
}

export const THEMES: Readonly<Record<"light" | "dark", Theme>> = {
  light: {
    background: colorOf("#ffffff"),
    title: colorOf("#16191f"),
    text: colorOf("#545b64"),
    grid: colorOf("#eaeded"),
    axis: colorOf("#aab7b8"),
  },
  dark: {
    background: colorOf("#0f1b2a"),
    title: colorOf("#f2f3f3"),
    text: colorOf("#b6bec9"),
    grid: colorOf("#2a3b4f"),
    axis: colorOf("#5f6b7a"),
  },
};
