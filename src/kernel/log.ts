/** One line of the server's own log. `fields` are appended as key=value. */
export type LogFields = Record<string, string | number | boolean | undefined>;
export type LogLevel = "debug" | "info" | "warn" | "error";

const LEVELS: Record<LogLevel, number> = { debug: 10, info: 20, warn: 30, error: 40 };

/** The server's log: plain lines to one sink, written whole, so that concurrent lines never mix. */
export class Log {
  readonly #write: (line: string) => void;
  readonly #least: number;

  constructor(level: LogLevel, write: (line: string) => void) {
    this.#least = LEVELS[level];
    this.#write = write;
  }

  debug(message: string, fields?: LogFields): void {
    this.#line("debug", message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#line("info", message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#line("warn", message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#line("error", message, fields);
  }

  #line(level: LogLevel, message: string, fields: LogFields = {}): void {
    if (LEVELS[level] < this.#least) return;
    let line = `${level.padEnd(5)} ${message}`;
    for (const [key, value] of Object.entries(fields)) {
      if (value !== undefined) line += ` ${key}=${JSON.stringify(value)}`;
    }
    this.#write(`${line}\n`);
  }
}
