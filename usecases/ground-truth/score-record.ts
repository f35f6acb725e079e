import type { LabelKeys } from '../../core/contract/personal.ts';
import type { BusinessName } from '../../core/observability/metric-names.ts';
import type { JoinedRecord } from '../../core/quality/joined-record.ts';
import { isOutcome } from '../../core/serving/feedback-record.ts';
import { isWrong } from '../../core/serving/ground-truth.ts';
import { outcomeFault } from '../../core/serving/outcome.ts';
import { truthFault } from '../../core/serving/truth-fault.ts';
import { sealTruth } from '../quality/open-record.ts';
import type { VersionRules } from '../quality/version-rules.ts';
import type { Prediction } from './captured-prediction.ts';
import type { ReceivedRecord } from './feedback-batches.ts';

/** A record with its prediction, as it is stored, and what it says as a metric. */
export interface ScoredRecord {
  readonly joined: JoinedRecord;
  /** Absent of what no decision is made of, and of what is not counted. */
  readonly metric?: { readonly name: 'PredictionError' | BusinessName; readonly value: number };
}

export interface ScoreOptions {
  /** Of the prediction's version; undefined for one that is not known. */
  readonly rules: VersionRules | undefined;
  /** Known where `rules` say that the label is personal. */
  readonly keys: LabelKeys | undefined;
  readonly now: Date;
  /** Whether a reason may say what the truth was. */
  readonly tellsTruth: boolean;
}

/** Why a record does not go with its prediction. */
export interface UnfitReason {
  readonly reason: string;
  /** The same without what was said to be true. */
  readonly plain: string;
}

/** Holds a record against its prediction. @returns the reason where the two do not go together */
export function scoreRecord(
  record: ReceivedRecord,
  { model, id, kept }: Prediction,
  { rules, keys, now, tellsTruth }: ScoreOptions,
): ScoredRecord | UnfitReason {
  const common = { id, received: record.received, known: now.toISOString(), ...kept };
  const counts = kept.named === undefined && kept.failed === undefined;
  const { decision, outputs = [], monitoring } = rules?.manifest ?? {};
  if (isOutcome(record)) {
    const reason = outcomeFault(monitoring?.business, record);
    if (reason !== undefined) return { reason, plain: reason };
    const { metric, value, at: observed } = record;
    const joined = { ...common, metric, value, ...(observed === undefined ? {} : { observed }) };
    return counts ? { joined, metric: { name: `Business.${metric}`, value } } : { joined };
  }
  const label = rules?.sealedLabel;
  const wrong = decision && isWrong(decision, outputs, kept.score, record.truth);
  if (decision !== undefined && wrong === undefined)
    return {
      reason: truthFault({ decision, outputs }, tellsTruth && label === undefined ? record.truth : undefined),
      plain: truthFault({ decision, outputs }, undefined),
    };
  const truth =
    label === undefined
      ? { truth: record.truth }
      : { sealed: sealTruth({ model, label, keys }, kept.subject, record.truth) };
  const joined = { ...common, ...truth };
  return counts && typeof wrong === 'boolean'
    ? { joined, metric: { name: 'PredictionError', value: wrong ? 1 : 0 } }
    : { joined };
}
