import Button from "@cloudscape-design/components/button";
import { useWords } from "../i18n/i18n.tsx";
import { live, useLive } from "../live/live.ts";

/** Puts the whole console at the instant of any event, and back. */
export function Scrubber() {
  const { t, time } = useWords();
  const { events, at } = useLive();
  const last = events.length - 1;
  if (last < 1) return null;
  const index = at === undefined ? last : events.findIndex(({ position }) => position >= at);
  const shown = events[index];
  return (
    <div className="scrub">
      <label htmlFor="instant">{t("scrub.label")}</label>
      <input
        id="instant"
        type="range"
        min={0}
        max={last}
        value={index}
        aria-valuetext={shown === undefined ? "" : time(shown.time)}
        onChange={({ target }) => {
          const chosen = Number(target.value);
          live.scrub(chosen >= last ? undefined : events[chosen]?.position);
        }}
      />
      <output htmlFor="instant" className="quiet">
        {at === undefined || shown === undefined ? t("scrub.live") : t("scrub.at", { time: time(shown.time), id: shown.id })}
      </output>
      {at !== undefined && <Button onClick={() => live.scrub(undefined)}>{t("scrub.now")}</Button>}
    </div>
  );
}
