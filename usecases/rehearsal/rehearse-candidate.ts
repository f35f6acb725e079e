import type { Rehearsal } from '../../core/rehearsal/rehearsal.ts';
import type { ExaminedModel } from '../../platform/onnx/examine.ts';
import { type RowSources, rehearsalRows } from './rehearsal-rows.ts';
import { type RehearsalSubject, rehearse } from './rehearse.ts';

const NOTHING_TO_REHEARSE_ON =
  'it was not rehearsed: neither its baseline nor example.jsonl has rows to run it on; a file of rows or requests can be named with --data';

/**
 * Rehearses what is about to be registered on whatever real rows there are.
 *
 * @param candidate where its rows are looked for, too
 * @returns no rehearsal where there are none, and a remark that says so
 * @throws RegistrationRefusedError, as `rehearse` does
 */
export async function rehearseCandidate(
  candidate: RehearsalSubject & RowSources,
  open: ExaminedModel['open'],
): Promise<{ readonly rehearsal?: Rehearsal; readonly remarks: readonly string[] }> {
  const rows = await rehearsalRows(candidate);
  if (rows === undefined || rows.rows.length === 0) return { remarks: [NOTHING_TO_REHEARSE_ON] };
  return rehearse(candidate, rows, open);
}
