/** What a version did in a run, in all. */
export interface VersionTotals {
  readonly name: string;
  requests: number;
  failed: number;
  invalid: number;
  rows: number;
  /** Wrong decisions, whether or not their truth was ever known. */
  wrong: number;
  /** Requests that took as long as the latency alarm's limit. */
  slow: number;
  /** By segment (`''`: none of them): rows and wrong decisions. */
  readonly segments: Record<string, { rows: number; wrong: number }>;
  /** By true class: rows and wrong decisions. */
  readonly classes: { rows: number; wrong: number }[];
  /** Scores over 20 equal bins of [0, 1]. */
  readonly scores: number[];
  /** Scores that are no numbers. */
  notANumber: number;
  /** Rows in which a feature is empty. */
  readonly missing: Record<string, number>;
}

/** Rows of the suspect that replay asks the first version about as well. */
export interface ReplayTotals {
  rows: number;
  bothWrong: number;
  onlySuspectWrong: number;
  onlyOtherWrong: number;
}

/** One thing that happened, and how far the suspect had got by then. */
export interface TimelineItem {
  /** Seconds since time 0. */
  readonly t: number;
  /** Kind of a ledger entry, or what else it was: `alarm`, `refused`, `freeze`, `failed`. */
  readonly event: string;
  readonly version?: string;
  readonly reason: string;
  /** Failed and wrong answers of the suspect until then. */
  readonly failedAnswers: number;
  readonly wrongAnswers: number;
}

/** How a scenario came out with the chances of one seed. */
export interface Run {
  readonly seed: number;
  /** What became of the suspect; where there is none, of the canary. */
  readonly outcome: 'taken-back' | 'promoted' | 'waiting' | 'serving' | 'idle';
  /** What took the suspect back: the metric of an alarm, or `analysis`. */
  readonly cause: string | null;
  /** Reason of the last entry that matters. */
  readonly reason: string;
  readonly acted: boolean;
  readonly promoted: boolean;
  /** Null: never. */
  readonly actedAfterSeconds: number | null;
  readonly promotedAfterSeconds: number | null;
  readonly failedAnswersOfSuspect: number;
  readonly wrongAnswersOfSuspect: number;
  readonly answersOfSuspect: number;
  readonly servedAfterTakenBack: number;
  readonly falseActions: number;
  readonly entries: number;
  readonly held: number;
  readonly retraining: number;
  readonly pages: number;
  readonly versions: readonly VersionTotals[];
  readonly replay: ReplayTotals;
  readonly timeline: readonly TimelineItem[];
}
