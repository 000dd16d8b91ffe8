import { I18nProvider } from "@cloudscape-design/components/i18n";
import enMessages from "@cloudscape-design/components/i18n/messages/all.en";
import { createContext, type ReactNode, useContext, useMemo } from "react";
import { type Language, useSettings } from "../layout/settings.tsx";
import { en, type Key } from "./en.ts";
import { vi } from "./vi.ts";

export type { Key } from "./en.ts";

const DICTIONARIES: Readonly<Record<Language, Readonly<Record<Key, string>>>> = { en, vi };

export interface Words {
  readonly language: Language;
  t(key: Key, values?: Readonly<Record<string, string | number>>): string;
  /** `23 Nov, 11:32:01` of virtual ms, in UTC as AWS shows it. */
  time(ms: number): string;
  number(value: number): string;
  /** `2 min 6 s`. */
  span(ms: number): string;
}

const Context = createContext<Words | undefined>(undefined);

function wordsOf(language: Language): Words {
  const dictionary = DICTIONARIES[language];
  const format = new Intl.DateTimeFormat(language, {
    timeZone: "UTC",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hour12: false,
  });
  const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  return {
    language,
    t: (key, values = {}) => dictionary[key].replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? "")),
    time: (ms) => format.format(ms),
    number: (value) => numbers.format(value),
    span: (ms) => spanOf(ms, language),
  };
}

const UNITS = [
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
  [1_000, "second"],
] as const;

function spanOf(ms: number, language: Language): string {
  const parts: string[] = [];
  let left = Math.abs(ms);
  for (const [size, unit] of UNITS) {
    const count = Math.floor(left / size);
    if (count === 0 || parts.length === 2) continue;
    parts.push(new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" }).format(count));
    left -= count * size;
  }
  return parts.length === 0
    ? new Intl.NumberFormat(language, { style: "unit", unit: "second", unitDisplay: "short" }).format(0)
    : parts.join(" ");
}

export function LanguageProvider({ children }: { readonly children: ReactNode }) {
  const { language } = useSettings();
  const words = useMemo(() => wordsOf(language), [language]);
  return (
    <Context.Provider value={words}>
      <I18nProvider locale="en" messages={[enMessages]}>
        {children}
      </I18nProvider>
    </Context.Provider>
  );
}

export function useWords(): Words {
  const words = useContext(Context);
  if (words === undefined) throw new TypeError("there is no language around this");
  return words;
}
