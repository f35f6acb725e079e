import type { Capture } from '../../core/captures/capture.ts';
import type { FeatureType } from '../../core/contract/contract.ts';
import { judgeRulesOf } from '../../core/judge/manifest-rules.ts';
import type { Baseline } from '../../core/profile/profile.ts';
import { valueOfStored } from '../../core/profile/row-value.ts';
import { exactText } from '../../core/protocols/formats/exact-text.ts';
import { hourOf } from '../../core/quality/hour-tallies.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import { answerDifference, type Deciding } from '../../core/replay/answers.ts';
import { sideAnswers } from '../../core/replay/one-sided.ts';
import type { SideBySide } from '../../core/replay/side-by-side.ts';
import { pairsOf, truthPairs } from '../../core/replay/truth-pairs.ts';
import type { TruthRecord } from '../../core/serving/ground-truth.ts';
import type { Home } from '../../platform/ports.ts';
import type { RowAnswer } from '../quality/asked-version.ts';
import { qualityView, type RowWithAnswers } from '../quality/compare-versions.ts';
import { RuleBook } from '../quality/version-rules.ts';
import { baselineOf } from '../registry/load-baseline.ts';
import { comparedRow, decidingOf } from './ask-hour.ts';
import { AskedSides, type AskingOptions } from './asked-sides.ts';
import { hourRequests } from './hour-requests.ts';
import { CaptureObjects } from './hour-sources.ts';
import { hourTruths } from './hour-truths.ts';
import { openerOf } from './replayable-rows.ts';
import type { AskedRow, Outcome } from './version-asker.ts';

const HOUR_MS = 3_600_000;
/** How far back the champion's requests are looked for, and until how many rows there are. */
const MAX_HOURS = 7 * 24;
const MAX_ROWS = 5_000;
/** Of fewer rows nothing is said where there is something else. */
const FEW = 100;
/** After so long, rows are no longer looked for; milliseconds. */
const LOOKING_MS = 10_000;
const ASKING_MS = 30_000;

/** A row that both versions are asked about. */
interface SharedRow {
  readonly id: string;
  readonly unit: string | null;
  readonly features: AskedRow;
  /** Where it is known. */
  readonly truth?: TruthRecord['truth'] | undefined;
}

interface SharedRows extends Pick<SideBySide, 'source' | 'from' | 'to'> {
  readonly rows: readonly SharedRow[];
}

/** What came of comparing a version with the champion. */
export interface Beside {
  readonly found?: SideBySide;
  /** Why nothing was compared, or with less than might be; for people. */
  readonly remarks: readonly string[];
}

/**
 * Runs a version and the champion on the same rows: captured requests of the champion whose truths are known, else any
 * of its captured requests, else rows of the version's own reference. What goes wrong is a remark: a comparison that
 * cannot be made keeps no version from being registered.
 *
 * @param record the version, whose file is kept already
 */
export async function sideBySide(home: Home, record: ModelVersion, options: AskingOptions): Promise<Beside> {
  const champion = (await home.ledger.latest(record.model))?.state.champion ?? null;
  const other = champion === null ? undefined : await home.ledger.version(record.model, champion);
  if (other === undefined) return { remarks: [] };
  const [own, reference] = [decidingOf(record), decidingOf(other)];
  if (own === undefined || reference?.decision.task !== own.decision.task)
    return { remarks: [`it cannot be compared with version ${other.version}: they do not decide about the same`] };
  const remarks: string[] = [];
  const shared = await rowsFor(home, record, other, remarks);
  if (shared === undefined) return { remarks: [...remarks, `${nothingToAsk(other)}: ${HOW_TO_GET_ROWS}`] };
  const sides = new AskedSides(home, [record, other], options);
  try {
    const [first, second] = await sides.open();
    const features = shared.rows.map((row) => row.features);
    const outcomes = [
      await first.ask(features, performance.now() + ASKING_MS / 2),
      await second.ask(features, performance.now() + ASKING_MS / 2),
    ] as const;
    for (const { problem } of [first, second]) if (problem !== undefined) remarks.push(problem);
    const found = compared({ record, other, own, reference, shared, outcomes });
    return found.rows === 0 ? { remarks: [...remarks, nothingToAsk(other)] } : { found, remarks };
  } catch (error) {
    return { remarks: [...remarks, `it was not compared with version ${other.version}: ${(error as Error).message}`] };
  } finally {
    await sides.close();
  }
}

const HOW_TO_GET_ROWS =
  'neither baseline has rows of its reference, as `trimtab init` keeps of a table without personal fields, and too few requests were captured';

const nothingToAsk = ({ version }: ModelVersion): string =>
  `it was not compared with version ${version}: no rows are known that both can be asked about`;

interface Compared {
  readonly record: ModelVersion;
  readonly other: ModelVersion;
  readonly own: Deciding;
  readonly reference: Deciding;
  readonly shared: SharedRows;
  readonly outcomes: readonly [readonly Outcome[], readonly Outcome[]];
}

function compared({ record, other, own, reference, shared, outcomes }: Compared): SideBySide {
  const asked = shared.rows.flatMap((row, i) => {
    const answers = [answerOf(outcomes[0][i]), answerOf(outcomes[1][i])] as const;
    // What the champion gives no answer about is no row to be compared on.
    if (answers[0] === undefined || answers[1] === undefined || outcomes[1][i] === 'failed') return [];
    return [{ row, answers: [answers[0], answers[1]] as const }];
  });
  const difference = answerDifference(
    own,
    reference,
    asked.map(({ row, answers }) => ({
      input: exactText(Object.values(row.features)),
      suspect: answers[0].score,
      reference: answers[1].score,
    })),
  );
  const labelled = asked.flatMap(({ row, answers }) => {
    const { truth } = row;
    const pair =
      truth === undefined ? undefined : comparedRow({ ...row, ...answers[0] }, answers[1], truth, [own, reference]);
    return pair === undefined || truth === undefined ? [] : [{ row: { ...row, truth }, answers, pair }];
  });
  const of = { model: record.model, versions: [other, record] as const };
  const rows = labelled.map(({ row, answers }): RowWithAnswers => ({ row, answers: [answers[1], answers[0]] }));
  const [champion, version] = [qualityView(of, rows, 0), qualityView(of, rows, 1)];
  const isBad = ({ score }: RowAnswer): boolean => score === null;
  return {
    champion: other.version,
    source: shared.source,
    from: shared.from,
    to: shared.to,
    rows: asked.length,
    disagreement: asked.length === 0 ? null : difference.disagree / asked.length,
    rankCorrelation: difference.rankCorrelation,
    notFinite: difference.notFinite,
    answers: {
      champion: sideAnswers(
        reference,
        asked.map(({ answers }) => answers[1].score),
      ),
      version: sideAnswers(
        own,
        asked.map(({ answers }) => answers[0].score),
      ),
    },
    labelled: labelled.length,
    metrics: Object.fromEntries(
      Object.keys(champion.metrics)
        .filter((name) => Object.hasOwn(version.metrics, name))
        .map((name) => [name, { champion: champion.metrics[name]!, version: version.metrics[name]! }]),
    ),
    pairs: [
      {
        metric: 'notFinite',
        className: null,
        effect: 1,
        pairs: pairsOf(asked.map(({ answers }) => ({ suspect: isBad(answers[0]), reference: isBad(answers[1]) }))),
      },
      ...truthPairs(
        own,
        reference,
        labelled.map(({ pair }) => pair),
      ),
    ],
  };
}

/** A row that a version fails at has no answer; one that its contract does not let in says nothing. */
function answerOf(outcome: Outcome): RowAnswer | undefined {
  if (outcome === 'failed') return { score: null };
  return outcome?.refused ? undefined : outcome;
}

async function rowsFor(
  home: Home,
  record: ModelVersion,
  champion: ModelVersion,
  remarks: string[],
): Promise<SharedRows | undefined> {
  try {
    const captured = await capturedRows(home, record, champion);
    if (captured !== undefined) return captured;
  } catch (error) {
    remarks.push(`captured requests could not be read: ${(error as Error).message}`);
  }
  return referenceRows(home, record, champion);
}

/** Requests of the champion, the newest first, until there are enough. */
async function capturedRows(home: Home, record: ModelVersion, champion: ModelVersion): Promise<SharedRows | undefined> {
  const { model } = record;
  const opener = await openerOf(home, { model, record: champion, reference: record });
  if (opener.problem !== undefined) return undefined;
  const own = await new RuleBook(home).of(model, champion.version);
  const objects = new CaptureObjects(home);
  const now = home.clock.now();
  const looking = performance.now() + LOOKING_MS;
  const [labelled, answered]: [SharedRow[], SharedRow[]] = [[], []];
  let from = now;
  for (let back = 0; back < MAX_HOURS && labelled.length < MAX_ROWS && performance.now() < looking; back++) {
    from = new Date(Math.floor(now.getTime() / HOUR_MS) * HOUR_MS - back * HOUR_MS);
    const hour = hourOf(from.toISOString());
    const { keys } = await objects.of(model, champion.version, from);
    if (keys.length === 0) continue;
    const label = own?.sealedLabel;
    const { truths } = await hourTruths(home, { model, version: champion.version, hour, label });
    const found = await hourRequests(home, keys, {
      model,
      version: champion.version,
      variant: 'champion',
      hour,
      stretchOf: () => from.toISOString(),
      slowMs: judgeRulesOf(champion.manifest).slowMs,
      rules: own,
      open: (capture: Capture, row) => opener.open(capture, row),
      hasTruth: (id) => truths.has(id),
    });
    for (const { id, unit, features } of found.labelled) labelled.push({ id, unit, features, truth: truths.get(id) });
    for (const { id, unit, features } of found.answered)
      if (answered.length < MAX_ROWS) answered.push({ id, unit, features });
  }
  const [first, to] = [from.toISOString(), now.toISOString()];
  if (labelled.length >= FEW) return { source: 'joined', from: first, to, rows: labelled.slice(0, MAX_ROWS) };
  return answered.length >= FEW ? { source: 'captures', from: first, to, rows: answered } : undefined;
}

/** Rows of the version's reference, else of the champion's, which no truth is kept of. */
async function referenceRows(
  home: Home,
  record: ModelVersion,
  champion: ModelVersion,
): Promise<SharedRows | undefined> {
  const wanted = [record, champion].flatMap(({ manifest }) => manifest.contract.features.map(({ name }) => name));
  for (const side of [record, champion]) {
    const types = new Map(side.manifest.contract.features.map(({ name, type }) => [name, type]));
    const found = backgroundOf(await baselineOf(home, side), wanted, types);
    if (found !== undefined) return found;
  }
  return undefined;
}

function backgroundOf(
  baseline: Baseline | undefined,
  wanted: readonly string[],
  types: ReadonlyMap<string, FeatureType>,
): SharedRows | undefined {
  if (baseline?.background === undefined) return undefined;
  const { columns, rows } = baseline.background;
  if (rows.length === 0 || wanted.some((name) => !columns.includes(name))) return undefined;
  return {
    source: 'reference',
    from: null,
    to: null,
    rows: rows.map((row, i) => ({
      id: String(i),
      unit: String(i),
      features: Object.fromEntries(
        columns.map((name, column) => [name, valueOfStored(row[column], types.get(name) ?? 'string')]),
      ),
    })),
  };
}
