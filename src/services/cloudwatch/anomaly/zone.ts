const HOUR = 3_600_000;
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** The calendar of a time zone. */
export interface ZoneClock {
  /** 0 is Monday, 0:00 to 1:00 local time; 167 the last hour of Sunday. */
  hourOfWeek(time: number): number;
}

/** 1970-01-01 was a Thursday. */
const UTC: ZoneClock = { hourOfWeek: (time) => (Math.floor(time / HOUR) + 3 * 24) % 168 };

/** @returns undefined for a name that the tz database has not */
export function zoneClock(name: string | undefined): ZoneClock | undefined {
  if (name === undefined || name === "UTC") return UTC;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-GB", { timeZone: name, weekday: "short", hour: "2-digit", hourCycle: "h23" });
  } catch {
    return undefined;
  }
  // Zones are off by quarters of an hour, and formatting is slow: each quarter is asked for once.
  const known = new Map<number, number>();
  const quarter = HOUR / 4;
  return {
    hourOfWeek(time) {
      const at = Math.floor(time / quarter);
      const found = known.get(at);
      if (found !== undefined) return found;
      const parts = Object.fromEntries(format.formatToParts(at * quarter).map(({ type, value }) => [type, value]));
      const hour = WEEKDAYS.indexOf(parts["weekday"] ?? "") * 24 + Number(parts["hour"]);
      known.set(at, hour);
      return hour;
    },
  };
}
