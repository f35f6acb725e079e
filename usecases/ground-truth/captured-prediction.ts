import { createHash } from 'node:crypto';

import { type Capture, capturedSubject, isKeptWhole, rowId } from '../../core/captures/capture.ts';

import { capturedProbabilities, capturedScores } from '../../core/captures/captured-outputs.ts';
import type { JoinedPrediction } from '../../core/quality/joined-record.ts';
import type { VersionRules } from '../quality/version-rules.ts';

/** What a captured prediction said, and who said it. */
export interface Prediction {
  readonly model: string;
  /** Its prediction id: the same however it was asked for. */
  readonly id: string;
  readonly kept: JoinedPrediction;
}

/** Characters of a digest: 96 bits, so that two rows never share one. */
const DIGEST = 16;

/**
 * Reads what joined rows keep of the rows of a capture.
 *
 * @param rules of its version; undefined for one that is not known
 */
export function predictionReader(capture: Capture, rules: VersionRules | undefined): (row: number) => Prediction {
  const { model, version, variant, at, unit, revision, named, failed, features } = capture;
  const scores = capturedScores(capture);
  const segments = (rules?.segmentFeatures ?? []).filter((name) => Object.hasOwn(features, name));
  return (row) => {
    const probabilities = capturedProbabilities(capture, row);
    const subject = capturedSubject(capture, row);
    const digest = rowDigest(capture, row, rules?.rowFeatures);
    const kept: JoinedPrediction = {
      version,
      variant: variant === 'challenger' ? 'challenger' : 'champion',
      at,
      score: scores[row] ?? null,
      features: Object.fromEntries(segments.map((name) => [name, features[name]![row] ?? null])),
      ...(probabilities === undefined ? {} : { probabilities }),
      ...(subject === undefined ? {} : { subject }),
      ...(unit === undefined ? {} : { unit }),
      ...(digest === undefined ? {} : { digest }),
      ...(revision === undefined ? {} : { revision }),
      ...(named === undefined ? {} : { named }),
      ...(failed === undefined ? {} : { failed: true }),
    };
    return { model, id: rowId(capture, row), kept };
  };
}

/** Of who sent a row and what is in it; undefined where either is not known, or a value was left out or cut. */
function rowDigest(
  { principal, features }: Capture,
  row: number,
  names: readonly string[] | undefined,
): string | undefined {
  if (principal === undefined || names === undefined || names.some((name) => !Object.hasOwn(features, name)))
    return undefined;
  const values = names.map((name) => features[name]![row] ?? null);
  if (!values.every(isKeptWhole)) return undefined;
  const content = JSON.stringify([principal, ...values]);
  return createHash('sha256').update(content).digest('base64url').slice(0, DIGEST);
}
