import uPlot from "uplot";
import type { useWords } from "../i18n/i18n.tsx";
import type { Level, Mark, Props, Series } from "./Chart.tsx";

const COLOURS = ["#0972d3", "#e07941", "#1d8102", "#ce3311", "#7d2105", "#8456ce"];
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]];
const SHADE = "20";
const AREA = "59";

interface Ink {
  readonly ink: string;
  readonly bad: string;
}

export const colourOf = ({ colour }: Pick<Series, "colour">, index: number): string =>
  typeof colour === "string" ? colour : (COLOURS[(colour ?? index) % COLOURS.length] ?? "#0972d3");

/** A chart in an element of the page. */
export function draw(host: HTMLElement, props: Props, dark: boolean, words: ReturnType<typeof useWords>): uPlot {
  const { times, series, marks = [], levels = [], span, sync, height = 200 } = props;
  const ink = { ink: dark ? "#d1d5db" : "#414d5c", bad: dark ? "#ff8c8c" : "#ce3311" };
  const options: uPlot.Options = {
    width: host.clientWidth,
    height,
    ms: 1,
    tzDate: (ms) => uPlot.tzDate(new Date(ms), "Etc/UTC"),
    ...(sync === undefined ? {} : { cursor: { sync: { key: sync } } }),
    scales: {
      x: { time: true, ...(span === undefined ? {} : { range: [span[0], span[1]] }) },
      y: { range: rangeOf(props, false) },
      right: { range: rangeOf(props, true) },
    },
    axes: axesOf(props, ink.ink, dark ? "#333b45" : "#e9ebed", words),
    series: [
      { label: words.t("column.time"), value: (_, ms: number | null) => (ms === null ? "–" : words.time(ms)) },
      ...series.map((one, i) => seriesOf(one, i, times)),
    ],
    hooks: {
      drawAxes: [(plot) => shade(plot, marks, levels)],
      draw: [
        (plot) => {
          drawLevels(plot, levels, ink);
          drawMarks(plot, marks, ink);
        },
      ],
    },
  };
  return new uPlot(options, alignedData(times, series), host);
}

/** Where points are missing, nothing is drawn: a line over an hour without data would be an invention. */
function alignedData(times: readonly number[], series: readonly Series[]): uPlot.AlignedData {
  const steps = times.slice(1).map((time, i) => time - (times[i] ?? time));
  const usual = Math.min(...steps);
  const holds = series.some(({ step }) => step === true);
  // A value that holds until the next one is known in between.
  const after = holds ? [] : times.flatMap((_, i) => ((steps[i] ?? 0) > usual * 1.5 ? [i] : []));
  if (after.length === 0) return [[...times], ...series.map(({ values }) => [...values])] as uPlot.AlignedData;
  const gaps = new Set(after);
  const spread = <T>(values: readonly T[], between: (i: number) => T): T[] =>
    values.flatMap((value, i) => (gaps.has(i) ? [value, between(i)] : [value]));
  const all = spread(times, (i) => (times[i] ?? 0) + usual);
  return [all, ...series.map(({ values }) => spread(values, () => null))] as uPlot.AlignedData;
}

function seriesOf({ label, dash, step, area, right, ...one }: Series, i: number, times: readonly number[]): uPlot.Series {
  const stroke = colourOf(one, i);
  return {
    label,
    stroke,
    width: 2,
    ...(right === true ? { scale: "right" } : {}),
    ...(area === true
      ? { fill: `${stroke}${AREA}` }
      : { dash: dash === true ? [4, 4] : typeof one.colour === "string" ? [] : (DASHES[i % DASHES.length] ?? []) }),
    points: { show: times.length < 60 },
    ...(step === true && uPlot.paths.stepped !== undefined ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
  };
}

function axesOf({ series, unit = "" }: Props, stroke: string, line: string, words: ReturnType<typeof useWords>): uPlot.Axis[] {
  const grid = { stroke: line, width: 1 };
  const axis = { stroke, grid, ticks: grid, font: "12px sans-serif" };
  const values = (_: uPlot, ticks: number[]) => ticks.map((tick) => `${words.number(tick)}${unit === "" ? "" : ` ${unit}`}`);
  const right = series.some((one) => one.right === true)
    ? [{ ...axis, scale: "right", side: 1 as const, size: 60, values, grid: { show: false } }]
    : [];
  return [{ ...axis, space: 80, values: timesIn(words.language) }, { ...axis, size: 60, values }, ...right];
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** Times of a day as 24 hours in UTC, with the date where one begins; dates alone where ticks are days apart. */
function timesIn(language: string): uPlot.Axis.DynamicValues {
  const date = new Intl.DateTimeFormat(language, { timeZone: "UTC", day: "numeric", month: "short" });
  return (_, splits, __, ___, step) => {
    let day = Number.NaN;
    return splits.map((ms) => {
      if (step >= DAY_MS) return date.format(ms);
      const time = new Date(ms).toISOString().slice(11, step < MINUTE_MS ? 19 : 16);
      const isNew = Math.floor(ms / DAY_MS) !== day;
      day = Math.floor(ms / DAY_MS);
      return isNew ? `${time}\n${date.format(ms)}` : time;
    });
  };
}

/** Room for all values and lines; what is given as a limit stays exactly that. */
function rangeOf(props: Props, isRight: boolean): uPlot.Scale.Range {
  const limits = isRight ? props.rangeRight : props.range;
  const levels = (props.levels ?? []).filter(({ right }) => (right === true) === isRight);
  const ground = props.series.some(({ area, right }) => area === true && (right === true) === isRight) ? [0] : [];
  return (_, low, high) => {
    const edges = levels.flatMap(({ value, to }) => (to === undefined ? [value] : [value, to]));
    const [least, most] = [Math.min(low ?? 0, ...edges, ...ground), Math.max(high ?? 1, ...edges, ...ground)];
    const [from = 0, to = 1] = uPlot.rangeNum(least, most === least ? least + 1 : most, 0.1, true);
    return [limits?.[0] ?? from ?? 0, limits?.[1] ?? to ?? 1];
  };
}

/** What lies behind the lines: bands, and one side of a level. */
function shade(plot: uPlot, marks: readonly Mark[], levels: readonly Level[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const { value, to, fill, colour = "#d62728", right } of levels) {
    if (to === undefined && fill === undefined) continue;
    const y = plot.valToPos(value, right === true ? "right" : "y", true);
    const end =
      to === undefined ? (fill === "above" ? bbox.top : bbox.top + bbox.height) : plot.valToPos(to, right === true ? "right" : "y", true);
    ctx.fillStyle = `${colour}${SHADE}`;
    ctx.fillRect(bbox.left, Math.min(y, end), bbox.width, Math.abs(end - y));
  }
  for (const { time, until, colour = "#d62728" } of marks) {
    if (until === undefined) continue;
    const x = plot.valToPos(time, "x", true);
    ctx.fillStyle = `${colour}${SHADE}`;
    ctx.fillRect(x, bbox.top, plot.valToPos(until, "x", true) - x, bbox.height);
  }
  ctx.restore();
}

function drawLevels(plot: uPlot, levels: readonly Level[], { ink, bad }: Ink): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.font = `${12 * devicePixelRatio}px sans-serif`;
  // The axes leave theirs behind.
  ctx.textAlign = "left";
  for (const { value, to, label, colour = bad, right } of levels) {
    for (const at of to === undefined ? [value] : [value, to]) {
      const y = Math.round(plot.valToPos(at, right === true ? "right" : "y", true));
      ctx.strokeStyle = colour;
      ctx.lineWidth = devicePixelRatio;
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
    }
    ctx.fillStyle = ink;
    ctx.fillText(label, bbox.left + 4, plot.valToPos(value, right === true ? "right" : "y", true) - 4);
  }
  ctx.restore();
}

/** A line at each mark's instant, with its name beside it. */
function drawMarks(plot: uPlot, marks: readonly Mark[], { ink, bad }: Ink): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.font = `${12 * devicePixelRatio}px sans-serif`;
  // The axes leave theirs behind.
  ctx.textAlign = "left";
  for (const [i, { time, until, label, bad: isBad, colour }] of marks.entries()) {
    for (const at of until === undefined ? [time] : [time, until]) {
      const x = Math.round(plot.valToPos(at, "x", true));
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.strokeStyle = colour ?? (isBad ? bad : ink);
      ctx.fillStyle = colour === undefined ? ctx.strokeStyle : ink;
      ctx.lineWidth = (isBad ? 2 : 1) * devicePixelRatio;
      ctx.setLineDash(isBad ? [] : [4, 4]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      if (at !== time) continue;
      const width = ctx.measureText(label).width;
      const fits = x - width - 4 > bbox.left;
      const left = fits && x + width + 8 > bbox.left + bbox.width ? x - width - 4 : x + 4;
      ctx.fillText(label, left, bbox.top + (14 + (i % 3) * 15) * devicePixelRatio);
    }
  }
  ctx.restore();
}
