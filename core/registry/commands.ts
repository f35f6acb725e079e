import type { Hypothesis } from '../experiment/hypothesis.ts';
import type { JudgeRules } from '../judge/rules.ts';
import type { Cause } from './ledger.ts';

/** Why an automatic change is made: the alarm that caused it, and the evidence. */
interface Grounds {
  readonly cause?: Cause;
  readonly evidence?: unknown;
}

/** What a version that gets traffic is judged by, unless nobody judges it. */
interface Judging {
  readonly rules?: JudgeRules;
}

/** A command to change a model's release. The ledger stores `reason` word for word. */
export type Command =
  /** Announces version `latest + 1`. */
  | { readonly type: 'register'; readonly version: number; readonly reason: string; readonly evidence?: unknown }
  | { readonly type: 'approve'; readonly version: number; readonly reason: string }
  | { readonly type: 'reject'; readonly version: number; readonly reason: string }
  /** Gives an approved version all the traffic at once. */
  | ({ readonly type: 'release'; readonly version: number; readonly reason: string } & Grounds & Judging)
  /** Gives an approved version the first of `steps` (ascending shares, the last 1). */
  | ({
      readonly type: 'start-canary';
      readonly version: number;
      readonly steps: readonly number[];
      readonly reason: string;
    } & Grounds &
      Judging)
  /** Gives an approved version a fixed share to test a hypothesis, until it is promoted or the test ended. */
  | ({
      readonly type: 'start-test';
      readonly version: number;
      readonly weight: number;
      readonly hypothesis: Hypothesis;
      readonly reason: string;
    } & Grounds &
      Judging)
  /** Ends an A/B test: its version gets no more traffic, and may be released again at any time. */
  | ({ readonly type: 'end-test'; readonly version: number; readonly reason: string } & Grounds)
  /** Notes that the next step has waited too long for evidence, and that a person has to decide. */
  | ({ readonly type: 'wait'; readonly version: number; readonly reason: string } & Grounds)
  /** The next step of a canary; the last one promotes it. The only challenger, unless `version` names one. */
  | ({ readonly type: 'advance'; readonly version?: number; readonly reason: string } & Grounds)
  /** Gives a challenger all the traffic, whatever its step; other challengers get none any more. */
  | ({ readonly type: 'promote'; readonly version?: number; readonly reason: string } & Grounds)
  /**
   * Takes challengers' traffic away: of all, unless `versions` names some. With `quarantine`, they cannot be released
   * again until that is lifted.
   */
  | ({
      readonly type: 'abort-canary';
      readonly versions?: readonly number[];
      readonly quarantine: boolean;
      readonly reason: string;
    } & Grounds)
  /** Returns to a former champion (the last good one unless `to` names another). */
  | ({
      readonly type: 'roll-back';
      readonly to?: number;
      readonly quarantine: boolean;
      readonly reason: string;
    } & Grounds)
  /** The endpoint was seen to serve the rollback's target. */
  | { readonly type: 'verify-rollback'; readonly target: number; readonly reason: string; readonly evidence?: unknown }
  /** With `canary`, its steps begin by themselves once the shadow's answers are found to agree. */
  | {
      readonly type: 'start-shadow';
      readonly version: number;
      readonly canary?: readonly number[];
      readonly reason: string;
    }
  | ({ readonly type: 'stop-shadow'; readonly reason: string } & Grounds)
  /** Bars a version that has no traffic. */
  | { readonly type: 'quarantine'; readonly version: number; readonly reason: string }
  | { readonly type: 'lift-quarantine'; readonly version: number; readonly reason: string }
  /** Notes that something is wrong which no change of version would help, and where it comes from. */
  | ({
      readonly type: 'hold';
      readonly because: 'data' | 'infrastructure' | 'unclear';
      readonly version?: number;
      readonly reason: string;
    } & Grounds)
  | ({ readonly type: 'request-retraining'; readonly reason: string } & Grounds)
  /**
   * Until then automation judges and says, and does nothing. In place of a freeze that is in force. It begins `at`, by the
   * clock of who gives it; the entry's own time is later where a clock was ahead before. @default the entry's time
   */
  | { readonly type: 'freeze'; readonly at?: string; readonly until: string; readonly reason: string }
  | { readonly type: 'unfreeze'; readonly reason: string }
  /** Notes what automation would have done, were it let. */
  | ({
      readonly type: 'withhold';
      readonly command: string;
      readonly version: number | null;
      readonly reason: string;
    } & Grounds)
  /** Notes that the data of a subject was erased. The evidence says how much, and never whose. */
  | { readonly type: 'forget-subject'; readonly reason: string; readonly evidence?: unknown };
