import { exactText } from '../../core/protocols/formats/exact-text.ts';
import type { ComparedRow } from '../../core/quality/compare.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import type { AnswerPair, Deciding } from '../../core/replay/answers.ts';
import { decisionTruth, type TruthRecord } from '../../core/serving/ground-truth.ts';
import type { RowAnswer } from '../quality/asked-version.ts';
import type { CapturedRow, HourRequests, WholeRequest } from './hour-requests.ts';
import type { RepeatedRequest, VersionAsker } from './version-asker.ts';

/** A version that is asked, with its record. */
export interface AskedSide {
  readonly record: ModelVersion;
  readonly asked: VersionAsker;
}

export interface AskOptions {
  readonly suspect: AskedSide;
  readonly reference: AskedSide;
  readonly slowMs: number;
  readonly truths: ReadonlyMap<string, TruthRecord['truth']>;
  /** When asking has to end, as `performance.now()` has it. */
  readonly until: number;
}

/** What of a request or a row matters wherever it is counted. */
interface Asked {
  /** Of the request. */
  readonly request: string;
  readonly since: string;
}

/** A request that was bad: whether it is again, and of the reference. */
export interface PairedRequest extends Asked {
  readonly suspect: boolean;
  readonly reference: boolean;
}

/** What came of asking both versions about the requests of an hour. */
export interface AskedHour {
  readonly failures: readonly PairedRequest[];
  readonly slow: readonly PairedRequest[];
  readonly answers: readonly (AnswerPair & Asked)[];
  readonly truth: readonly (ComparedRow & Asked)[];
  /** Rows that the reference was asked about. */
  readonly rows: number;
  /** Not all could be asked in time. */
  readonly cut: boolean;
}

/** Parts of the time that is left: for requests that failed, and for slow ones; rows have the rest. */
const FAILED_PART = 0.5;
const SLOW_PART = 0.4;

/** Asks both versions: about requests that failed, about slow ones, and the reference about rows that were answered. */
export async function askHour(requests: HourRequests, options: AskOptions): Promise<AskedHour> {
  const failures = await askFailed(requests.failed, { ...options, until: partOf(options.until, FAILED_PART) });
  const slow = await askSlow(requests.slow, { ...options, until: partOf(options.until, SLOW_PART) });
  const rows = await askRows(requests, options);
  const cut = failures.cut || slow.cut || rows.cut;
  return { failures: failures.pairs, slow: slow.pairs, ...rows, cut };
}

const partOf = (until: number, part: number): number => performance.now() + part * (until - performance.now());

interface AskedRequests {
  readonly pairs: PairedRequest[];
  readonly cut: boolean;
}

async function askFailed(
  requests: readonly WholeRequest[],
  { suspect, reference, until }: AskOptions,
): Promise<AskedRequests> {
  const outcomes = await Promise.all([suspect, reference].map(({ asked }) => askWhole(asked, requests, until)));
  const pairs: PairedRequest[] = [];
  let cut = false;
  for (const [i, { id, since }] of requests.entries()) {
    const [own, other] = [outcomes[0]![i], outcomes[1]![i]];
    cut ||= own === undefined || other === undefined;
    // What a contract does not let in says nothing of the model behind it.
    if (own === undefined || other === undefined || own === 'refused' || other === 'refused') continue;
    pairs.push({ request: id, since, suspect: own === 'failed', reference: other === 'failed' });
  }
  return { pairs, cut };
}

/** Requests of one row are asked about together, others as they were sent. */
async function askWhole(
  asked: VersionAsker,
  requests: readonly WholeRequest[],
  until: number,
): Promise<(RepeatedRequest['result'] | undefined)[]> {
  const single = requests.flatMap(({ rows }, i) => (rows.length === 1 ? [{ i, row: rows[0]! }] : []));
  const outcomes = await asked.ask(
    single.map(({ row }) => row),
    until,
  );
  const results = new Array<RepeatedRequest['result'] | undefined>(requests.length).fill(undefined);
  for (const [j, { i }] of single.entries()) results[i] = resultOf(outcomes[j]);
  for (const [i, { rows }] of requests.entries())
    if (rows.length > 1 && performance.now() < until) results[i] = (await asked.askRequest(rows)).result;
  return results;
}

function resultOf(outcome: RowAnswer | 'failed' | undefined): RepeatedRequest['result'] | undefined {
  if (outcome === undefined || outcome === 'failed') return outcome;
  return outcome.refused ? 'refused' : 'answered';
}

async function askSlow(
  requests: readonly WholeRequest[],
  { suspect, reference, slowMs, until }: AskOptions,
): Promise<AskedRequests> {
  const pairs: PairedRequest[] = [];
  for (const { id, since, rows } of requests) {
    if (performance.now() >= until) return { pairs, cut: true };
    const [own, other] = [await suspect.asked.askRequest(rows), await reference.asked.askRequest(rows)];
    if (own.result === 'refused' || other.result === 'refused') continue;
    // A run that does not end is the slowest there is.
    const isSlow = ({ ms = Number.POSITIVE_INFINITY }: RepeatedRequest): boolean => ms > slowMs;
    pairs.push({ request: id, since, suspect: isSlow(own), reference: isSlow(other) });
  }
  return { pairs, cut: false };
}

async function askRows(
  { answered, labelled }: HourRequests,
  { suspect, reference, truths, until }: AskOptions,
): Promise<Pick<AskedHour, 'answers' | 'truth' | 'rows' | 'cut'>> {
  const sides = [decidingOf(suspect.record), decidingOf(reference.record)] as const;
  const answers: AskedHour['answers'][number][] = [];
  const truth: AskedHour['truth'][number][] = [];
  if (sides[0] === undefined || sides[1]?.decision.task !== sides[0].decision.task)
    return { answers, truth, rows: 0, cut: false };
  const deciding = [sides[0], sides[1]] as const;
  const drawn = new Set(answered);
  const ids = new Set(answered.map(({ id }) => id));
  const rows = [...answered, ...labelled.filter(({ id }) => !ids.has(id))];
  const outcomes = await reference.asked.ask(
    rows.map(({ features }) => features),
    until,
  );
  for (const [i, row] of rows.entries()) {
    const outcome = outcomes[i];
    if (outcome === undefined || outcome === 'failed' || outcome.refused) continue;
    const own: Asked = { request: row.request, since: row.since };
    const input = exactText(Object.values(row.features));
    if (drawn.has(row)) answers.push({ ...own, input, suspect: row.score, reference: outcome.score });
    const known = truths.get(row.id);
    const compared = known === undefined ? undefined : comparedRow(row, outcome, known, deciding);
    if (compared !== undefined) truth.push({ ...own, ...compared });
  }
  return { answers, truth, rows: outcomes.length, cut: outcomes.length < rows.length };
}

/** How a version decides; undefined where it does not. */
export function decidingOf({ manifest }: Pick<ModelVersion, 'manifest'>): Deciding | undefined {
  const { decision, outputs } = manifest;
  return decision && { decision, outputs };
}

/** Undefined where the truth is nothing that both could have decided. */
export function comparedRow(
  { unit, score, probabilities }: Pick<CapturedRow, 'unit' | 'score' | 'probabilities'>,
  answer: RowAnswer,
  known: TruthRecord['truth'],
  [suspect, reference]: readonly [Deciding, Deciding],
): ComparedRow | undefined {
  const own = decisionTruth(suspect.decision, suspect.outputs, known);
  const other = decisionTruth(reference.decision, reference.outputs, known);
  if (own === undefined || other === undefined) return undefined;
  return {
    unit,
    answers: [
      { score, probabilities, truth: own },
      { ...answer, truth: other },
    ],
  };
}
