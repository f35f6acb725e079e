import type { LabelKeys } from '../../core/contract/personal.ts';
import type { Decision } from '../../core/manifest/decision.ts';
import { decisionClasses } from '../../core/manifest/decision-classes.ts';
import type { OutputMeaning } from '../../core/manifest/manifest.ts';
import type { BusinessName } from '../../core/observability/metric-names.ts';
import type { JoinedRecord } from '../../core/quality/joined-record.ts';
import { isOutcome } from '../../core/serving/feedback-record.ts';
import { isWrong, type TruthRecord } from '../../core/serving/ground-truth.ts';
import { outcomeFault } from '../../core/serving/outcome.ts';
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
    return unfitTruth({ decision, outputs }, tellsTruth && label === undefined ? record.truth : undefined);
  const truth =
    label === undefined
      ? { truth: record.truth }
      : { sealed: sealTruth({ model, label, keys }, kept.subject, record.truth) };
  const joined = { ...common, ...truth };
  return counts && typeof wrong === 'boolean'
    ? { joined, metric: { name: 'PredictionError', value: wrong ? 1 : 0 } }
    : { joined };
}

/** Classes that a message names at most. */
const MAX_NAMED = 20;

const unfitTruth = (
  { decision, outputs }: { readonly decision: Decision; readonly outputs: readonly OutputMeaning[] },
  truth: TruthRecord['truth'] | undefined,
): UnfitReason => ({
  reason: truthFault(decision, outputs, truth),
  plain: truthFault(decision, outputs, undefined),
});

/** @param truth undefined where it must not be told */
function truthFault(
  decision: Decision,
  outputs: readonly OutputMeaning[],
  truth: TruthRecord['truth'] | undefined,
): string {
  const what = truth === undefined ? 'the truth' : `truth ${JSON.stringify(truth)}`;
  if (decision.task === 'regression') return `${what} is no number, as the decision's are`;
  const classes =
    decision.task === 'multiclass'
      ? decisionClasses(decision, outputs)
      : (outputs.find(({ name }) => name === decision.output)?.classes ?? []).map(String);
  if (classes.length === 0) return `${what} is nothing that the decision could be, expected 1, 0, true or false`;
  const more = classes.length > MAX_NAMED ? `, and ${classes.length - MAX_NAMED} more` : '';
  return `${what} is no class of the decision, expected ${classes.slice(0, MAX_NAMED).join(', ')}${more}`;
}
