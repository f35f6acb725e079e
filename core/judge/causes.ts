import type { CauseOfHarm, VerdictAction } from './verdict.ts';

/** What follows from a cause, and what a person finds of it. */
export interface CauseOfHarmFacts {
  /** What was found, in a sentence. */
  readonly sentence: string;
  /** What the judge does. */
  readonly actions: readonly VerdictAction[];
  /** Kinds of entries that it leaves in the ledger. */
  readonly entries: readonly string[];
  /** What is asked of a person. */
  readonly asks: string;
  /** Page of the runbook, below docs/runbook/. */
  readonly runbook: string;
}

/** Causes in the order in which a person has to see to them. */
export const CAUSES: Readonly<Record<CauseOfHarm, CauseOfHarmFacts>> = {
  model: {
    sentence: 'this version is worse than what it is held against',
    actions: ['take-back', 'ask-person'],
    entries: ['canary-aborted', 'rolled-back', 'unclear-held'],
    asks: 'take it back, or leave it and say why',
    runbook: 'model.md',
  },
  infrastructure: {
    sentence: 'every version fails, or is slow: no change of version would help',
    actions: ['hold'],
    entries: ['infrastructure-held'],
    asks: 'mend what every version rests on',
    runbook: 'infrastructure.md',
  },
  data: {
    sentence: 'what the model is given is broken',
    actions: ['hold'],
    entries: ['data-held'],
    asks: 'tell the owner of the column that is named',
    runbook: 'data.md',
  },
  unclear: {
    sentence: 'the evidence does not say',
    actions: ['wait', 'ask-person'],
    entries: ['canary-waits', 'unclear-held'],
    asks: 'decide, or let it wait longer',
    runbook: 'unclear.md',
  },
  drift: {
    sentence: 'every version would be as wrong: the world has changed',
    actions: ['retrain'],
    entries: ['retraining-requested'],
    asks: 'train a new version with recent data',
    runbook: 'drift.md',
  },
};
