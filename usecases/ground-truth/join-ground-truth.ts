import type { MetricName } from '../../core/alarms/alarm.ts';
import type { Contract } from '../../core/contract/contract.ts';
import { isPersonal, treatmentOf } from '../../core/contract/personal.ts';
import { type BusinessName, MAX_VALUES, metricLine } from '../../core/observability/emf.ts';
import { type FeedbackRecord, isOutcome, parseFeedbackLine, recordKey } from '../../core/serving/feedback-record.ts';
import { isWrong } from '../../core/serving/ground-truth.ts';
import { outcomeFault } from '../../core/serving/outcome.ts';
import { JOINED } from '../../platform/outcomes.ts';
import type { Home, ObjectInfo } from '../../platform/ports.ts';
import { type Prediction, PredictionIndex, predictionKey } from './prediction-index.ts';

export interface JoinSummary {
  /** Records whose prediction was found. */
  joined: number;
  /** Records whose capture has not arrived yet. */
  waiting: number;
  /** Records given up: their prediction was not captured. */
  expired: number;
  /** Lines that are no ground truth. */
  malformed: number;
}

/** How old a prediction may be when its truth arrives. */
const MAX_PREDICTION_AGE_MS = 7 * 24 * 3_600_000;
/** How long a truth waits for a capture that is still on its way. */
const MAX_CAPTURE_DELAY_MS = 2 * 3_600_000;
/** Objects taken at one go; the rest are taken at the next. */
const MAX_OBJECTS = 500;

const INCOMING = 'ground-truth/incoming/';
const WAITING = 'ground-truth/waiting/';

/** Truths that still look for their predictions. */
interface Batch {
  readonly object: ObjectInfo;
  readonly model: string;
  /** Name of the object that brought them, without folder and ending. */
  readonly name: string;
  readonly records: FeedbackRecord[];
  readonly malformed: { line: string; reason: string }[];
  /** Of truths that wait: since when, and until when captures have been searched. */
  readonly waits?: { readonly since: string; readonly searched: string };
}

/**
 * Joins ground truth with captured predictions by prediction id, and emits `Wrong` (0 or 1) by variant and version; and
 * so what predictions were worth, as `Business.NAME`.
 *
 * Truth arrives as JSON lines under `ground-truth/incoming/<model>/`. What is joined is kept under
 * `ground-truth/joined/`, written once and before its metrics, so that nothing is counted twice; what is not found at
 * once waits for captures on their way; what cannot be joined at all is kept, with the reason, under
 * `quarantine/ground-truth/`. Where the contract marks the label as personal, whether a decision was wrong is kept and
 * what was true is not.
 */
export async function joinGroundTruth(home: Home, now: Date, index = new PredictionIndex(home)): Promise<JoinSummary> {
  const summary: JoinSummary = { joined: 0, waiting: 0, expired: 0, malformed: 0 };
  const fresh = await Promise.all((await first(home, INCOMING)).map((object) => readIncoming(home, object)));
  const waiting = await Promise.all((await first(home, WAITING)).map((object) => readWaiting(home, object)));
  const found = await index.find(keysOf(fresh), new Date(now.getTime() - MAX_PREDICTION_AGE_MS), now);
  const earliest = Math.min(...waiting.map(({ waits }) => Date.parse(waits!.searched)));
  const late = waiting.length === 0 ? found : await index.find(keysOf(waiting), new Date(earliest), now);
  const run = { home, now, summary };
  for (const batch of waiting) await settle(run, batch, late);
  // Afterwards, for what is left of these joins what waits under their name.
  for (const batch of fresh) await settle(run, batch, found);
  return summary;
}

/** One run of the join; its summary adds up over the batches. */
interface JoinRun {
  readonly home: Home;
  readonly now: Date;
  readonly summary: JoinSummary;
}

async function settle(
  { home, now, summary }: JoinRun,
  batch: Batch,
  predictions: ReadonlyMap<string, Prediction>,
): Promise<void> {
  const { model, name, object } = batch;
  const joined: { record: FeedbackRecord; prediction: Prediction }[] = [];
  const rest: FeedbackRecord[] = [];
  // The same truth was sent again, perhaps while it waits and is joined by the batch just before this one, or work that
  // was done is repeated.
  const before = await joinedBefore(home, batch);
  for (const record of batch.records) {
    if (before.has(recordKey(record))) continue;
    const prediction = predictions.get(predictionKey(model, record.id));
    if (prediction) joined.push({ record, prediction });
    else rest.push(record);
  }
  const contract = await contractOf(home, model);
  const secret = hidesTruth(contract);
  const rejected = batch.malformed.map(({ line, reason }) =>
    JSON.stringify(contract && isPersonal(contract) ? { reason } : { line, reason }),
  );
  summary.malformed += rejected.length;
  const results = await scoreRecords(home, joined);
  for (const { record, reason } of results.unfit)
    rejected.push(JSON.stringify({ ...feedbackForLog(record, secret), reason }));

  if (results.lines.length > 0) {
    const done = await keepJoined(home, batch, results.lines);
    // A crash may have come between keeping some and forgetting that they wait: those are not counted again.
    if (done === undefined) emit(home, results.judged, (await home.ledger.latest(model))?.state.since ?? '', now);
    else rest.push(...joined.flatMap(({ record }) => (done.has(recordKey(record)) ? [] : [record])));
    summary.joined += done === undefined ? results.lines.length : 0;
  }
  const expired = batch.waits !== undefined && now.getTime() - Date.parse(batch.waits.since) > MAX_CAPTURE_DELAY_MS;
  if (expired)
    for (const record of rest)
      rejected.push(
        JSON.stringify({ ...feedbackForLog(record, secret), reason: 'no captured prediction has this id' }),
      );
  if (rejected.length > 0)
    await home.data.put(
      `quarantine/ground-truth/${model}/${name}-${object.etag.replace(/\W/g, '')}.jsonl`,
      `${rejected.join('\n')}\n`,
    );
  await keepWaiting(home, batch, expired ? [] : rest, now);
  summary[expired ? 'expired' : 'waiting'] += rest.length;
}

/**
 * Keeps what was joined, once: before its metrics, so that whoever repeats this work finds it done.
 *
 * @returns the keys of records that were kept before, when this was done before
 */
async function keepJoined(home: Home, batch: Batch, lines: readonly string[]): Promise<Set<string> | undefined> {
  const round = batch.waits === undefined ? '' : `-${Date.parse(batch.waits.searched)}`;
  const key = `${JOINED}${batch.model}/${batch.name}${round}.jsonl`;
  if (await home.data.put(key, `${lines.join('\n')}\n`, { ifAbsent: true })) return undefined;
  return new Set(await keysIn(home, key));
}

/** Keys of the records of an object of truth that were joined, in whatever round. */
async function joinedBefore(home: Home, { model, name }: Batch): Promise<Set<string>> {
  const ids = new Set<string>();
  const prefix = `${JOINED}${model}/${name}`;
  // Names may begin alike; a round is an instant in milliseconds.
  for await (const { key } of home.data.list(prefix))
    if (/^(-\d{12,14})?\.jsonl$/.test(key.slice(prefix.length))) for (const id of await keysIn(home, key)) ids.add(id);
  return ids;
}

async function keysIn(home: Home, key: string): Promise<string[]> {
  const lines = new TextDecoder()
    .decode(await home.data.get(key))
    .trimEnd()
    .split('\n');
  return lines.map((line) => {
    const { observed, ...joined } = JSON.parse(line) as FeedbackRecord & { observed?: string };
    // The time in a joined line is that of the prediction.
    return recordKey(isOutcome(joined) ? { ...joined, at: observed } : joined);
  });
}

/** Replaces the batch by what is left of it, without a moment at which it is nowhere. */
async function keepWaiting(home: Home, batch: Batch, rest: readonly FeedbackRecord[], now: Date): Promise<void> {
  const { object, model, name, waits } = batch;
  const key = `${WAITING}${model}/${name}.json`;
  if (rest.length > 0) {
    const left = { since: waits?.since ?? now.toISOString(), searched: now.toISOString(), records: rest };
    await home.data.put(key, JSON.stringify(waits ? left : await withThoseThere(home, key, left)));
  }
  if (object.key !== key || rest.length === 0) await home.data.delete(object.key, { etag: object.etag });
}

interface Waiting {
  readonly since: string;
  readonly searched: string;
  readonly records: readonly FeedbackRecord[];
}

/** Truths of another object of the same name may wait already: they go on, with all captures since they were sought. */
async function withThoseThere(home: Home, key: string, left: Waiting): Promise<Waiting> {
  if ((await home.data.head(key)) === undefined) return left;
  const there = await readJson<Waiting>(home, key);
  const again = new Set(left.records.map(recordKey));
  return {
    ...left,
    searched: there.searched,
    records: [...there.records.filter((record) => !again.has(recordKey(record))), ...left.records],
  };
}

async function readJson<T>(home: Home, key: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await home.data.get(key))) as T;
}

/** What a record says of a prediction, as a metric. */
interface Judged {
  readonly prediction: Prediction;
  readonly metric: 'Wrong' | BusinessName;
  readonly value: number;
}

async function scoreRecords(
  home: Home,
  joined: readonly { record: FeedbackRecord; prediction: Prediction }[],
): Promise<{ lines: string[]; judged: Judged[]; unfit: { record: FeedbackRecord; reason: string }[] }> {
  const lines: string[] = [];
  const judged: Judged[] = [];
  const unfit: { record: FeedbackRecord; reason: string }[] = [];
  for (const { record, prediction } of joined) {
    const version = await home.ledger.version(prediction.model, prediction.version);
    const { contract, decision, outputs = [], monitoring } = version?.manifest ?? {};
    if (isOutcome(record)) {
      const reason = outcomeFault(monitoring?.business, record);
      if (reason !== undefined) unfit.push({ record, reason });
      else {
        const { id, metric, value, at: observed } = record;
        lines.push(JSON.stringify({ id, metric, value, observed, ...prediction }));
        judged.push({ prediction, metric: `Business.${metric}`, value });
      }
      continue;
    }
    const secret = hidesTruth(contract);
    const wrong = decision && isWrong(decision, outputs, prediction.score, record.truth);
    if (decision && wrong === undefined) {
      const truth = secret ? 'it' : JSON.stringify(record.truth);
      unfit.push({ record, reason: `truth ${truth} is nothing that the decision could be` });
      continue;
    }
    lines.push(JSON.stringify({ ...feedbackForLog(record, secret), ...prediction, wrong: wrong ?? null }));
    if (typeof wrong === 'boolean') judged.push({ prediction, metric: 'Wrong', value: wrong ? 1 : 0 });
  }
  return { lines, judged, unfit };
}

/** The contract of a model as it is served, or will be; undefined for a model that is not there. */
async function contractOf(home: Home, model: string): Promise<Contract | undefined> {
  const state = (await home.ledger.latest(model))?.state;
  const number = state?.champion ?? state?.latest ?? 0;
  return (await home.ledger.version(model, number))?.manifest.contract;
}

const hidesTruth = (contract: Contract | undefined): boolean =>
  contract?.data.label !== undefined && treatmentOf(contract, contract.data.label) !== 'no';

/** A record as it may be kept: what it was worth is no label. */
function feedbackForLog(record: FeedbackRecord, secret: boolean): Partial<FeedbackRecord> {
  if (isOutcome(record)) return record;
  return secret ? { id: record.id } : { id: record.id, truth: record.truth };
}

/** @param since when the traffic last changed hands: variants are compared by what they did after it */
function emit(home: Home, judged: readonly Judged[], since: string, now: Date): void {
  const groups = new Map<string, { prediction: Prediction; metric: MetricName | BusinessName; values: number[] }>();
  for (const { prediction, metric: of, value } of judged) {
    const metric = of === 'Wrong' && prediction.at < since ? 'WrongEarlier' : of;
    const key = `${metric} ${prediction.model} ${prediction.version} ${prediction.variant}`;
    const group = groups.get(key) ?? { prediction, metric, values: [] };
    group.values.push(value);
    groups.set(key, group);
  }
  for (const { prediction, metric, values } of groups.values())
    for (let i = 0; i < values.length; i += MAX_VALUES)
      home.metrics.write(
        metricLine({
          model: prediction.model,
          variant: prediction.variant,
          version: prediction.version,
          at: now.getTime(),
          values: { [metric]: values.slice(i, i + MAX_VALUES) },
        }),
      );
}

async function readIncoming(home: Home, object: ObjectInfo): Promise<Batch> {
  const text = new TextDecoder().decode(await home.data.get(object.key));
  const records: FeedbackRecord[] = [];
  const malformed: Batch['malformed'] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const parsed = parseFeedbackLine(line);
    if ('record' in parsed) records.push(parsed.record);
    else malformed.push({ line: line.slice(0, 1_000), reason: parsed.fault });
  }
  return { object, ...placeOf(object.key, INCOMING), records, malformed };
}

async function readWaiting(home: Home, object: ObjectInfo): Promise<Batch> {
  const { records, ...waits } = await readJson<Waiting>(home, object.key);
  return { object, ...placeOf(object.key, WAITING), records: [...records], malformed: [], waits };
}

/** `<prefix><model>/<name>.jsonl`; deeper folders become part of the name. */
function placeOf(key: string, prefix: string): { model: string; name: string } {
  const [model = '', ...rest] = key.slice(prefix.length).split('/');
  return { model, name: rest.join('-').replace(/\.jsonl?$/, '') };
}

async function first(home: Home, prefix: string): Promise<ObjectInfo[]> {
  const objects: ObjectInfo[] = [];
  for await (const object of home.data.list(prefix)) {
    objects.push(object);
    if (objects.length === MAX_OBJECTS) break;
  }
  return objects;
}

const keysOf = (batches: readonly Batch[]): Set<string> =>
  new Set(batches.flatMap(({ model, records }) => records.map(({ id }) => predictionKey(model, id))));
