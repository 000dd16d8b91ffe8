import TopNavigation from "@cloudscape-design/components/top-navigation";
import { useLocation } from "wouter";
import { orrery } from "../api/client.ts";
import { useWords } from "../i18n/i18n.tsx";
import { useLive } from "../live/live.ts";
import { type Language, type Theme, useSettings } from "./settings.tsx";

const MODES = ["real", "skip", "hold", "warp"] as const;
/** Each in its own words. */
const LANGUAGES: Readonly<Record<Language, string>> = { en: "English", vi: "Tiếng Việt" };
const FIVE_MINUTES_MS = 300_000;

/** Name, clock and choices, always in sight. */
export function TopBar() {
  const { t, time, span } = useWords();
  const { theme, language, region, set } = useSettings();
  const { clock, world } = useLive();
  const [, go] = useLocation();
  const mode = clock?.mode.mode ?? "real";
  const next = clock?.next[0];
  const now = clock?.virtual ?? world.time;
  const told = next === undefined ? t("clock.none") : `${t("clock.next")}: ${next.what} · ${t("time.in", { span: span(next.due - now) })}`;
  const standing = `${t("clock.now")} ${time(now)} · ${t(`clock.${mode}`)}`;
  return (
    <TopNavigation
      identity={{
        href: "/_orrery/console/",
        title: t("app.name"),
        onFollow: (event) => {
          event.preventDefault();
          go("/");
        },
      }}
      utilities={[
        {
          type: "menu-dropdown",
          text: standing,
          description: told,
          iconName: "status-pending",
          ariaLabel: `${t("clock.mode")}: ${standing}`,
          items: [
            ...MODES.map((id) => ({ id, text: t(`clock.${id}`), disabled: id === mode })),
            ...(mode === "hold"
              ? [
                  { id: "step", text: t("clock.step"), disabled: next === undefined },
                  { id: "advance", text: t("clock.advance") },
                ]
              : []),
          ],
          onItemClick: ({ detail: { id } }) => void turn(id),
        },
        {
          type: "menu-dropdown",
          text: t(`app.theme.${theme}`),
          ariaLabel: `${t("app.theme")}: ${t(`app.theme.${theme}`)}`,
          items: (["light", "dark"] as const).map((id) => ({ id, text: t(`app.theme.${id}`) })),
          onItemClick: ({ detail }) => set({ theme: detail.id as Theme }),
        },
        {
          type: "menu-dropdown",
          text: LANGUAGES[language],
          ariaLabel: `${t("app.language")}: ${LANGUAGES[language]}`,
          items: Object.entries(LANGUAGES).map(([id, text]) => ({ id, text })),
          onItemClick: ({ detail }) => set({ language: detail.id as Language }),
        },
        {
          type: "menu-dropdown",
          text: region,
          ariaLabel: `${t("app.region")}: ${region}`,
          items: ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-1", "ap-northeast-1"].map((id) => ({
            id,
            text: id,
          })),
          onItemClick: ({ detail }) => set({ region: detail.id }),
        },
      ]}
    />
  );
}

/** The clock's own commands: `orrery clock mode`, `advance`, `next`. */
async function turn(id: string): Promise<void> {
  if (id === "step") await orrery("POST", "clock/next", {});
  else if (id === "advance") await orrery("POST", "clock/advance", { ms: FIVE_MINUTES_MS });
  else await orrery("POST", "clock/mode", id === "warp" ? { mode: id, factor: 60 } : { mode: id });
}
