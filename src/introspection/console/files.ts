import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, relative } from "node:path";
import { packageRoot } from "../../kernel/package.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".json": "application/json",
};

/** What a page may do: nothing that is not from here. Styles are inline where charts and graphs place things. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const COMMON = { "x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "content-security-policy": POLICY } as const;

interface PageFile {
  readonly path: string;
  readonly type: string;
  /** Made by the build beside it. */
  readonly encodings: readonly string[];
}

/** The built console; its list of files is read once. Undefined where it was not built. */
export class ConsoleFiles {
  readonly #files = new Map<string, PageFile>();
  readonly #index: string;

  private constructor(folder: string) {
    const names = readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
      entry.isFile() ? [relative(folder, join(entry.parentPath, entry.name))] : [],
    );
    for (const name of names) {
      const type = TYPES[extname(name)];
      if (type === undefined || name === "index.html") continue;
      const encodings = ["br", "gz"].filter((encoding) => names.includes(`${name}.${encoding}`));
      this.#files.set(name, { path: join(folder, name), type, encodings });
    }
    this.#index = readFileSync(join(folder, "index.html"), "utf8");
  }

  static open(): ConsoleFiles | undefined {
    const folder = join(packageRoot(), "dist/console");
    return existsSync(join(folder, "index.html")) ? new ConsoleFiles(folder) : undefined;
  }

  /** A file of the build, which its name makes immutable; false when there is none of that name. */
  file(name: string, request: IncomingMessage, response: ServerResponse): boolean {
    const found = this.#files.get(name);
    if (found === undefined) return false;
    const accepted = String(request.headers["accept-encoding"] ?? "");
    const encoding = found.encodings.find((one) => accepted.includes(one === "gz" ? "gzip" : one));
    const path = encoding === undefined ? found.path : `${found.path}.${encoding}`;
    // A build while this server runs replaces its files: the page is then loaded anew.
    if (!existsSync(path)) return false;
    const bytes = readFileSync(path);
    response.writeHead(200, {
      ...COMMON,
      "content-type": found.type,
      "content-length": bytes.length,
      "cache-control": "public, max-age=31536000, immutable",
      vary: "accept-encoding",
      ...(encoding === undefined ? {} : { "content-encoding": encoding === "gz" ? "gzip" : encoding }),
    });
    response.end(bytes);
    return true;
  }

  /** The one page; what its address says is read by itself. */
  index(response: ServerResponse, metas: Readonly<Record<string, string>>): void {
    const tags = Object.entries(metas).map(([name, content]) => `<meta name="orrery-${name}" content="${escaped(content)}">`);
    const text = this.#index.replace("</head>", `${tags.join("")}</head>`);
    response.writeHead(200, {
      ...COMMON,
      "content-type": TYPES[".html"],
      "content-length": Buffer.byteLength(text),
      "cache-control": "no-store",
    });
    response.end(text);
  }
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
