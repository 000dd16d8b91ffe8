/** What of X-Ray's answers is shown. Times in seconds. */
export interface Summary {
  readonly Id: string;
  readonly StartTime?: string;
  readonly Duration?: number;
  readonly ResponseTime?: number;
  readonly HasFault?: boolean;
  readonly HasError?: boolean;
  readonly HasThrottle?: boolean;
  readonly IsPartial?: boolean;
  readonly Http?: { readonly HttpURL?: string; readonly HttpStatus?: number; readonly HttpMethod?: string };
  readonly EntryPoint?: { readonly Name?: string; readonly Type?: string };
  readonly FaultRootCauses?: readonly RootCause[];
  readonly ErrorRootCauses?: readonly RootCause[];
}

export interface RootCause {
  readonly Services?: readonly {
    readonly Name?: string;
    readonly Type?: string;
    readonly EntityPath?: readonly {
      readonly Name?: string;
      readonly Exceptions?: readonly { readonly Name?: string; readonly Message?: string }[];
    }[];
  }[];
}

export interface Part {
  readonly id: string;
  readonly name: string;
  readonly trace_id?: string;
  readonly parent_id?: string;
  readonly start_time: number;
  readonly end_time?: number;
  readonly origin?: string;
  readonly namespace?: string;
  readonly inferred?: boolean;
  readonly fault?: boolean;
  readonly error?: boolean;
  readonly throttle?: boolean;
  readonly cause?: { readonly exceptions?: readonly { readonly type?: string; readonly message?: string }[] } | string;
  readonly http?: {
    readonly request?: { readonly method?: string; readonly url?: string };
    readonly response?: { readonly status?: number };
  };
  readonly aws?: {
    readonly operation?: string;
    readonly request_id?: string;
    readonly table_name?: string;
    readonly bucket_name?: string;
    readonly queue_url?: string;
    readonly function_name?: string;
    readonly cloudwatch_logs?: readonly { readonly log_group?: string }[];
  };
  readonly subsegments?: readonly Part[];
}

/** A line of the waterfall. */
export interface Row {
  readonly part: Part;
  readonly depth: number;
  readonly isSegment: boolean;
}

export type Verdict = "OK" | "ERROR" | "THROTTLE" | "FAULT";

export function verdictOf(of: { fault?: boolean | undefined; error?: boolean | undefined; throttle?: boolean | undefined }): Verdict {
  if (of.fault === true) return "FAULT";
  if (of.throttle === true) return "THROTTLE";
  return of.error === true ? "ERROR" : "OK";
}

/** Callers before callees; what was inferred is told by the subsegment that it comes from. */
export function rowsOf(segments: readonly Part[]): Row[] {
  const own = segments.filter(({ inferred }) => inferred !== true);
  const ids = new Set<string>();
  const collect = (part: Part): void => {
    ids.add(part.id);
    for (const one of part.subsegments ?? []) collect(one);
  };
  for (const segment of own) collect(segment);
  const below = new Map<string, Part[]>();
  for (const segment of own) {
    const parent = segment.parent_id ?? "";
    if (ids.has(parent)) below.set(parent, [...(below.get(parent) ?? []), segment]);
  }
  const rows: Row[] = [];
  const add = (part: Part, depth: number, isSegment: boolean): void => {
    rows.push({ part, depth, isSegment });
    const inner = [
      ...(part.subsegments ?? []).map((one) => ({ one, isSegment: false })),
      ...(below.get(part.id) ?? []).map((one) => ({ one, isSegment: true })),
    ];
    for (const { one, isSegment: is } of inner.toSorted((a, b) => a.one.start_time - b.one.start_time)) add(one, depth + 1, is);
  };
  const roots = own.filter(({ parent_id: parent }) => parent === undefined || !ids.has(parent));
  for (const root of roots.toSorted((a, b) => a.start_time - b.start_time)) add(root, 0, true);
  return rows;
}

/** Where it began: the last service of the first cause, with what it threw. */
export function causeOf({
  FaultRootCauses = [],
  ErrorRootCauses = [],
}: Summary): { readonly service: string; readonly message: string } | undefined {
  const services = [...FaultRootCauses, ...ErrorRootCauses][0]?.Services ?? [];
  const exceptions = services.flatMap(({ Name = "", EntityPath = [] }) =>
    EntityPath.flatMap(({ Exceptions = [] }) => Exceptions.map((exception) => ({ service: Name, ...exception }))),
  );
  const thrown = exceptions.at(-1);
  const last = services.at(-1);
  if (thrown !== undefined) return { service: thrown.service, message: [thrown.Name, thrown.Message].filter(Boolean).join(": ") };
  return last === undefined ? undefined : { service: last.Name ?? "", message: "" };
}
