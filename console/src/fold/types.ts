/** What has a state, when it came to it, and the event that says why. */
export interface Stated {
  status: string;
  since: number;
  eventId: string;
  rule: string | undefined;
}

export interface Commit {
  readonly id: string;
  readonly repository: string;
  readonly branch: string;
  readonly message: string;
  readonly author: string;
  readonly time: number;
  readonly eventId: string;
}

export interface Action extends Stated {
  readonly name: string;
  readonly provider: string;
  readonly category: string;
  readonly started: number;
  ended: number | undefined;
  externalId: string | undefined;
  summary: string | undefined;
}

export interface Stage extends Stated {
  readonly name: string;
  readonly actions: Action[];
}

export interface Execution extends Stated {
  readonly id: string;
  readonly pipeline: string;
  readonly started: number;
  ended: number | undefined;
  commit: string | undefined;
  readonly stages: Stage[];
}

export interface Pipeline {
  readonly name: string;
  mode: string;
  /** Ids, newest first. */
  readonly executions: string[];
}

export interface Build extends Stated {
  readonly id: string;
  readonly project: string;
  phase: string;
  readonly started: number;
  ended: number | undefined;
}

/** One moment of a deployment's traffic. */
export interface Shift {
  readonly time: number;
  readonly currentVersion: string;
  readonly currentWeight: number;
  readonly targetVersion: string;
  readonly targetWeight: number;
  readonly rule: string | undefined;
  readonly eventId: string;
}

export interface Step {
  readonly time: number;
  readonly what: string;
  readonly rule: string | undefined;
  readonly eventId: string;
}

export interface Deployment extends Stated {
  readonly id: string;
  application: string;
  group: string;
  readonly config: string;
  readonly creator: string;
  readonly started: number;
  ended: number | undefined;
  functionName: string | undefined;
  alias: string | undefined;
  readonly shifts: Shift[];
  readonly steps: Step[];
}

export interface AlarmChange {
  readonly time: number;
  readonly to: string;
  readonly rule: string | undefined;
  readonly eventId: string;
}

export interface Alarm extends Stated {
  readonly arn: string;
  readonly name: string;
  readonly history: AlarmChange[];
}

export interface Stack extends Stated {
  readonly arn: string;
  readonly name: string;
}

/** Everything of the loop at one instant, as the timeline tells it. */
export interface World {
  time: number;
  position: number;
  /** Newest first. */
  readonly commits: Commit[];
  readonly pipelines: Map<string, Pipeline>;
  readonly executions: Map<string, Execution>;
  readonly builds: Map<string, Build>;
  readonly deployments: Map<string, Deployment>;
  readonly alarms: Map<string, Alarm>;
  readonly stacks: Map<string, Stack>;
}
