import type { Contract } from '../../core/contract/contract.ts';
import type { ReferencePerformance } from '../../core/profile/profile.ts';
import { wilson } from '../../core/quality/wilson.ts';
import type { RegistrationView } from '../../usecases/registry/registration-view.ts';
import { besideLines } from './beside.ts';
import { changeLines } from './changes.ts';
import { errorMeasures } from './error-measures.ts';

/** A version that was registered, and what was found about it. */
export const formatRegistration = (view: RegistrationView): string =>
  [
    `${view.model} ${view.version} ${view.existed ? 'was registered before' : 'registered'}`,
    `  sha256    ${view.artifact.digest}`,
    `  inputs    ${view.signature.inputs.map(({ name, type }) => `${name}:${type}`).join(' ')}`,
    `  outputs   ${view.signature.outputs.map(({ name, type }) => `${name}:${type}`).join(' ')}`,
    `  contract  ${contractText(view.manifest.contract)}`,
    `  baseline  ${view.baseline ? view.baseline.digest.slice(0, 12) : 'none: drift cannot be looked for'}`,
    ...changesText(view),
    ...rehearsalLines(view.rehearsed),
    ...referenceLines(view.references),
    ...besideLines(view.beside),
    ...view.remarks.map((remark) => `  note      ${remark}`),
  ].join('\n');

const contractText = ({ features, tensors }: Contract): string =>
  `${features.length} features${tensors.length > 0 ? `, ${tensors.length} whole tensors` : ''}`;

function changesText({ existed, changes, artifact }: RegistrationView): string[] {
  if (changes === null || existed) return [];
  const other = changes.changes.find(({ path }) => path === 'model.onnx');
  const graph =
    other === undefined ? `the graph is that of version ${changes.version}` : `from version ${changes.version}`;
  const kept = other === undefined ? `, kept once as ${artifact.digest.slice(0, 12)}…` : '';
  return [
    `  changed   ${graph}${kept}; what differs:`,
    ...changeLines(changes.changes).map((line) => `            ${line}`),
  ];
}

const SOURCES = { data: 'of the file', baseline: 'of its baseline', example: 'of its example.jsonl' } as const;

function rehearsalLines(rehearsed: RegistrationView['rehearsed']): string[] {
  if (rehearsed === null || rehearsed.rows === 0) return [];
  const { source, rows, failed, kept } = rehearsed;
  const outcome = failed === 0 ? 'answered all' : `failed on ${failed}`;
  return [`  rehearsed on ${rows} rows ${SOURCES[source]}: ${outcome}; ${kept} of its answers are kept`];
}

function referenceLines(references: RegistrationView['references']): string[] {
  if (references === null) return [];
  const { own, champion } = references;
  const text = performanceText(own);
  if (text === undefined) return [];
  const other = champion === null ? undefined : performanceText(champion.performance);
  return [
    `  reference ${text}`,
    ...(other === undefined
      ? []
      : [`            version ${champion!.version}, which is the champion, on its own: ${other}`]),
  ];
}

function performanceText(performance: ReferencePerformance): string | undefined {
  const { rows, errorRate, squares } = performance;
  const errors = errorMeasures(performance);
  if (errors.length > 0) {
    const constant = squares === undefined ? '' : `, RMSE of their mean ${short(Math.sqrt(squares.ofMean))}`;
    return `errors ${errors.join(', ')} on ${rows} labelled rows${constant}`;
  }
  if (errorRate === undefined || rows === 0) return undefined;
  const [low, high] = wilson(errorRate, rows);
  return `wrong on ${percent(errorRate)} of ${rows} labelled rows (${percent(low)} to ${percent(high)})`;
}

const short = (value: number): string => String(Number(value.toPrecision(3)));
const percent = (share: number): string => `${short(100 * share)} %`;
