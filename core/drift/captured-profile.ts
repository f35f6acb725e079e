import type { Capture } from '../captures/capture.ts';
import { capturedScores } from '../captures/captured-outputs.ts';
import { ownValue } from '../model/own-value.ts';
import { type ColumnValue, countColumn } from '../profile/count.ts';
import { mergeProfiles } from '../profile/merge.ts';
import type { Profile } from '../profile/profile.ts';

/** Values held at a time while counting. */
const BATCH_ROWS = 20_000;

/** Whose predictions are profiled. */
export interface CapturedModel {
  /** Name of the decision's output; undefined without a decision. */
  readonly output: string | undefined;
  /** Column of the label, which no capture has. */
  readonly label: string | undefined;
}

/**
 * Profiles captured predictions over the bins of a baseline: the features, and the decision's output as `output:NAME`.
 * It leaves out columns of the baseline that no capture has, such as omitted personal fields and the label, and requests
 * that failed: what callers get wrong is no drift of what the model answers.
 *
 */
export async function profileOfCaptures(
  captures: AsyncIterable<Capture>,
  reference: Profile,
  model: CapturedModel,
): Promise<Profile> {
  let total: Profile | undefined;
  let batch: Capture[] = [];
  let rows = 0;
  const count = (): void => {
    const profile = profileOf(batch, rows, reference, model);
    total = total ? mergeProfiles(total, profile) : profile;
    batch = [];
    rows = 0;
  };
  for await (const capture of captures) {
    if (capture.failed !== undefined) continue;
    batch.push(capture);
    rows += capture.rows;
    if (rows >= BATCH_ROWS) count();
  }
  if (rows > 0 || !total) count();
  return total!;
}

function profileOf(
  captures: readonly Capture[],
  rows: number,
  reference: Profile,
  { output, label }: CapturedModel,
): Profile {
  const columns: Profile['columns'] = {};
  for (const [name, bins] of Object.entries(reference.columns)) {
    if (output !== undefined && name === `output:${output}`)
      columns[name] = countColumn(bins, flat(captures, capturedScores));
    // A feature that this version's captures never carry is no feature that went missing.
    else if (
      captures.length === 0 ? name !== label : captures.some(({ features }) => ownValue(features, name) !== undefined)
    )
      columns[name] = countColumn(
        bins,
        flat(captures, (c) => ownValue(c.features, name) ?? new Array<null>(c.rows).fill(null)),
      );
  }
  return { rows, columns };
}

function* flat(captures: readonly Capture[], of: (capture: Capture) => readonly ColumnValue[]): Iterable<ColumnValue> {
  for (const capture of captures) yield* of(capture);
}
