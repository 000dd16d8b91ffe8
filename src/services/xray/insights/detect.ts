import { keyOf, type ServiceName, type TraceModel } from "../trace/model.ts";
import { outcomeOf } from "../trace/outcome.ts";

/** Requests to one service: those of the last minutes, and those before, by which they are judged. */
export interface Counts {
  readonly service: ServiceName;
  faults: number;
  ok: number;
  earlierFaults: number;
  earlierTotal: number;
  /** Keys of the services that it calls. */
  readonly callees: Set<string>;
}

/** Fewer faults than this are nobody's emergency. */
const LEAST_FAULTS = 3;
const LEAST_RATE = 0.05;
/** What is expected of a service of which too little is known. */
const USUAL_RATE = 0.01;
const ENOUGH = 20;
const DEVIATIONS = 3;

/** Counts by service; `since` (s) parts the last minutes from what came before. */
export function countsOf(traces: Iterable<TraceModel>, since: number): Map<string, Counts> {
  const counts = new Map<string, Counts>();
  for (const trace of traces) {
    for (const segment of trace.segments) {
      const one = entryOf(counts, segment.service);
      for (const callee of segment.callees) one.callees.add(keyOf(callee.service));
      const { fault, duration } = outcomeOf(segment.document);
      if (duration === undefined) continue;
      if (segment.document.start_time >= since) {
        if (fault) one.faults++;
        else one.ok++;
      } else {
        one.earlierTotal++;
        if (fault) one.earlierFaults++;
      }
    }
  }
  return counts;
}

function entryOf(counts: Map<string, Counts>, service: ServiceName): Counts {
  const key = keyOf(service);
  let one = counts.get(key);
  if (one === undefined) {
    one = { service, faults: 0, ok: 0, earlierFaults: 0, earlierTotal: 0, callees: new Set() };
    counts.set(key, one);
  }
  return one;
}

/** The rate of faults above which a service is anomalous: three standard deviations over what it was before. */
export function expectedRate({ faults, ok, earlierFaults, earlierTotal }: Counts): number {
  const usual = earlierTotal < ENOUGH ? USUAL_RATE : earlierFaults / earlierTotal;
  return Math.max(LEAST_RATE, usual + DEVIATIONS * Math.sqrt((usual * (1 - usual)) / Math.max(1, faults + ok)));
}

export function isAnomalous(counts: Counts): boolean {
  return counts.faults >= LEAST_FAULTS && counts.faults / (counts.faults + counts.ok) > expectedRate(counts);
}

/** The anomalous services, most faults first, and which of them is the farthest downstream. */
export function diagnose(counts: ReadonlyMap<string, Counts>): { readonly anomalous: Counts[]; readonly root: Counts | undefined } {
  const anomalous = [...counts.values()].filter(isAnomalous).toSorted((a, b) => b.faults - a.faults);
  const keys = new Set(anomalous.map(({ service }) => keyOf(service)));
  const root = anomalous.find(({ service, callees }) => ![...callees].some((key) => keys.has(key) && key !== keyOf(service)));
  return { anomalous, root: root ?? anomalous[0] };
}
