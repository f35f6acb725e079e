import { type Capture, capturedSubject, idsOfRow, rowId } from '../../core/captures/capture.ts';
import { capturedScores } from '../../core/captures/captured-outputs.ts';
import { columnNamed } from '../../core/contract/data-columns.ts';
import { type PrivacyKeys, treatmentOf } from '../../core/contract/personal.ts';
import { hourOf } from '../../core/quality/hour-tallies.ts';
import type { JoinedRecord } from '../../core/quality/joined-record.ts';
import { entryAt } from '../../core/registry/history.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import { isOutcome } from '../../core/serving/feedback-record.ts';
import { isWrong } from '../../core/serving/ground-truth.ts';
import { capturesDelivered, capturesIn, captureText } from '../../platform/captures.ts';
import type { Home } from '../../platform/ports.ts';
import { readShards } from '../quality/joined-shards.ts';
import { openRecord } from '../quality/open-record.ts';
import { partOf } from '../registry/version-standing.ts';
import { collect, summaryOf } from './trace-version.ts';
import type { PredictionTrace, TracedOutput, Truth } from './trace-view.ts';

type CapturedValue = string | number | boolean | null;
/** Opens what is encrypted; any other value as it is. */
type OpenValue = (field: string, value: CapturedValue) => CapturedValue;

const HOUR_MS = 3_600_000;

/** A capture that has the prediction, and the object of the captures store that it was found in. */
interface FoundCapture {
  readonly capture: Capture;
  readonly object: string;
}

/**
 * Looks for a prediction among captures, the latest hours first.
 *
 * @returns undefined when no capture of the last `days` days has it
 */
export async function tracePrediction(
  home: Home,
  id: string,
  { days, model, decrypt }: { days: number; model?: string | undefined; decrypt?: boolean | undefined },
): Promise<PredictionTrace | undefined> {
  const now = home.clock.now().getTime();
  const found: FoundCapture[] = [];
  for (let hour = now; hour >= now - days * 24 * HOUR_MS && found.length === 0; hour -= HOUR_MS)
    for await (const { key } of capturesDelivered(home, new Date(hour))) {
      const body = await home.captures.get(key);
      const text = captureText(body);
      if (!candidates(id).some((each) => text.includes(JSON.stringify(each).slice(1, -1)))) continue;
      for (const capture of capturesIn(body))
        if ((model === undefined || capture.model === model) && rowsOf(capture, id).length > 0)
          found.push({ capture, object: key });
    }
  if (found.length === 0) return undefined;
  return describe(
    home,
    id,
    found,
    decrypt ? { captured: await home.privacy(), labels: () => home.labels() } : undefined,
  );
}

/** The request's id that a prediction id may belong to. */
const candidates = (id: string): string[] => [id, id.replace(/#\d+$/, '')];

/** Rows of a capture that an id means: one, or all of a request. */
const rowsOf = (capture: Capture, id: string): number[] =>
  Array.from({ length: capture.rows }, (_, row) => row).filter(
    (row) => capture.id === id || idsOfRow(capture, row).includes(id),
  );

/** What opens a trace: features of captures, and truths, whose keys are another secret's that is read when one is sealed. */
interface TraceKeys {
  readonly captured: PrivacyKeys;
  readonly labels: Home['labels'];
}

async function describe(
  home: Home,
  id: string,
  found: readonly FoundCapture[],
  keys: TraceKeys | undefined,
): Promise<PredictionTrace> {
  const { model, version, at } = (found.find(({ capture }) => capture.variant !== 'shadow') ?? found[0]!).capture;
  const record = await home.ledger.version(model, version);
  const decision = record?.manifest.decision;
  const threshold = decision?.task === 'binary' ? decision.threshold : undefined;
  const answers: TracedOutput[] = [];
  for (const each of found)
    if (each.capture.model === model) {
      const contract = (await home.ledger.version(model, each.capture.version))?.manifest.contract;
      // Elsewhere a text that looks like an envelope is what a caller sent.
      const open: OpenValue = (field, value) =>
        keys && contract && treatmentOf(contract, field) === 'encrypt' && typeof value === 'string'
          ? keys.captured.open({ owner: model, field }, value)
          : value;
      answers.push(answerOf(each, id, threshold, open));
    }
  answers.sort((a, b) => Number(a.variant === 'shadow') - Number(b.variant === 'shadow'));
  const entries = await collect(home.ledger.entries(model));
  const release = entryAt(entries, at);
  return {
    of: 'prediction',
    id,
    model,
    answers,
    release: release
      ? {
          entry: release.number,
          kind: release.kind,
          at: release.at,
          by: release.actor,
          reason: release.reason,
          champion: release.state.champion,
          part: partOf(release.state, version) ?? null,
        }
      : null,
    version: await summaryOf(home, model, version),
    history: entries
      .filter((entry) => entry.version === version && entry.at <= at)
      .map((entry) => ({ entry: entry.number, kind: entry.kind, at: entry.at, by: entry.actor })),
    truth: await truthOf(home, {
      model,
      record,
      at,
      ids: new Set(answers.flatMap(({ rows }) => rows.map((row) => row.id))),
      keys: keys?.labels,
    }),
  };
}

function answerOf(
  { capture, object }: FoundCapture,
  id: string,
  threshold: number | undefined,
  open: OpenValue,
): TracedOutput {
  const { version, variant, at, ms, failed, findings = [] } = capture;
  const scores = capturedScores(capture);
  const rows = rowsOf(capture, id).map((row) => {
    const score = scores[row] ?? null;
    const subject = capturedSubject(capture, row);
    const features = Object.entries(capture.features).map(([field, values]): [string, CapturedValue] => [
      field,
      open(field, values[row] ?? null),
    ]);
    return {
      id: rowId(capture, row),
      score,
      positive: score === null || threshold === undefined ? null : score >= threshold,
      subject: subject ?? null,
      features: Object.fromEntries(features),
    };
  });
  const broken = findings.map(({ feature, rule, count }) => ({ feature, rule, count }));
  return { version, variant, at, ms, failed: failed ?? null, rows, findings: broken, object };
}

/** Rows of a prediction whose truths are looked for. */
interface TruthQuery {
  readonly model: string;
  readonly record: ModelVersion | undefined;
  /** When the prediction was made. */
  readonly at: string;
  /** Prediction ids. */
  readonly ids: ReadonlySet<string>;
  /** Where sealed truths are to be opened. */
  readonly keys: Home['labels'] | undefined;
}

/** What is known of what turned out to be true. */
async function truthOf(home: Home, query: TruthQuery): Promise<Truth[]> {
  const { model, at, ids } = query;
  const truths: Truth[] = [];
  for (const { key, records } of await readShards(home, model, hourOf(at)))
    for (const record of records.values())
      if (ids.has(record.id) && record.metric === undefined) truths.push(await joinedTruth(record, key, query));
  const places = [
    ['waiting', `ground-truth/waiting/${model}/`],
    ['incoming', `ground-truth/incoming/${model}/`],
    ['given up', `quarantine/ground-truth/${model}/`],
  ] as const;
  for (const [state, prefix] of places)
    for await (const { key } of home.data.list(prefix)) {
      const text = new TextDecoder().decode(await home.data.get(key));
      for (const record of state === 'waiting' ? recordsOf(text) : text.split('\n').flatMap(recordOf))
        if (typeof record.id === 'string' && ids.has(record.id)) {
          const { id, truth = null, reason = null } = record as { id: string } & Partial<Truth>;
          truths.push({ id, state, truth, wrong: null, reason, object: key });
        }
    }
  return truths;
}

/** A truth that was joined; sealed, it and whether the decision was wrong are known to whoever has the keys. */
async function joinedTruth(
  record: JoinedRecord,
  object: string,
  { model, record: version, keys: read }: TruthQuery,
): Promise<Truth> {
  const { id, score, sealed } = record;
  const joined = { id, state: 'joined', reason: null, object } as const;
  if (sealed !== undefined && read === undefined) return { ...joined, truth: null, wrong: null };
  const keys = sealed === undefined ? undefined : await read!();
  const { decision, outputs = [], contract } = version?.manifest ?? {};
  const { feedback } = openRecord(record, { model, label: contract && columnNamed(contract.data, 'label'), keys });
  if (isOutcome(feedback)) return { ...joined, truth: null, wrong: null };
  const wrong = decision && isWrong(decision, outputs, score, feedback.truth);
  return { ...joined, truth: feedback.truth, wrong: wrong ?? null };
}

type Loose = Record<string, unknown>;

const recordsOf = (text: string): Loose[] => (JSON.parse(text) as { records: Loose[] }).records;

function recordOf(line: string): Loose[] {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? [value as Loose] : [];
  } catch {
    return [];
  }
}
