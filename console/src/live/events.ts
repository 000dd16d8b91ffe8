/** An entry of the timeline, as the stream brings it. */
export interface TimelineEvent {
  readonly id: string;
  readonly position: number;
  /** Virtual and wall ms. */
  readonly time: number;
  readonly wall: number;
  readonly account: string;
  readonly region: string;
  readonly source: string;
  readonly type: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
  readonly actor: string;
  readonly cause?: string;
  readonly rule?: string;
}

/** The clock, as the stream tells of it. */
export interface ClockTold {
  readonly virtual: number;
  readonly wall: number;
  readonly mode: { readonly mode: "real" | "skip" | "warp" | "hold"; readonly factor?: number };
  readonly running: readonly string[];
  readonly next: readonly { readonly due: number; readonly what: string }[];
}
