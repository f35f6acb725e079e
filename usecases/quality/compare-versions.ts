import { rm } from 'node:fs/promises';
import type { Decision } from '../../core/manifest/decision.ts';
import { decisionClasses } from '../../core/manifest/decision-classes.ts';
import { qualityOf } from '../../core/manifest/quality-of.ts';
import { ownValue } from '../../core/model/own-value.ts';
import {
  type ComparedAnswer,
  type ComparedRow,
  differencesOf,
  IncomparableError,
  isWrongAnswer,
} from '../../core/quality/compare.ts';
import type { VersionTallies } from '../../core/quality/hour-tallies.ts';
import type { Metric } from '../../core/quality/metric.ts';
import { agreementOf, pairedErrors, rankCorrelation } from '../../core/quality/paired.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import { decisionTruth } from '../../core/serving/ground-truth.ts';
import type { Home } from '../../platform/ports.ts';
import { makeTemporaryFolder } from '../../platform/temporary-folder.ts';
import { AskedVersion, type RowAnswer } from './asked-version.ts';
import type { ComparedMetric, CompareView } from './compare-view.ts';
import { wholeInput } from './compared-requests.ts';
import { rowsOfFile, rowsOfReplay } from './compared-rows.ts';
import { describeQuality } from './describe-quality.ts';
import type { LabelledRow, RowCounts } from './labelled-row.ts';
import type { QualityView } from './quality-view.ts';
import { type JoinedRow, tallyHour, tallyRules } from './tally-rows.ts';
import { RuleBook } from './version-rules.ts';

export interface CompareOptions {
  readonly model: string;
  readonly versions: readonly [ModelVersion, ModelVersion];
  readonly source: CompareView['source'];
}

/** A row with what both versions say of it. */
export interface RowWithAnswers {
  /** Without its features, which may be pictures. */
  readonly row: Omit<LabelledRow, 'features'>;
  readonly answers: readonly [RowAnswer, RowAnswer];
}

/**
 * Asks two versions about the same rows, of a labelled file or of captured requests whose truths are known, and compares
 * them row by row.
 *
 * @throws IncomparableError when their decisions have nothing in common
 * @throws NotReplayableError, FileRejectedError, JsonLinesError
 */
export async function compareVersions(home: Home, options: CompareOptions): Promise<CompareView> {
  const decisions = options.versions.map(decisionOf) as [Decision, Decision];
  if (decisions[0].task !== decisions[1].task) differencesOf(comparedVersions(options, decisions), []);
  const folder = await makeTemporaryFolder('compare');
  const asked: AskedVersion[] = [];
  const requests = wholeInput(options.versions) !== undefined;
  try {
    for (const record of options.versions) asked.push(await AskedVersion.open(home, record, { folder, requests }));
    const all: RowWithAnswers[] = [];
    const counts = await rowsOf(home, options, async (rows) => {
      const features = rows.map((row) => row.features);
      const [first, second] = [await asked[0]!.ask(features), await asked[1]!.ask(features)];
      for (const [i, { id, unit, truth }] of rows.entries())
        all.push({ row: { id, unit, truth }, answers: [first[i]!, second[i]!] });
    });
    return viewOf(options, decisions, all, counts);
  } finally {
    for (const version of asked) await version.release();
    await rm(folder, { recursive: true, force: true });
  }
}

function decisionOf({ version, manifest }: ModelVersion): Decision {
  if (manifest.decision === undefined)
    throw new IncomparableError(
      `version ${version} makes no decision (decision in its manifest), so nothing can be right or wrong`,
    );
  return manifest.decision;
}

function rowsOf(
  home: Home,
  { model, versions, source }: CompareOptions,
  take: (rows: readonly LabelledRow[]) => Promise<void>,
): Promise<RowCounts> {
  if (source.kind === 'data') return rowsOfFile(source.file, versions, take);
  const query = { model, versions, from: new Date(source.from), to: new Date(source.to) };
  return rowsOfReplay(home, new RuleBook(home), query, take);
}

const comparedVersions = (
  { versions }: CompareOptions,
  decisions: readonly [Decision, Decision],
): Parameters<typeof differencesOf>[0] => [
  { decision: decisions[0], outputs: versions[0].manifest.outputs },
  { decision: decisions[1], outputs: versions[1].manifest.outputs },
];

function viewOf(
  options: CompareOptions,
  decisions: readonly [Decision, Decision],
  all: readonly RowWithAnswers[],
  counts: RowCounts,
): CompareView {
  const { model, versions, source } = options;
  const compared = comparedVersions(options, decisions);
  const rows: ComparedRow[] = [];
  const known: RowWithAnswers[] = [];
  for (const each of all) {
    const truths = compared.map(({ decision, outputs }) => decisionTruth(decision, outputs, each.row.truth));
    if (truths[0] === undefined || truths[1] === undefined) continue;
    const answers = each.answers.map((answer, i): ComparedAnswer => ({ ...answer, truth: truths[i]! }));
    rows.push({ unit: each.row.unit, answers: answers as [ComparedAnswer, ComparedAnswer] });
    known.push(each);
  }
  const { metrics, classes } = differencesOf(compared, rows);
  const first = qualityView(options, known, 0);
  const second = qualityView(options, known, 1);
  const isRegression = decisions[0].task === 'regression';
  const refused = (of: 0 | 1): number => all.filter(({ answers }) => answers[of].refused).length;
  return {
    model,
    first: versions[0].version,
    second: versions[1].version,
    source,
    task: decisions[0].task,
    rows: rows.length,
    unknown: counts.unknown + counts.given - rows.length,
    leftOut: counts.leftOut,
    refused: [refused(0), refused(1)],
    metrics: pairs(first.metrics, second.metrics, metrics),
    classes: Object.fromEntries(
      Object.keys(first.classes)
        .filter((name) => Object.hasOwn(second.classes, name))
        .map((name) => [name, pairs(first.classes[name]!, second.classes[name]!, ownValue(classes, name) ?? {})]),
    ),
    deciding: [...new Set(qualityOf(versions[0].manifest).metrics.map(({ metric }) => metric))],
    errors: isRegression
      ? null
      : pairedErrors(
          rows.map(({ answers }) => [isWrongAnswer(decisions[0], answers[0]), isWrongAnswer(decisions[1], answers[1])]),
        ),
    agreement: isRegression || rows.length === 0 ? null : agreed(compared, rows),
    rankCorrelation:
      decisions[0].task === 'multiclass'
        ? null
        : (rankCorrelation(rows.map(({ answers }) => [answers[0].score, answers[1].score])) ?? null),
  };
}

/** What each version alone is worth on the rows; estimates are held against those of the first one. */
export function qualityView(
  { model, versions }: Omit<CompareOptions, 'source'>,
  asked: readonly RowWithAnswers[],
  of: 0 | 1,
): QualityView {
  const { version, manifest } = versions[of];
  const champion = manifest.decision?.task === 'regression' ? talliesOf(versions[0], asked, 0) : undefined;
  const at = new Date(0);
  return describeQuality(talliesOf(versions[of], asked, of), { model, version, manifest, from: at, to: at, champion });
}

function talliesOf({ version, manifest }: ModelVersion, asked: readonly RowWithAnswers[], of: 0 | 1): VersionTallies[] {
  const rules = tallyRules({ ...manifest, monitoring: { ...manifest.monitoring, segments: [] } }, undefined);
  const rows = asked.map(
    ({ row: { id, unit, truth }, answers }): JoinedRow => ({
      feedback: { id, truth },
      at: EPOCH,
      version,
      variant: 'champion',
      features: {},
      unit,
      ...answers[of],
    }),
  );
  return tallyHour(rows, { rulesOf: () => rules });
}

const EPOCH = new Date(0).toISOString();

/** Metrics that both have, with their differences; there is none of what is not defined. */
function pairs(
  first: Readonly<Record<string, Metric>>,
  second: Readonly<Record<string, Metric>>,
  differences: Readonly<Record<string, ComparedMetric['difference'] | undefined>>,
): Record<string, ComparedMetric> {
  const both = Object.keys(first).filter((name) => Object.hasOwn(second, name));
  return Object.fromEntries(
    both.map((name) => {
      const [a, b] = [first[name]!, second[name]!];
      const defined = a.value !== null && b.value !== null;
      return [name, { first: a, second: b, difference: (defined && differences[name]) || null }];
    }),
  );
}

function agreed(compared: Parameters<typeof differencesOf>[0], rows: readonly ComparedRow[]): CompareView['agreement'] {
  const decided = compared.map(({ decision, outputs }) => {
    const classes = decision.task === 'multiclass' ? decisionClasses(decision, outputs) : [];
    return ({ score }: ComparedAnswer): unknown => {
      if (score === null || decision.task === 'regression') return null;
      return decision.task === 'binary' ? score >= decision.threshold : (classes[score] ?? score);
    };
  });
  const { share, interval } = agreementOf(
    rows.map(({ answers }) => [decided[0]!(answers[0]), decided[1]!(answers[1])]),
  );
  return share === undefined || interval === undefined ? null : { share, ...interval };
}
