import { applyMode, Mode } from "@cloudscape-design/global-styles";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { DEFAULT_REGION } from "../api/client.ts";

export type Theme = "light" | "dark";
export type Language = "en" | "vi";

interface Settings {
  readonly region: string;
  readonly theme: Theme;
  readonly language: Language;
  set(change: Partial<Pick<Settings, "region" | "theme" | "language">>): void;
}

const KEY = "orrery-console";
const Context = createContext<Settings | undefined>(undefined);

function stored(): Partial<Settings> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Settings>;
  } catch {
    return {};
  }
}

/** What the reader has chosen, else what the browser says. */
export function SettingsProvider({ children }: { readonly children: ReactNode }) {
  const [chosen, setChosen] = useState(stored);
  const value = useMemo<Settings>(() => {
    const theme = chosen.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    const language = chosen.language ?? (navigator.language.startsWith("vi") ? "vi" : "en");
    return {
      region: chosen.region ?? DEFAULT_REGION,
      theme,
      language,
      set: (change) =>
        setChosen((before) => {
          const after = { ...before, ...change };
          localStorage.setItem(KEY, JSON.stringify(after));
          return after;
        }),
    };
  }, [chosen]);
  useEffect(() => applyMode(value.theme === "dark" ? Mode.Dark : Mode.Light), [value.theme]);
  useEffect(() => {
    document.documentElement.lang = value.language;
  }, [value.language]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function useSettings(): Settings {
  const settings = useContext(Context);
  if (settings === undefined) throw new TypeError("there are no settings around this");
  return settings;
}
