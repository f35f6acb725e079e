import * as z from 'zod';
import { deadLetterKey, objectLetterId } from '../../platform/dead-letters.ts';
import { ObjectNotFoundError } from '../../platform/errors.ts';
import type { Home } from '../../platform/ports.ts';
import { findReport, UnknownDropError } from './find-reports.ts';
import { DropReport } from './report.ts';
import { type DropOutcome, datasetOf, validateDrop } from './validate-drop.ts';

/** What became of a drop that somebody wanted judged again. */
export const RedoView = z.strictObject({
  again: z.boolean().describe('Whether it was judged again; false where the same contract had judged it already.'),
  report: DropReport.describe('The verdict that holds now.'),
  former: DropReport.nullable().describe('The verdict before it on the same file; null for the first.'),
});
export type RedoView = z.infer<typeof RedoView>;

export interface RedoOptions {
  /** Id of a drop, or the key of a file under `incoming/`. */
  readonly drop: string;
  /** Also where the contract is the one that judged it. */
  readonly force: boolean;
  readonly by: string;
}

/**
 * Judges a drop under the contract of today, as if it had been dropped again.
 *
 * @throws UnknownDropError when it is not known, or its file is not there any more
 */
export async function redoDrop(home: Home, { drop, force, by }: RedoOptions): Promise<RedoView> {
  const known = drop.startsWith('incoming/') ? undefined : await findReport(home, drop);
  if (known?.mends != null)
    throw new UnknownDropError(
      drop,
      `it mends rows of drop ${known.mends}: judge that one again, or put the rows back once more`,
    );
  const outcome = await judged(home, known ?? { source: { key: drop } }, { force, by });
  await takeBackLetter(home, outcome.source.key);
  const { repeated, ...report } = outcome;
  const former = report.follows === null ? null : await findReport(home, report.follows);
  return { again: repeated !== true, report, former };
}

/** What was tried in vain before is done now. */
async function takeBackLetter(home: Home, key: string): Promise<void> {
  const letter = deadLetterKey({ function: 'validate', id: objectLetterId(key) });
  if (await home.data.head(letter)) await home.data.delete(letter);
}

/** What is known of where a drop is. */
type KnownDrop = { readonly source: { readonly key: string; readonly versionId?: string } };

async function judged(
  home: Home,
  { source: { key, versionId } }: KnownDrop,
  again: { readonly force: boolean; readonly by: string },
): Promise<DropOutcome> {
  datasetOf(key);
  try {
    if (versionId !== undefined) return await validateDrop(home, { key, versionId }, { again });
  } catch (error) {
    if (!(error instanceof ObjectNotFoundError)) throw error;
  }
  try {
    // A store that keeps no versions has the last write only, and that may hold the same bytes.
    return await validateDrop(home, { key }, { again });
  } catch (error) {
    if (!(error instanceof ObjectNotFoundError)) throw error;
    throw new UnknownDropError(key, 'the file is not there any more, so it cannot be judged again: drop it once more');
  }
}
