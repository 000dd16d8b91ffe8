import Box from "@cloudscape-design/components/box";
import { memo } from "react";
import { useWords } from "../../../i18n/i18n.tsx";
import type { Widget as WidgetShape } from "../body.ts";
import type { Range } from "../data.ts";
import { Alarms } from "./Alarms.tsx";
import { Custom } from "./Custom.tsx";
import { Log } from "./Log.tsx";
import { Metric } from "./Metric.tsx";
import { Text } from "./Text.tsx";

/** Pixels of a row of the grid. */
export const ROW = 50;
const GAP = 8;
/** What a title, a legend and the link to the table take of a widget. */
const FURNITURE = 135;

interface Props {
  readonly widget: WidgetShape;
  readonly range: Range;
  readonly dashboard: string;
}

/** A widget at its place; drawn again only when it or its range changes, not with every event. */
export const Widget = memo(function Widget({ widget, range, dashboard }: Props) {
  const { x, y, width = 6, height = 6, type, properties } = widget;
  const title = typeof properties["title"] === "string" ? properties["title"] : undefined;
  const place = {
    gridColumn: `${x === undefined ? "" : `${x + 1} / `}span ${width}`,
    gridRow: `${y === undefined ? "" : `${y + 1} / `}span ${height}`,
  };
  const bare = type === "text" && properties["background"] === "transparent";
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section className={bare ? "widget bare" : "widget"} style={place} tabIndex={0} aria-label={title ?? type}>
      {title !== undefined && <h2>{title}</h2>}
      <Content widget={widget} range={range} dashboard={dashboard} height={Math.max(100, height * ROW + (height - 1) * GAP - FURNITURE)} />
    </section>
  );
});

function Content({ widget: { type, properties }, range, dashboard, height }: Props & { readonly height: number }) {
  const { t } = useWords();
  switch (type) {
    case "text":
      return <Text markdown={String(properties["markdown"] ?? "")} />;
    case "metric":
      return <Metric properties={properties} range={range} height={height} />;
    case "log":
      return <Log properties={properties} range={range} height={height} />;
    case "alarm":
      return <Alarms properties={properties} />;
    case "custom":
      return <Custom properties={properties} range={range} dashboard={dashboard} />;
    default:
      return <Message text={t(type === "explorer" ? "dashboards.explorer" : "dashboards.unknown", { type })} />;
  }
}

export function Message({ text, isError = false }: { readonly text: string; readonly isError?: boolean }) {
  return <Box color={isError ? "text-status-error" : "text-body-secondary"}>{text}</Box>;
}
