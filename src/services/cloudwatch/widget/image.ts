import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { invalid } from "../alarm-config.ts";
import { Canvas } from "./canvas.ts";
import { pictureOf } from "./data.ts";
import { definitionOf } from "./definition.ts";
import { fonts } from "./font.ts";
import { drawFrame, type Pen, TEXT_SIZE, themeOf } from "./frame.ts";
import { drawBars, drawPie } from "./shares.ts";
import { drawTimeSeries } from "./time-series.ts";

/**
 * A metric widget as a PNG. `OutputFormat` `image/png` makes AWS answer the bare picture over HTTP, which no SDK asks for; it
 * is refused.
 *
 * @throws AwsException ValidationException
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricWidgetImage.html
 */
export async function getMetricWidgetImage(
  input: Input<"cloudwatch", "GetMetricWidgetImage">,
  ctx: Context,
): Promise<Output<"cloudwatch", "GetMetricWidgetImage">> {
  const format = input.OutputFormat ?? "png";
  if (format !== "png") throw invalid(`The OutputFormat ${format} is not supported; use png.`);
  const definition = definitionOf(input.MetricWidget ?? "", ctx.now, ctx.region);
  const picture = await pictureOf(ctx, definition);
  const theme = themeOf(definition);
  const pen: Pen = { canvas: new Canvas(definition.width, definition.height, theme.background), fonts: await fonts(), theme };
  const room = drawFrame(pen, definition, picture.lines);
  if (definition.view === "bar") drawBars(pen, picture.lines, definition.axes.left, room);
  else if (definition.view === "pie") drawPie(pen, picture.lines, room);
  else drawTimeSeries(pen, definition, picture, room);
  if (picture.lines.every(({ points }) => points.length === 0)) {
    const middle = [(room.left + room.right) / 2, (room.top + room.bottom) / 2] as const;
    pen.fonts.regular.draw(pen.canvas, "No data available.", middle, { size: TEXT_SIZE, color: theme.text, align: "center" });
  }
  return { MetricWidgetImage: pen.canvas.png() };
}
