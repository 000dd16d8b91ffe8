import { useWords } from "../i18n/i18n.tsx";
import { useLive, useWorld } from "../live/live.ts";

/** An instant of virtual time, with how far it is from the one that is shown. */
export function Time({ at }: { readonly at: number | undefined }) {
  const { t, time, span } = useWords();
  const { clock, at: scrubbed } = useLive();
  const world = useWorld();
  if (at === undefined) return <>–</>;
  const now = scrubbed === undefined ? (clock?.virtual ?? world.time) : world.time;
  const away = at <= now ? t("time.ago", { span: span(now - at) }) : t("time.in", { span: span(at - now) });
  return (
    <time dateTime={new Date(at).toISOString()}>
      {time(at)} <span className="quiet">({away})</span>
    </time>
  );
}
