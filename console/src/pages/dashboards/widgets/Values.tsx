import Table from "@cloudscape-design/components/table";
import { useWords } from "../../../i18n/i18n.tsx";
import { colourOf } from "../../../ui/plot.ts";
import type { Line } from "../data.ts";

interface Lines {
  readonly lines: readonly Line[];
}

const newest = ({ points }: Line): number | undefined => points.at(-1)?.[1];

/** The newest value of each metric, large; with a sparkline below it where the widget wants one. */
export function SingleValues({
  lines,
  times,
  sparkline,
  height,
}: Lines & { readonly times: readonly number[]; readonly sparkline: boolean; readonly height: number }) {
  const { number } = useWords();
  return (
    <ul className="values">
      {lines.map((line, i) => {
        const value = newest(line);
        return (
          <li key={line.label}>
            <span className="big">{value === undefined ? "–" : number(value)}</span>
            <span className="swatch" style={{ background: colourOf(line, i) }} aria-hidden="true" />
            {line.label}
            {sparkline && times.length > 1 && <Sparkline line={line} colour={colourOf(line, i)} height={Math.max(24, height / 4)} />}
          </li>
        );
      })}
    </ul>
  );
}

function Sparkline({ line, colour, height }: { readonly line: Line; readonly colour: string; readonly height: number }) {
  const values = line.points.map(([, value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [first = 0, last = 1] = [line.points[0]?.[0], line.points.at(-1)?.[0]];
  const x = (time: number): number => ((time - first) / Math.max(1, last - first)) * 100;
  const y = (value: number): number => height - 2 - ((value - low) / (high - low || 1)) * (height - 4);
  return (
    <svg className="spark" viewBox={`0 0 100 ${height}`} height={height} preserveAspectRatio="none" aria-hidden="true">
      <polyline
        points={line.points.map(([time, value]) => `${x(time)},${y(value)}`).join(" ")}
        fill="none"
        stroke={colour}
        strokeWidth="2"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}

/** The newest value of the first metric between two limits. */
export function Gauge({ lines, min, max }: Lines & { readonly min: number; readonly max: number }) {
  const { number } = useWords();
  const [line] = lines;
  const value = line === undefined ? undefined : newest(line);
  if (line === undefined || value === undefined) return null;
  const share = Math.min(1, Math.max(0, (value - min) / (max - min || 1)));
  const at = (part: number): string => `${60 - 50 * Math.cos(Math.PI * part)} ${60 - 50 * Math.sin(Math.PI * part)}`;
  return (
    <svg viewBox="0 0 120 82" className="gauge" role="img" aria-label={`${line.label}: ${number(value)}`}>
      <path d={`M ${at(0)} A 50 50 0 0 1 ${at(1)}`} className="track" />
      <path d={`M ${at(0)} A 50 50 0 0 1 ${at(share)}`} stroke={colourOf(line, 0)} />
      <text x="60" y="58">
        {number(value)}
      </text>
      <text x="10" y="72" className="small">
        {number(min)}
      </text>
      <text x="110" y="72" className="small">
        {number(max)}
      </text>
    </svg>
  );
}

/** The newest values beside one another. */
export function Bars({ lines }: Lines) {
  const { number } = useWords();
  const most = Math.max(...lines.map((line) => Math.abs(newest(line) ?? 0)), 1e-9);
  return (
    <ul className="bars">
      {lines.map((line, i) => {
        const value = newest(line);
        return (
          <li key={line.label}>
            <span className="clip">{line.label}</span>
            <span className="track">
              <span style={{ width: `${(Math.abs(value ?? 0) / most) * 100}%`, background: colourOf(line, i) }} />
            </span>
            <span className="figure">{value === undefined ? "–" : number(value)}</span>
          </li>
        );
      })}
    </ul>
  );
}

const CIRCLE = 2 * Math.PI * 25;

/** The newest values as parts of their sum, with the numbers beside them. */
export function Pie({ lines }: Lines) {
  const { number } = useWords();
  const values = lines.map((line) => Math.max(0, newest(line) ?? 0));
  const sum = values.reduce((all, value) => all + value, 0) || 1;
  return (
    <div className="pie">
      <svg viewBox="0 0 100 100" aria-hidden="true">
        {lines.map((line, i) => {
          const before = values.slice(0, i).reduce((all, value) => all + value, 0);
          return (
            <circle
              key={line.label}
              r="25"
              cx="50"
              cy="50"
              fill="none"
              strokeWidth="50"
              stroke={colourOf(line, i)}
              strokeDasharray={`${((values[i] ?? 0) / sum) * CIRCLE} ${CIRCLE}`}
              strokeDashoffset={-(before / sum) * CIRCLE}
              transform="rotate(-90 50 50)"
            />
          );
        })}
      </svg>
      <ul>
        {lines.map((line, i) => (
          <li key={line.label}>
            <span className="swatch" style={{ background: colourOf(line, i) }} aria-hidden="true" />
            {`${line.label}: ${number(values[i] ?? 0)} (${number(((values[i] ?? 0) / sum) * 100)} %)`}
          </li>
        ))}
      </ul>
    </div>
  );
}

export function SummaryTable({ title, lines }: Lines & { readonly title: string }) {
  const { t, number } = useWords();
  const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
  const columns: readonly (readonly [string, (values: readonly number[]) => number])[] = [
    [t("dashboards.min"), (values) => Math.min(...values)],
    [t("dashboards.max"), (values) => Math.max(...values)],
    [t("dashboards.sum"), sum],
    [t("dashboards.average"), (values) => sum(values) / values.length],
  ];
  return (
    <Table
      variant="embedded"
      ariaLabels={{ tableLabel: title }}
      items={[...lines]}
      columnDefinitions={[
        { id: "label", header: t("column.name"), cell: ({ label }) => label, isRowHeader: true },
        ...columns.map(([header, of]) => ({
          id: header,
          header,
          cell: ({ points }: Line) =>
            points.length === 0 ? "–" : <span className="figure">{number(of(points.map(([, value]) => value)))}</span>,
        })),
      ]}
    />
  );
}
