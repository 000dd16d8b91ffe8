import { span } from "../print.ts";
import { alarmState, physicalName, versionOf } from "./deployment.ts";
import type { Drill, Expectation } from "./file.ts";
import type { Place } from "./place.ts";
import type { Outcome } from "./run.ts";

/** What became of one expectation. */
export interface Verdict {
  readonly expected: string;
  readonly isMet: boolean;
  readonly seen: string;
}

export async function judge(place: Place, drill: Drill, outcome: Outcome): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const expectation of drill.expect) verdicts.push(await verdictOn(place, expectation, outcome));
  return verdicts;
}

async function verdictOn(place: Place, expectation: Expectation, outcome: Outcome): Promise<Verdict> {
  switch (expectation.kind) {
    case "deployment":
      return onDeployment(expectation, outcome);
    case "failedRequests":
      return onFailures(expectation.atMost, outcome);
    case "latency": {
      const { quantile, atMostMs } = expectation;
      const expected = `${quantile} at most ${span(atMostMs)}`;
      if (outcome.load === undefined || outcome.load.requests === 0) return none(expected, "no request was sent");
      const ms = outcome.load.latency[quantile];
      return { expected, isMet: ms <= atMostMs, seen: span(ms) };
    }
    case "alias": {
      const expected = `the alias points to the ${expectation.version} version`;
      if (outcome.shift === undefined) return none(expected, "no function was deployed");
      const version = await versionOf(place, outcome.shift);
      const wanted = expectation.version === "new" ? outcome.shift.next : outcome.shift.previous;
      return { expected: `${expected}, ${wanted}`, isMet: version === wanted, seen: version ?? "traffic is shared by two versions" };
    }
    case "alarm": {
      const name = await physicalName(place, expectation.alarm);
      const state = await alarmState(place, name);
      return { expected: `alarm ${expectation.alarm} is ${expectation.state}`, isMet: state === expectation.state, seen: state };
    }
    case "pipeline": {
      const seen = outcome.pipelineStatus ?? "no pipeline was started";
      return { expected: `the pipeline ends ${expectation.status}`, isMet: seen.toLowerCase() === expectation.status.toLowerCase(), seen };
    }
  }
}

function onDeployment({ outcome: wanted, within }: Expectation & { kind: "deployment" }, outcome: Outcome): Verdict {
  const expected = `${wanted}${within === undefined ? "" : ` within ${span(within)}`}`;
  const { deployment, took } = outcome;
  if (deployment === undefined) return none(expected, "nothing was deployed");
  if (took === undefined) return none(expected, `${deployment.status} when the drill's time was over`);
  const isRight = {
    succeeded: deployment.status === "Succeeded",
    "rolled back": deployment.status !== "Succeeded" && deployment.isRolledBack,
    failed: deployment.status !== "Succeeded",
  }[wanted];
  const what = deployment.status === "Succeeded" ? "succeeded" : deployment.isRolledBack ? "rolled back" : deployment.status.toLowerCase();
  const why = deployment.reason === "" ? "" : `: ${deployment.reason}`;
  return { expected, isMet: isRight && (within === undefined || took <= within), seen: `${what} after ${span(took)}${why}` };
}

/** A share of nothing is no share: a drill without requests has not shown that few of them fail. */
function onFailures(atMost: number, { load }: Outcome): Verdict {
  const expected = `at most ${atMost} % of requests failed`;
  if (load === undefined || load.requests === 0) return none(expected, "no request was sent");
  const share = (load.failed * 100) / load.requests;
  return { expected, isMet: share <= atMost, seen: `${load.failed} of ${load.requests}, ${Math.round(share * 100) / 100} %` };
}

function none(expected: string, seen: string): Verdict {
  return { expected, isMet: false, seen };
}
