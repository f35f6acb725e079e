import { rowId } from '../../core/captures/capture.ts';
import { replayabilityOf } from '../../core/captures/replay.ts';
import { withInputTypes } from '../../core/contract/bind.ts';
import { columnNamed } from '../../core/contract/data-columns.ts';
import type { LabelKeys } from '../../core/contract/personal.ts';
import { hourOf } from '../../core/quality/hour-tallies.ts';
import type { JoinedRecord } from '../../core/quality/joined-record.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import { isOutcome } from '../../core/serving/feedback-record.ts';
import { fraction } from '../../core/serving/hash.ts';
import { readCaptures } from '../../platform/captures.ts';
import { identifier, withDuck } from '../../platform/duckdb/connection.ts';
import type { Home } from '../../platform/ports.ts';
import { ROW } from '../validation/create-cells.ts';
import { loadTable } from '../validation/load-table.ts';
import { requestsOfFile, wholeInput } from './compared-requests.ts';
import { readShards } from './joined-shards.ts';
import { type LabelledRow, MAX_COMPARED, type RowCounts, type TakeRows } from './labelled-row.ts';
import { NotReplayableError } from './not-replayable-error.ts';
import { openRecord } from './open-record.ts';
import { featuresOf, rowOpener } from './open-row.ts';
import { requestOf } from './tally-rows.ts';
import type { RuleBook } from './version-rules.ts';

/** Rows asked about at a time. */
const BATCH = 512;

/**
 * Rows of a labelled data file: a table of features, or requests as JSON lines where a version takes a whole tensor.
 *
 * @throws FileRejectedError when it is no table of the contracts
 * @throws NotReplayableError when there is no label, or the file cannot have what the versions take
 */
export function rowsOfFile(file: string, versions: readonly ModelVersion[], take: TakeRows): Promise<RowCounts> {
  const { contract } = versions[0]!.manifest;
  const label = columnNamed(contract.data, 'label');
  if (label === undefined)
    throw new NotReplayableError('the contract names no label (data.label), so nobody knows what is true');
  const whole = wholeInput(versions);
  if (whole !== undefined) return requestsOfFile(file, label, whole, take);
  const features = featuresOf(versions);
  return withDuck({ memoryMb: 1024 }, async (duck) => {
    const { columns, rows: all } = await loadTable(
      duck,
      file,
      withInputTypes({ ...contract, features }, versions[0]!.signature),
    );
    if (!columns.some(({ name }) => name === label))
      throw new NotReplayableError(`the file has no column ${label}, the label`);
    const every = Math.max(1, Math.ceil(all / MAX_COMPARED));
    const select = [...features.map(({ name }) => identifier(name)), `${identifier(label)} AS "@label"`];
    let [given, unknown] = [0, 0];
    for (let from = 0; from < all; from += BATCH * every) {
      const found = await duck.rows(
        `SELECT ${ROW} AS "@row", ${select.join(', ')} FROM rows WHERE ${ROW} >= ${from} AND ${ROW} < ${from + BATCH * every} AND ${ROW} % ${every} = 0 ORDER BY ${ROW}`,
      );
      const rows = found.flatMap(({ '@row': row, '@label': truth, ...cells }): LabelledRow[] =>
        truth === null || truth === undefined || truth === ''
          ? []
          : [{ id: String(row), unit: String(row), truth: String(truth), features: cells }],
      );
      if (rows.length > 0) await take(rows);
      given += rows.length;
      unknown += found.length - rows.length;
    }
    return { given, unknown, leftOut: all - given - unknown };
  });
}

export interface ReplayQuery {
  readonly model: string;
  /** Window of the predictions; `to` is exclusive. */
  readonly from: Date;
  readonly to: Date;
  readonly versions: readonly ModelVersion[];
}

/**
 * Captured requests of a window whose truths are known. Requests that named a version are left out, and of rows that one
 * caller repeats all but the first.
 *
 * @throws NotReplayableError when captures do not hold what the versions take
 */
export async function rowsOfReplay(
  home: Home,
  rules: RuleBook,
  query: ReplayQuery,
  take: TakeRows,
): Promise<RowCounts> {
  const { model, from, to, versions } = query;
  for (const record of versions) {
    const { replayProblem } = replayabilityOf(record);
    if (replayProblem !== null)
      throw new NotReplayableError(`version ${record.version} cannot be replayed: ${replayProblem}`);
  }
  const known = await truthsOf(home, rules, query);
  const share = Math.min(1, MAX_COMPARED / known.size);
  const truths = new Map([...known].filter(([prediction]) => fraction(prediction, REPLAY_SEED) < share));
  const wanted = truths.size;
  const open = await rowOpener(home, model, versions);
  let [given, batch]: [number, LabelledRow[]] = [0, []];
  for await (const capture of readCaptures(home, { model, from, to })) {
    if (capture.variant === 'shadow') continue;
    for (let row = 0; row < capture.rows; row++) {
      const prediction = predictionOf({ ...capture, id: rowId(capture, row) });
      const truth = truths.get(prediction);
      const features = truth && open(capture, row);
      if (truth === undefined || features === undefined) continue;
      truths.delete(prediction);
      batch.push({ id: prediction, ...truth, features });
      given++;
    }
    if (batch.length < BATCH) continue;
    await take(batch);
    batch = [];
  }
  if (batch.length > 0) await take(batch);
  return { given, unknown: wanted - given, leftOut: known.size - wanted };
}

const REPLAY_SEED = 0x7e91a1;

/** What tells predictions apart: an id may be used again, by another request later. Behind its `#` is the row, as in ids. */
const predictionOf = ({ id, at, version }: Pick<JoinedRecord, 'id' | 'at' | 'version'>): string =>
  `${at} ${version} ${id}`;

/** Truths of a window by prediction. */
async function truthsOf(
  home: Home,
  rules: RuleBook,
  { model, from, to }: ReplayQuery,
): Promise<Map<string, Pick<LabelledRow, 'unit' | 'truth'>>> {
  const truths = new Map<string, Pick<LabelledRow, 'unit' | 'truth'>>();
  const seen = new Set<string>();
  const [first, last] = [from.toISOString(), to.toISOString()];
  let keys: LabelKeys | undefined;
  for (let hour = from.getTime(); hour < to.getTime() + HOUR_MS; hour += HOUR_MS)
    for (const { records } of await readShards(home, model, hourOf(new Date(hour).toISOString())))
      for (const record of records.values()) {
        const prediction = predictionOf(record);
        const { at, named, digest, metric, unit = requestOf(prediction) } = record;
        if (metric !== undefined || named !== undefined || at < first || at >= last) continue;
        if (digest !== undefined && seen.has(digest)) continue;
        if (digest !== undefined) seen.add(digest);
        if (record.sealed !== undefined) keys ??= await home.labels();
        const label = (await rules.of(model, record.version))?.sealedLabel;
        const { feedback } = openRecord(record, { model, label, keys });
        if (!isOutcome(feedback)) truths.set(prediction, { unit, truth: feedback.truth });
      }
  return truths;
}

const HOUR_MS = 3_600_000;
