import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Table from "@cloudscape-design/components/table";
import { useEffect, useRef } from "react";
import "uplot/dist/uPlot.min.css";
import { useWords } from "../i18n/i18n.tsx";
import { useSettings } from "../layout/settings.tsx";
import { draw } from "./plot.ts";

export interface Series {
  readonly label: string;
  /** Of the chart's instants; null where there is none. */
  readonly values: readonly (number | null)[];
  readonly dash?: boolean;
  /** Its place among the colours, or a colour of its own (`#rrggbb`); else its own among the series. */
  readonly colour?: number | string;
  /** Holds its value until the next one. */
  readonly step?: boolean;
  /** Filled down to the next series below it, or to zero. */
  readonly area?: boolean;
  /** Has the scale at the right side. */
  readonly right?: boolean;
}

/** A value with a line of its own, or with `to` a band. */
export interface Level {
  readonly value: number;
  readonly to?: number;
  readonly label: string;
  readonly colour?: string;
  readonly fill?: "above" | "below";
  readonly right?: boolean;
}

export interface Mark {
  readonly time: number;
  readonly label: string;
  readonly bad: boolean;
  /** Its end: everything between is shaded. */
  readonly until?: number;
  readonly colour?: string;
}

type Limits = readonly [number | null, number | null];

export interface Props {
  readonly title: string;
  /** Virtual ms, ascending. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly marks?: readonly Mark[];
  readonly levels?: readonly Level[];
  readonly unit?: string;
  /** Limits; null for what follows from the values. */
  readonly range?: Limits;
  readonly rangeRight?: Limits;
  /** First and last instant, so that several charts have one axis. */
  readonly span?: readonly [number, number];
  /** Charts of one name move their cursors together. */
  readonly sync?: string;
  readonly height?: number;
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
