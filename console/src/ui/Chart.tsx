import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Table from "@cloudscape-design/components/table";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useWords } from "../i18n/i18n.tsx";
import { useSettings } from "../layout/settings.tsx";

export interface Series {
  readonly label: string;
  /** Of the chart's instants; null where there is none. */
  readonly values: readonly (number | null)[];
  readonly dash?: boolean;
  /** Its place among the colours; else its own among the series. */
  readonly colour?: number;
  /** Holds its value until the next one. */
  readonly step?: boolean;
}

export interface Mark {
  readonly time: number;
  readonly label: string;
  readonly bad: boolean;
}

interface Props {
  readonly title: string;
  /** Virtual ms, ascending. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly marks?: readonly Mark[];
  readonly unit?: string;
  readonly range?: readonly [number, number];
  /** First and last instant, so that several charts have one axis. */
  readonly span?: readonly [number, number];
  /** Charts of one name move their cursors together. */
  readonly sync?: string;
  readonly height?: number;
}

const COLOURS = ["#0972d3", "#e07941", "#1d8102", "#ce3311", "#7d2105", "#8456ce"];
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]];

function draw(host: HTMLElement, props: Props, dark: boolean, words: ReturnType<typeof useWords>): uPlot {
  const { times, series, marks = [], unit = "", range, span, sync, height = 200 } = props;
  const ink = dark ? "#d1d5db" : "#414d5c";
  const grid = { stroke: dark ? "#333b45" : "#e9ebed", width: 1 };
  const axis = { stroke: ink, grid, ticks: grid, font: "12px sans-serif" };
  const options: uPlot.Options = {
    width: host.clientWidth,
    height,
    ms: 1,
    tzDate: (ms) => uPlot.tzDate(new Date(ms), "Etc/UTC"),
    ...(sync === undefined ? {} : { cursor: { sync: { key: sync } } }),
    scales: {
      x: { time: true, ...(span === undefined ? {} : { range: [span[0], span[1]] }) },
      ...(range === undefined ? {} : { y: { range: [range[0], range[1]] } }),
    },
    axes: [axis, { ...axis, size: 60, values: (_, ticks) => ticks.map((tick) => `${words.number(tick)}${unit === "" ? "" : ` ${unit}`}`) }],
    series: [
      { label: words.t("column.time"), value: (_, ms: number | null) => (ms === null ? "–" : words.time(ms)) },
      ...series.map(({ label, dash, step, colour }, i) => ({
        label,
        stroke: COLOURS[(colour ?? i) % COLOURS.length] ?? ink,
        width: 2,
        dash: dash === true ? [4, 4] : (DASHES[i % DASHES.length] ?? []),
        points: { show: times.length < 60 },
        ...(step === true && uPlot.paths.stepped !== undefined ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
      })),
    ],
    hooks: { draw: [(plot) => drawMarks(plot, marks, { ink, bad: dark ? "#ff8c8c" : "#ce3311" })] },
  };
  return new uPlot(options, [[...times], ...series.map(({ values }) => [...values])] as uPlot.AlignedData, host);
}

/** A line at each mark's instant, with its name beside it. */
function drawMarks(plot: uPlot, marks: readonly Mark[], colours: { readonly ink: string; readonly bad: string }): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.font = `${12 * devicePixelRatio}px sans-serif`;
  for (const [i, { time, label, bad }] of marks.entries()) {
    const x = Math.round(plot.valToPos(time, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = bad ? colours.bad : colours.ink;
    ctx.fillStyle = ctx.strokeStyle;
    ctx.lineWidth = (bad ? 2 : 1) * devicePixelRatio;
    ctx.setLineDash(bad ? [] : [4, 4]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const width = ctx.measureText(label).width;
    const fits = x - width - 4 > bbox.left;
    const left = fits && x + width + 8 > bbox.left + bbox.width ? x - width - 4 : x + 4;
    ctx.fillText(label, left, bbox.top + (14 + (i % 3) * 15) * devicePixelRatio);
  }
  ctx.restore();
}

/** Lines over virtual time; the same numbers are in a table for who cannot see them. */
export function Chart(props: Props) {
  const { theme } = useSettings();
  const words = useWords();
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = host.current;
    if (element === null || props.times.length === 0) return;
    const plot = draw(element, props, theme === "dark", words);
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: props.height ?? 200 }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [props, theme, words]);
  return (
    <section aria-label={props.title}>
      <div ref={host} aria-hidden="true" />
      <ExpandableSection headerText={`${words.t("chart.table")}: ${props.title}`} variant="footer">
        <Values {...props} />
      </ExpandableSection>
    </section>
  );
}

function Values({ title, times, series, unit = "" }: Props) {
  const words = useWords();
  const rows = times.map((time, i) => ({ time, values: series.map(({ values }) => values[i] ?? null) }));
  return (
    <Table
      variant="embedded"
      ariaLabels={{ tableLabel: title }}
      items={rows}
      columnDefinitions={[
        { id: "time", header: words.t("column.time"), cell: ({ time }) => words.time(time), isRowHeader: true },
        ...series.map(({ label }, i) => ({
          id: label,
          header: label,
          cell: ({ values }: (typeof rows)[number]) => {
            const value = values[i];
            return value === null || value === undefined ? "–" : `${words.number(value)} ${unit}`;
          },
        })),
      ]}
    />
  );
}
