import type { Contract, Feature } from '../../core/contract/contract.ts';
import { otherColumns } from '../../core/contract/data-columns.ts';
import { featureRules } from '../../core/contract/rules/rules.ts';
import type { Decision } from '../../core/manifest/decision.ts';
import { decisionClasses } from '../../core/manifest/decision-classes.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import { qualityOf } from '../../core/manifest/quality-of.ts';
import type { TensorSpec } from '../../core/model/signature.ts';
import { besideConstant } from '../../core/quality/beside-constant.ts';
import type { ReferenceSummary, VersionView } from '../../usecases/audit/version-view.ts';
import type { VersionStanding } from '../../usecases/registry/version-standing.ts';
import { errorMeasures } from './error-measures.ts';
import { formatQualitySummary } from './quality-summary.ts';
import { table } from './table.ts';
import { formatPercent } from './traffic.ts';
import { wrapped } from './wrapped.ts';

/** Features, and entries of the ledger, that are shown; `--json` has them all. */
const MAX_FEATURES = 40;
const MAX_ENTRIES = 12;
/** Tensors that are named one by one. */
const MAX_TENSORS = 6;
const LABEL = 14;

/** All of a version on a page. */
export function formatVersion(view: VersionView): string {
  const { model, version, standing, manifest, signature, artifact } = view;
  const { description, decision, lineage } = manifest;
  return [
    ...wrapped(`${model} ${version}: ${standingText(standing)}`, { indent: 2, label: '' }),
    ...line('about', description),
    ...line('registered', `${minute(view.registeredAt)} by ${view.registeredBy}`),
    ...line('sha256', artifact.digest),
    ...line('size', `${(artifact.bytes / 1e6).toFixed(2)} MB`),
    ...line('inputs', tensors(signature.inputs)),
    ...line('outputs', tensors(signature.outputs, manifest)),
    ...line('decision', decision === undefined ? 'none' : decisionText(decision, manifest)),
    ...line('decides', decidingText(manifest)),
    ...line('truth', truthText(manifest)),
    ...line('baseline', referenceText(view.reference)),
    ...line('reference', performanceText(view.reference)),
    ...line('lately', latelyText(view)),
    ...line('lineage', lineageText(lineage)),
    ...view.unread.flatMap((sentence) => line('not read', sentence)),
    ...contractLines(manifest.contract),
    ...entryLines(view),
  ].join('\n');
}

const line = (name: string, text: string): string[] =>
  text === '' ? [] : wrapped(text, { indent: LABEL, label: `  ${name.padEnd(LABEL - 2)}` });

const minute = (at: string): string => at.slice(0, 16).replace('T', ' ');

function standingText({ is, weight, approved, reason }: VersionStanding): string {
  if (is === 'champion' || is === 'challenger') return `${is}, ${formatPercent(weight)} of the traffic`;
  if (is === 'shadow') return 'shadow, gets a copy of the traffic';
  if (is === 'quarantined') return `quarantined: ${reason}`;
  if (is === 'rejected') return 'rejected';
  return approved ? 'approved, has no traffic' : 'registered, neither approved nor rejected';
}

function tensors(specs: readonly TensorSpec[], manifest?: Manifest): string {
  const shown = specs.slice(0, MAX_TENSORS).map(({ name, type, shape }) => {
    const meaning = manifest?.outputs.find((each) => each.name === name);
    const about = meaning === undefined ? '' : ` (${meaning.meaning}${classesText(meaning.classes)})`;
    return `${name} ${type}[${shape.map((size) => (size === -1 ? 'n' : size)).join(', ')}]${about}`;
  });
  const more = specs.length - shown.length;
  return `${shown.join('; ')}${more > 0 ? `; ${more} more` : ''}`;
}

const classesText = (classes: readonly (string | number)[] = []): string =>
  classes.length === 0 ? '' : ` of ${classes.slice(0, 8).join(', ')}${classes.length > 8 ? ', …' : ''}`;

function decisionText(decision: Decision, { outputs }: Manifest): string {
  const { task, output } = decision;
  if (task === 'binary') {
    const name = outputs.find((each) => each.name === output)?.classes?.[decision.column];
    const positive = name === undefined ? `column ${decision.column}` : `class ${name}`;
    return `binary: positive where ${output} of ${positive} is at least ${decision.threshold}`;
  }
  if (task === 'multiclass')
    return `one of several classes, by ${output}${classesText(decisionClasses(decision, outputs))}`;
  const wrong =
    decision.tolerance === undefined
      ? 'measured by its errors; none counts as wrong, for it has no tolerance'
      : `wrong when it misses by more than ${decision.tolerance}`;
  return `a number, ${output}: ${wrong}`;
}

const decidingText = (manifest: Manifest): string =>
  qualityOf(manifest)
    .metrics.slice(0, 8)
    .map(({ metric, class: one }) => (one === undefined ? metric : `${metric} of ${one}`))
    .join(', ');

function truthText({ truth }: Manifest): string {
  if (truth === undefined) return '';
  return `${truth.expected ? 'expected' : 'not expected'} within ${truth.within}`;
}

function referenceText(reference: ReferenceSummary | null): string {
  if (reference === null) return 'none: drift cannot be looked for';
  const { rows, columns, createdAt, background } = reference;
  return `${rows} rows, ${columns} columns, made ${minute(createdAt)}; ${background} rows for explanations`;
}

function performanceText(reference: ReferenceSummary | null): string {
  if (reference === null) return '';
  const { performance } = reference;
  if (performance === null) return 'no labels: how good it is is not known';
  const { rows, errorRate, brier, errorEdges } = performance;
  const parts = [
    ...(errorRate === undefined ? [] : [`wrong on ${formatPercent(errorRate)}`]),
    ...(brier === undefined ? [] : [`Brier score ${Number(brier.toPrecision(3))}`]),
    ...errorMeasures(performance),
    ...(errorEdges === undefined ? [] : [`median of absolute errors ${medianOf(errorEdges)}`]),
  ];
  const { remark } = besideConstant(performance);
  return `${parts.join(', ')} (${rows} rows with a label)${remark === undefined ? '' : `; ${remark}`}`;
}

/** Edges are quantiles, so the one in the middle is the median. */
const medianOf = (edges: readonly number[]): string =>
  String(Number((edges[Math.floor((edges.length - 1) / 2)] ?? Number.NaN).toPrecision(3)));

function latelyText({ quality }: VersionView): string {
  if (quality === null) return 'no truths of the last 7 days';
  return `${formatQualitySummary(quality)} (${quality.truths} truths of ${quality.days} days)`;
}

const lineageText = (lineage: Manifest['lineage']): string =>
  Object.entries(lineage)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

function contractLines(contract: Contract): string[] {
  const { features, tensors: whole } = contract;
  const shown = features.slice(0, MAX_FEATURES);
  const others = otherColumns(contract.data).map(({ role, name }) => `${name} (${role})`);
  return [
    '',
    `  contract: ${features.length} features${whole.length > 0 ? `, ${whole.length} whole tensors` : ''}`,
    ...(shown.length === 0 ? [] : [indented(featureTable(shown))]),
    ...(features.length > shown.length ? [`  and ${features.length - shown.length} more: --json has them all`] : []),
    ...(others.length === 0 ? [] : line('columns', others.join(', '))),
  ];
}

const featureTable = (features: readonly Feature[]): string =>
  table(
    ['feature', 'type', 'unit', 'allowed', 'else', 'personal'],
    features.map((feature) => [
      feature.name,
      feature.type,
      feature.unit ?? '',
      rulesText(feature),
      violationText(feature.onViolation),
      feature.personal === 'no' ? '' : feature.personal,
    ]),
    // Two columns of margin.
    { shorten: [0, 3, 4], columns: 78 },
  );

/** The policy, or the rules that have one of their own: the others reject. */
const violationText = (policy: Feature['onViolation']): string =>
  typeof policy === 'string'
    ? policy
    : Object.entries(policy)
        .map(([rule, word]) => `${rule}: ${word}`)
        .join(', ');

/** What a feature's type says by itself. */
const OF_TYPE: ReadonlySet<string> = new Set(['missing', 'type', 'finite', 'range']);

function rulesText(feature: Feature): string {
  const { min, max, missing } = feature;
  const isRange = min !== undefined && max !== undefined;
  const rules = featureRules(feature).filter(({ name }) => !OF_TYPE.has(name));
  const others = rules.filter(({ name }) => !isRange || (name !== 'min' && name !== 'max'));
  return [
    ...(isRange ? [`${min} to ${max}`] : []),
    ...others.map(({ allowed }) => allowed),
    ...(missing === 'allow' ? ['or missing'] : []),
  ].join(', ');
}

function entryLines({ entries, model }: VersionView): string[] {
  const shown = entries.slice(-MAX_ENTRIES);
  const text = table(
    ['#', 'at', 'what', 'by', 'why'],
    shown.map(({ number, at, kind, actor, reason }) => [number, minute(at), kind, actor, reason]),
    { shorten: [3, 4], columns: 78 },
  );
  const earlier = entries.length - shown.length;
  return ['', indented(text), ...(earlier > 0 ? [`  ${earlier} earlier: trimtab history ${model} --all`] : [])];
}

const indented = (text: string): string =>
  text
    .split('\n')
    .map((each) => `  ${each}`)
    .join('\n');
