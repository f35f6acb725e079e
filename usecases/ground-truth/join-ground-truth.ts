import type { LabelKeys } from '../../core/contract/personal.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import { hourOf } from '../../core/quality/hour-tallies.ts';
import type { JoinedRecord } from '../../core/quality/joined-record.ts';
import type { Home } from '../../platform/ports.ts';
import { storeRecords } from '../quality/joined-shards.ts';
import {
  assertOpens,
  markStale,
  recomputeStale,
  recomputeTallies,
  type UnreadableHour,
  unreadableHour,
} from '../quality/recompute-tallies.ts';
import {
  addRejected,
  countRejectedTruths,
  type RejectedTruthKind,
  type RejectedTruths,
} from '../quality/rejected-truths.ts';
import { type HiddenTruths, RuleBook } from '../quality/version-rules.ts';
import { emitErrors } from './emit-errors.ts';
import { ErasureWatch } from './erasure-watch.ts';
import { addWaiting, type FeedbackBatch, type ReceivedRecord, readWaiting, settleWaiting } from './feedback-batches.ts';
import { readIncoming, removeIncoming } from './incoming-batches.ts';
import { predictionAgeMs } from './prediction-age.ts';
import { PredictionIndex, predictionKey } from './prediction-index.ts';
import { type FoundPredictions, predictionOf } from './prediction-search.ts';
import { keepRejected, NOT_KEPT, type RejectedRecord } from './rejected-records.ts';
import { type ScoredRecord, scoreRecord, type UnfitReason } from './score-record.ts';
import { WaitingRoom } from './waiting-room.ts';

export interface JoinSummary {
  /** Records whose prediction was found, and of which nothing was known before. */
  joined: number;
  /** Records that replaced what was known of their prediction. */
  corrected: number;
  /** Records whose capture has not arrived yet. */
  waiting: number;
  /** Records given up: their prediction was not captured. */
  expired: number;
  /** Lines that are no ground truth. */
  malformed: number;
  /** Records that do not go with their prediction, such as a class that the decision does not have. */
  unfit: number;
  /** Records of hours whose joined rows cannot be read. */
  held: number;
  /** Those hours, as far as this run had to do with them: they stay as they are. */
  unreadable: UnreadableHour[];
}

/** How long a truth waits for a capture that is still on its way. */
const MAX_CAPTURE_DELAY_MS = 2 * 3_600_000;

const UNKNOWN = 'no captured prediction has this id';

/**
 * Joins ground truth with captured predictions by prediction id, and keeps what is joined with the others of the hour in
 * which the prediction was made. The tallies of that hour are then made again from all that is known of it, so each truth
 * counts once, the last that was said of a prediction, whatever is repeated or interrupted.
 *
 * Truth arrives as JSON lines under `ground-truth/incoming/<model>/`. What is joined is kept under `ground-truth/joined/`,
 * encrypted where the contract marks the label as personal; what is not found at once waits for captures on their way;
 * what cannot be joined at all is kept, with the reason, under `quarantine/ground-truth/`. Of what is joined for the first
 * time, `PredictionError` (0 or 1) and `Business.NAME` are emitted by variant and version.
 */
export async function joinGroundTruth(
  home: Home,
  now: Date,
  index = new PredictionIndex(home, new RuleBook(home)),
): Promise<JoinSummary> {
  const summary: JoinSummary = {
    joined: 0,
    corrected: 0,
    waiting: 0,
    expired: 0,
    malformed: 0,
    unfit: 0,
    held: 0,
    unreadable: [],
  };
  const watch = await ErasureWatch.begin(home, index);
  const [fresh, { batches: waiting, unread }] = await Promise.all([readIncoming(home), readWaiting(home)]);
  const models = new Set([...fresh, ...waiting].map(({ model }) => model));
  const releases = new Map<string, Release>();
  for (const model of models) releases.set(model, await releaseOf(home, index.rules, model));
  const run: JoinRun = { home, now, summary, rules: index.rules, releases, watch };
  const found = await findAll(run, index, { fresh, waiting });
  const failures: unknown[] = [];
  for (const model of models) {
    try {
      const own: SettledBatch[] = [];
      for (const batch of [...waiting, ...fresh])
        if (batch.model === model)
          own.push(await place(run, batch, batch.waits === undefined ? found.fresh : found.waiting));
      const held = await store(run, model, own);
      const room = new WaitingRoom(
        own.map(({ rest }) => rest),
        unread.get(model),
      );
      let rejected: RejectedTruths = {};
      try {
        for (const each of own) rejected = addRejected(rejected, await settle(run, each, { room, held }));
      } finally {
        // Once a run, however many files brought them.
        await countRejectedTruths(home, model, now, rejected);
      }
    } catch (error) {
      // What cannot be stored of one model stays where it is, and keeps no other from being joined.
      failures.push(error);
    }
  }
  for (const each of await recomputeStale(home, index.rules))
    if (!summary.unreadable.some(({ model, hour }) => model === each.model && hour === each.hour))
      summary.unreadable.push(each);
  if (failures.length > 0) throw failures[0];
  return summary;
}

/** One run of the join; its summary adds up over the batches. */
interface JoinRun {
  readonly home: Home;
  readonly now: Date;
  readonly summary: JoinSummary;
  readonly rules: RuleBook;
  readonly releases: ReadonlyMap<string, Release>;
  readonly watch: ErasureWatch;
}

/** A model as it is served, or will be. */
interface Release {
  readonly manifest: Manifest | undefined;
  readonly hidden: HiddenTruths;
  /** When the traffic last changed hands: variants are compared by what they did after it. */
  readonly since: string;
}

async function releaseOf({ ledger }: Home, rules: RuleBook, model: string): Promise<Release> {
  const state = (await ledger.latest(model))?.state;
  const number = state?.champion ?? state?.latest ?? 0;
  return {
    manifest: (await ledger.version(model, number))?.manifest,
    hidden: await rules.hidden(model, state?.latest ?? 0),
    since: state?.since ?? '',
  };
}

interface Found<T> {
  readonly fresh: T;
  readonly waiting: T;
}

/** Looks for predictions as far back as truths may be about; for what waits only where captures may be new. */
async function findAll(
  { now, releases }: JoinRun,
  index: PredictionIndex,
  { fresh, waiting }: Found<readonly FeedbackBatch[]>,
): Promise<Found<FoundPredictions>> {
  const ages = [...releases.values()].map(({ manifest }) => predictionAgeMs(manifest));
  const oldest = new Date(now.getTime() - Math.max(0, ...ages));
  const earliest = new Date(Math.min(...waiting.map(({ waits }) => Date.parse(waits!.searched))));
  const none: FoundPredictions = new Map();
  return {
    fresh: fresh.length === 0 ? none : await index.find(wantedOf(fresh), oldest, now),
    waiting: waiting.length === 0 ? none : await index.find(wantedOf(waiting), earliest, now),
  };
}

/** By prediction id: when the first record of it arrived. */
function wantedOf(batches: readonly FeedbackBatch[]): Map<string, string> {
  const wanted = new Map<string, string>();
  for (const { model, records } of batches)
    for (const { id, received } of records) {
      const key = predictionKey(model, id);
      const known = wanted.get(key);
      if (known === undefined || received < known) wanted.set(key, received);
    }
  return wanted;
}

/** A record that does not go with its prediction. */
interface UnfitRecord extends RejectedRecord, UnfitReason {}

/** A batch with what has been found. */
interface SettledBatch {
  readonly batch: FeedbackBatch;
  readonly scored: readonly ScoredRecord[];
  readonly unfit: readonly UnfitRecord[];
  /** Records whose predictions were not found. */
  readonly rest: readonly ReceivedRecord[];
}

async function place(
  { home, now, rules: book, releases }: JoinRun,
  batch: FeedbackBatch,
  predictions: FoundPredictions,
): Promise<SettledBatch> {
  const [scored, unfit, rest]: [ScoredRecord[], UnfitRecord[], ReceivedRecord[]] = [[], [], []];
  const tellsTruth = !releases.get(batch.model)!.hidden.truths;
  let keys: LabelKeys | undefined;
  for (const record of batch.records) {
    const prediction = predictionOf(predictions.get(predictionKey(batch.model, record.id)), record.received);
    if (prediction === undefined) {
      rest.push(record);
      continue;
    }
    const rules = await book.of(batch.model, prediction.kept.version);
    if (rules?.sealedLabel !== undefined) keys ??= await home.labels();
    const result = scoreRecord(record, prediction, { rules, keys, now, tellsTruth });
    if ('reason' in result) unfit.push({ record, ...result });
    else scored.push(result);
  }
  return { batch, scored, unfit, rest };
}

/** Records that cannot be stored, with the reason. */
type HeldRecords = ReadonlyMap<JoinedRecord, string>;

/**
 * Stores what was joined of a model, hour by hour, and emits what is new of it.
 *
 * @returns records of hours that cannot be read, to which nothing is added
 */
async function store(
  { home, now, summary, rules, releases, watch }: JoinRun,
  model: string,
  settled: readonly SettledBatch[],
): Promise<HeldRecords> {
  const held = new Map<JoinedRecord, string>();
  const metrics = new Map<JoinedRecord, ScoredRecord['metric']>();
  const hours = new Map<string, JoinedRecord[]>();
  for (const { scored } of settled)
    for (const { joined, metric } of scored) {
      metrics.set(joined, metric);
      const hour = hourOf(joined.at);
      const known = hours.get(hour);
      if (known === undefined) hours.set(hour, [joined]);
      else known.push(joined);
    }
  for (const [hour, records] of hours) {
    await markStale(home, { model, hour });
    try {
      const { added, corrected } = await storeRecords(home, { model, hour }, records, {
        check: (shards) => assertOpens(home, rules, model, shards),
        gone: (some) => watch.gone(model, some),
      });
      const emitted = added.flatMap((record) => {
        const metric = metrics.get(record);
        return metric === undefined ? [] : [{ record, metric }];
      });
      emitErrors(home, model, emitted, { since: releases.get(model)!.since, now });
      summary.joined += added.length;
      summary.corrected += corrected.length;
      await recomputeTallies(home, rules, { model, hour });
    } catch (error) {
      const unreadable = unreadableHour({ model, hour }, error);
      summary.unreadable.push(unreadable);
      for (const record of records)
        held.set(
          record,
          `the joined rows of ${hour} cannot be read, send it again when they can: ${unreadable.reason}`,
        );
    }
  }
  return held;
}

/** Keeps what is left of a batch where it belongs, then takes the batch away. @returns what of it was not joined */
async function settle(
  { home, now, summary, releases, watch }: JoinRun,
  { batch, scored, unfit, rest }: SettledBatch,
  { room, held }: { readonly room: WaitingRoom; readonly held: HeldRecords },
): Promise<RejectedTruths> {
  // Somebody has been forgotten, perhaps in this very object: what is left in it is looked at by the next run.
  if ((await watch.hasChanged()) && (await home.data.head(batch.object.key))?.etag !== batch.object.etag) return {};
  const { model, waits } = batch;
  const isOver = waits !== undefined && now.getTime() - Date.parse(waits.since) > MAX_CAPTURE_DELAY_MS;
  const tooMany = room.putAside(rest);
  const waiting = isOver ? [] : rest.slice(tooMany);
  const givenUp = rest.slice(0, rest.length - waiting.length);
  const unknown = isOver ? UNKNOWN : `${UNKNOWN}, and ${WaitingRoom.LIMITS} of later ones wait for theirs already`;
  const ofUnreadable = scored.filter(({ joined }) => held.has(joined));
  const kept = await keepRejected(home, batch, {
    hidden: releases.get(model)!.hidden,
    unfit,
    held: ofUnreadable.map(({ joined }) => ({ joined, reason: held.get(joined)! })),
    givenUp: givenUp.map((record) => ({ record, reason: unknown })),
  });
  if (waits === undefined) {
    await addWaiting(home, model, waiting, now);
    await removeIncoming(home, batch);
  } else await settleWaiting(home, batch, waiting, now);
  summary.malformed += batch.malformed.length;
  summary.unfit += unfit.length;
  summary.held += ofUnreadable.length;
  summary.expired += givenUp.length;
  summary.waiting += waiting.length;
  return {
    ...tallied('unknown', givenUp.length, kept ? unknown : `${unknown}; ${NOT_KEPT}`),
    ...tallied('malformed', batch.malformed.length, batch.malformed.at(-1)?.reason),
    ...tallied('unfit', unfit.length, unfit.at(-1)?.plain),
    ...tallied('held', ofUnreadable.length, ofUnreadable.length === 0 ? undefined : held.get(ofUnreadable[0]!.joined)),
  };
}

const tallied = (kind: RejectedTruthKind, count: number, reason: string | undefined): RejectedTruths =>
  count === 0 ? {} : { [kind]: { count, reason: reason ?? '' } };
