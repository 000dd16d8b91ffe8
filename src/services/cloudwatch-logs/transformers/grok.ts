import { invalidParameter } from "../groups.ts";
import { TransformError } from "./event.ts";

const MONTH =
  "(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:tember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)";
const DAY = "(?:Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|Sat(?:urday)?|Sun(?:day)?)";
const R = String.raw;
const HEX4 = "[0-9A-Fa-f]{1,4}";

/** What each pattern stands for; those in `%{…}` stand for others. */
const PATTERNS: Readonly<Record<string, string>> = {
  USERNAME: "[a-zA-Z0-9._-]+",
  USER: "[a-zA-Z0-9._-]+",
  INT: R`[+-]?\d+`,
  BASE10NUM: R`[+-]?(?:\d+(?:\.\d+)?|\.\d+)`,
  NUMBER: R`[+-]?(?:\d+(?:\.\d+)?|\.\d+)`,
  BASE16NUM: "[+-]?(?:0[xX])?[0-9A-Fa-f]+",
  POSINT: R`\b[1-9]\d*\b`,
  NONNEGINT: R`\b\d+\b`,
  WORD: R`\b\w+\b`,
  NOTSPACE: R`\S+`,
  SPACE: R`\s*`,
  DATA: ".*?",
  GREEDYDATA: ".*",
  GREEDYDATA_MULTILINE: R`[\s\S]*`,
  QUOTEDSTRING: R`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`,
  UUID: "[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}",
  URN: R`urn:[0-9A-Za-z][0-9A-Za-z-]{0,31}:[^\s]+`,
  ARN: R`arn:(?:aws|aws-cn|aws-us-gov):[^:\s]+:[^:\s]+:\d+:[^\s/:]+(?:[/:][^\s/:]+){0,4}`,
  CISCOMAC: R`(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}`,
  WINDOWSMAC: "(?:[0-9A-Fa-f]{2}-){5}[0-9A-Fa-f]{2}",
  COMMONMAC: "(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}",
  MAC: "%{CISCOMAC}|%{WINDOWSMAC}|%{COMMONMAC}",
  IPV6: R`(?:${HEX4}:){7}${HEX4}|(?:${HEX4}:){1,6}(?::${HEX4}){1,6}|(?:${HEX4}:){1,7}:|:(?::${HEX4}){1,7}|::(?:[fF]{4}:)?%{IPV4}|::`,
  IPV4: R`(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)`,
  IP: "%{IPV6}|%{IPV4}",
  HOSTNAME: R`\b(?:[0-9A-Za-z][0-9A-Za-z-]{0,62})(?:\.(?:[0-9A-Za-z][0-9A-Za-z-]{0,62}))*\.?\b`,
  HOST: "%{HOSTNAME}",
  IPORHOST: "%{IP}|%{HOSTNAME}",
  HOSTPORT: "(?:%{IPORHOST}):(?<PORT>[0-9]+)",
  URIHOST: "(?:%{IPORHOST})(?::(?<port>[0-9]+))?",
  UNIXPATH: R`(?:/[^\s]*)+`,
  WINPATH: R`(?:[A-Za-z]:|\\)(?:\\[^\\?*\s]*)+`,
  PATH: "%{UNIXPATH}|%{WINPATH}",
  TTY: R`/dev/(?:pts|tty(?:[pq])?)\w*/?\d*`,
  URIPROTO: R`[A-Za-z]+(?:\+[A-Za-z+]+)?`,
  URIPATH: R`(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%_-]*)+`,
  URIPARAM: R`\?[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\[\]<>-]*`,
  URIPATHPARAM: "%{URIPATH}(?:%{URIPARAM})?",
  URI: R`%{URIPROTO}://(?:[^\s@/]+@)?(?:(?:%{IPORHOST})(?::\d+)?)?(?:%{URIPATHPARAM})?`,
  MONTH: R`\b${MONTH}\b`,
  MONTHNUM: "(?:1[0-2]|0?[1-9])",
  MONTHNUM2: "(?:1[0-2]|0[1-9])",
  MONTHDAY: R`(?:3[01]|[12]\d|0?[1-9])`,
  YEAR: R`\d{4}|\d{2}`,
  DAY: R`\b${DAY}\b`,
  HOUR: R`(?:2[0-3]|[01]?\d)`,
  MINUTE: R`[0-5]\d`,
  SECOND: R`(?:60|[0-5]?\d)(?:[.:]\d+)?`,
  TIME: R`(?:2[0-3]|[01]?\d):[0-5]\d:(?:60|[0-5]?\d)`,
  DATE_US: R`%{MONTHNUM}[/-]%{MONTHDAY}[/-](?:%{YEAR})`,
  DATE_EU: R`%{MONTHDAY}[./-]%{MONTHNUM}[./-](?:%{YEAR})`,
  ISO8601_TIMEZONE: R`Z|[+-]\d{1,2}:?\d{2}`,
  ISO8601_SECOND: R`(?:60|[0-5]?\d)(?:[.:]\d+)?`,
  TIMESTAMP_ISO8601: R`(?:%{YEAR})-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:%{MINUTE}(?::(?:%{ISO8601_SECOND}))?(?:%{ISO8601_TIMEZONE})?`,
  DATE: "%{DATE_US}|%{DATE_EU}",
  DATESTAMP: "(?:%{DATE})[ -]%{TIME}",
  TZ: "(?:[PMCE][SD]T|UTC)",
  DATESTAMP_RFC822: "%{DAY} %{MONTH} %{MONTHDAY} (?:%{YEAR}) %{TIME} %{TZ}",
  DATESTAMP_RFC2822: "%{DAY}, %{MONTHDAY} %{MONTH} (?:%{YEAR}) %{TIME} (?:%{ISO8601_TIMEZONE})",
  DATESTAMP_OTHER: "%{DAY} %{MONTH} %{MONTHDAY} %{TIME} %{TZ} (?:%{YEAR})",
  DATESTAMP_EVENTLOG: R`(?:%{YEAR})%{MONTHNUM2}\d{1,2}\d{1,2}%{MINUTE}\d{1,2}`,
  LOGLEVEL:
    "(?:[Aa]lert|ALERT|[Tt]race|TRACE|[Dd]ebug|DEBUG|[Nn]otice|NOTICE|[Ii]nfo|INFO|[Ww]arn(?:ing)?|WARN(?:ING)?|[Ee]rr(?:or)?|ERR(?:OR)?|[Cc]rit(?:ical)?|CRIT(?:ICAL)?|[Ff]atal|FATAL|[Ss]evere|SEVERE|[Ee]merg(?:ency)?|EMERG(?:ENCY)?)",
  HTTPDATE: "%{MONTHDAY}/%{MONTH}/(?:%{YEAR}):%{TIME} %{INT}",
  SYSLOGTIMESTAMP: "%{MONTH} +%{MONTHDAY} %{TIME}",
  PROG: "[A-Za-z0-9._/%-]+",
  SYSLOGPROG: R`(?<program>%{PROG})(?:\[(?<pid>\d+)\])?`,
  SYSLOGHOST: "%{IP}|%{HOSTNAME}",
  SYSLOGFACILITY: R`<(?<facility>\d+)\.(?<priority>\d+)>`,
};

const REFERENCE = /%\{(\w+)(?::([\w.@-]+))?\}/g;
const MOST_REFERENCES = 20;
/** Those that are costly may come so often together. */
const COSTLY = new Set(["URI", "URIPARAM", "URIPATHPARAM", "SPACE", "DATA", "GREEDYDATA", "GREEDYDATA_MULTILINE"]);
const MOST_COSTLY = 5;
/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-Configurable.html */
const COMMON = /^%\{(APACHE_ACCESS_LOG|NGINX_ACCESS_LOG|SYSLOG5424)\}(\s*(?:%\{(?:DATA|GREEDYDATA|GREEDYDATA_MULTILINE)(?::[\w.]+)?\})?)$/;

function expand(name: string): string {
  const source = PATTERNS[name];
  if (source === undefined) throw invalidParameter(`The grok pattern ${name} is not supported.`);
  return `(?:${source.replaceAll(REFERENCE, (_, inner: string) => expand(inner))})`;
}

/** Values by the paths of the fields that they are for. */
export type Grok = (text: string) => readonly (readonly [path: string, value: unknown])[];

/** @throws AwsException InvalidParameterException */
export function compileGrok(match: string): Grok {
  const common = COMMON.exec(match);
  if (common !== null) return commonLog(common[1] ?? "", common[2] ?? "");
  const fields: string[] = [];
  let references = 0;
  let used = 0;
  const costly = [...match.matchAll(REFERENCE)].filter(([, name = ""]) => COSTLY.has(name));
  if (costly.length > MOST_COSTLY) throw invalidParameter(`A grok pattern can have up to ${MOST_COSTLY} of ${[...COSTLY].join(", ")}.`);
  const source = match.replaceAll(REFERENCE, (_, name: string, field: string | undefined) => {
    if (++references > MOST_REFERENCES) throw invalidParameter(`A grok pattern can have up to ${MOST_REFERENCES} patterns.`);
    // Names of groups within must not come twice.
    const inner = expand(name).replaceAll(/\(\?<(\w+)>/g, (_group, own: string) => `(?<_${used++}_${own}>`);
    if (field === undefined) return inner;
    fields.push(field);
    return `(?<f${fields.length - 1}>${inner})`;
  });
  const [whole, part] = regularExpressions(match, source);
  const quoted = new Set([...match.matchAll(/%\{QUOTEDSTRING:([\w.@-]+)\}/g)].map(([, field]) => field));
  return (text) => {
    const groups = (whole.exec(text) ?? part.exec(text))?.groups;
    if (groups === undefined) throw new TransformError("The grok pattern does not match.");
    const named = fields.map((field, i) => [field, unquote(groups[`f${i}`] ?? "", quoted.has(field))] as const);
    const inner = Object.entries(groups).flatMap(([name, value]) => {
      const own = /^_\d+_(\w+)$/.exec(name)?.[1];
      return own === undefined || value === undefined ? [] : [[own, value] as const];
    });
    return [...named, ...inner];
  };
}

const unquote = (text: string, isQuoted: boolean): string => (isQuoted ? text.slice(1, -1) : text);

/** Over all of a text where that is so, else anywhere in it. */
function regularExpressions(match: string, source: string): readonly [RegExp, RegExp] {
  try {
    return [new RegExp(`^${source}$`), new RegExp(source)];
  } catch {
    throw invalidParameter(`The grok pattern ${match} cannot be read.`);
  }
}

const ACCESS = R`^(\S+) \S+ (\S+) \[([^\]]+)\] "(\S+) (\S+) HTTP/([\d.]+)" (\d{3}) (\d+|-)`;
const AGENT = R` "([^"]*)" "([^"]*)"`;
const SYSLOG = /^<(\d{1,3})>(\d) (\S+) (\S+) (\S+) (\S+) (\S+) (?:-|\[((?:[^\]\\]|\\.)*)\])\s?([\s\S]*)$/;

function commonLog(name: string, rest: string): Grok {
  if (name === "SYSLOG5424") return syslog;
  const isNginx = name === "NGINX_ACCESS_LOG";
  const pattern = new RegExp(ACCESS + (isNginx ? AGENT : ""));
  const trailing = rest.trim() === "" ? undefined : compileGrok(rest.trimStart());
  return (text) => {
    const found = pattern.exec(text);
    if (found === null) throw new TransformError(`The event is not of the form ${name}.`);
    const [all, host, user, time = "", method, request, version, status, size, referrer, agent] = found;
    const known: (readonly [string, unknown])[] = [
      ["remote_host", host],
      ["timestamp", isoOf(time)],
      ["http_method", method],
      ["request", request],
      ["http_version", version],
      ["status_code", Number(status)],
      ...(size === "-" ? [] : [["response_size", Number(size)] as const]),
      ...(user === "-" ? [] : [["auth_user", user] as const]),
      ...(isNginx
        ? ([
            ["referrer", referrer],
            ["agent", agent],
          ] as const)
        : []),
    ];
    return [...known, ...(trailing?.(text.slice(all.length).trimStart()) ?? [])];
  };
}

/** `03/Aug/2023:12:34:56 +0000` */
function isoOf(text: string): string {
  const ms = Date.parse(text.replace(/^(\d+)\/(\w+)\/(\d+):/, "$1 $2 $3 "));
  if (Number.isNaN(ms)) throw new TransformError(`${text} is no date of an access log.`);
  return new Date(ms).toISOString().replace(".000Z", "Z");
}

const syslog: Grok = (text) => {
  const found = SYSLOG.exec(text);
  if (found === null) throw new TransformError("The event is not of the form SYSLOG5424.");
  const [, pri, version, timestamp, hostname, app, process, id, structured, message] = found;
  const texts = { timestamp, hostname, app, proc_id: process, msg_id: id, structured_data: structured, message };
  const present = Object.entries(texts).filter(([, value]) => value !== undefined && value !== "-" && value !== "");
  return [["pri", Number(pri)], ["version", Number(version)], ...present];
};
