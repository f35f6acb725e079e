import type { ColumnDrift, DriftVerdict } from '../../core/drift/verdict.ts';
import { ownValue } from '../../core/model/own-value.ts';
import type { Baseline, Profile } from '../../core/profile/profile.ts';
import { chartGrid } from '../../core/report/chart-grid.ts';
import { chartKey, distributionChart } from '../../core/report/charts.ts';
import { type Page, renderPage } from '../../core/report/page.ts';
import { longTable } from '../../core/report/table.ts';
import { countText, percentText } from '../../core/report/text.ts';
import type { DriftView } from './drift-view.ts';

const PERSISTENCE_TEXTS: Readonly<Record<DriftView['persistence'], string>> = {
  none: '',
  warn: ' It drifted in three of the last five windows.',
  critical: ' It has drifted two windows in a row.',
};

/** Explains a verdict in one sentence: what drifted, and where to look first. */
export function sentenceOf({
  verdict,
  rows,
  needed,
  columns,
  persistence,
}: DriftView | (DriftVerdict & { persistence?: undefined })): string {
  if (verdict === 'insufficient_data') return `${rows} rows are too few to tell: ${needed} are needed.`;
  if (verdict === 'no_drift') return 'Every column moved less than quiet windows of this size do.';
  const drifted = columns.filter(({ status }) => status === 'drift');
  const prediction = drifted.some(({ column }) => column.startsWith('output:'));
  const names = drifted.filter(({ column }) => !column.startsWith('output:')).map(({ column }) => column);
  const often = persistence === undefined ? '' : PERSISTENCE_TEXTS[persistence];
  return `${names.slice(0, 4).join(', ')}${names.length > 4 ? ` and ${names.length - 4} more` : ''} moved beyond what quiet windows show${prediction ? ', and so did the prediction' : '; the prediction did not'}.${often}`;
}

const TONES = { drift: 'bad', no_drift: 'good', insufficient_data: 'neutral' } as const;

/** Renders the report of captured traffic as a page of HTML. */
export function renderDrift(report: DriftView, baseline: Baseline, current: Profile): string {
  return renderVerdict(report, {
    baseline,
    current,
    sentence: sentenceOf(report),
    about: 'window',
    head: {
      title: `Drift: ${report.model} ${report.version}`,
      subtitle: `${report.from} to ${report.to}`,
      index: '../../../index.html',
    },
    facts: [{ label: 'persistence', value: report.persistence }],
  });
}

/** Renders what was found of a data file. @param file its name */
export function renderFileDrift(
  verdict: DriftVerdict,
  { model, file, baseline, current }: { model: string; file: string; baseline: Baseline; current: Profile },
): string {
  return renderVerdict(verdict, {
    baseline,
    current,
    sentence: sentenceOf(verdict),
    about: 'this file',
    head: { title: `Drift: ${model}`, subtitle: file },
    facts: [],
  });
}

interface DriftPage {
  readonly baseline: Baseline;
  readonly current: Profile;
  readonly sentence: string;
  /** What is held against the baseline. */
  readonly about: string;
  readonly head: Pick<Page, 'title' | 'subtitle' | 'index'>;
  readonly facts: Page['facts'];
}

function renderVerdict(verdict: DriftVerdict, { baseline, current, sentence, about, head, facts }: DriftPage): string {
  const chart = (c: ColumnDrift): string =>
    distributionChart(ownValue(baseline.profile.columns, c.column), current.columns[c.column]!, {
      title: c.column,
      note:
        c.status === 'not_applicable'
          ? (c.note ?? '')
          : `effect ${c.effect.toFixed(3)}, threshold ${c.threshold.toFixed(3)}`,
      hot: c.status === 'drift',
    });
  const shown = verdict.columns.filter(({ column }) => ownValue(current.columns, column));
  const drifted = verdict.columns.filter((c) => c.status === 'drift').length;
  return renderPage({
    ...head,
    verdict: { tone: TONES[verdict.verdict], word: verdict.verdict.replaceAll('_', ' '), sentence },
    facts: [
      { label: 'rows', value: countText(verdict.rows) },
      { label: 'needed', value: countText(verdict.needed) },
      { label: 'columns drifted', value: `${drifted} of ${verdict.columns.length}` },
      ...facts,
      { label: 'baseline rows', value: countText(baseline.profile.rows) },
    ],
    sections: [
      { title: `Baseline and ${about}`, html: chartKey('baseline', about) + chartGrid(shown, chart) },
      { title: 'Numbers', html: longTable('Numbers by column', NUMBERS, verdict.columns.map(numbersOf)) },
      {
        title: 'How to read this',
        html: '<p>The effect is the Jensen–Shannon distance (natural logarithm). The threshold is what windows of this size, cut from the baseline in time order, differ by from the rest of it at the 99.5th percentile. A column drifted when its effect reaches the threshold and its adjusted p-value (chi-squared, Benjamini–Hochberg) is small. Drift of inputs is a reason to look, not by itself a reason to go back: a former version would see the same inputs.</p>',
      },
    ],
    footer: `baseline of ${baseline.createdAt}, sha256 ${baseline.source}`,
  });
}

const NUMBERS = [
  { title: 'column' },
  { title: 'status' },
  ...['effect', '95 %', 'threshold', 'PSI', 'adjusted p', 'missing before', 'now', 'unseen'].map((title) => ({
    title,
    align: 'right' as const,
  })),
];

function numbersOf(c: ColumnDrift): string[] {
  return [
    c.column,
    c.note === null ? c.status : `${c.status}: ${c.note}`,
    c.effect.toFixed(3),
    `${c.interval[0].toFixed(3)} – ${c.interval[1].toFixed(3)}`,
    c.threshold.toFixed(3),
    c.psi.toFixed(3),
    c.adjusted < 1e-4 ? c.adjusted.toExponential(1) : c.adjusted.toFixed(4),
    percentText(c.missing.reference),
    percentText(c.missing.current),
    c.unseen === null ? '' : percentText(c.unseen),
  ];
}
