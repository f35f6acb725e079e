import type { ColumnDrift, DriftVerdict } from '../../core/drift/verdict.ts';
import { ownValue } from '../../core/model/own-value.ts';
import type { Baseline, Profile } from '../../core/profile/profile.ts';
import { chartKey, distributionChart } from '../../core/report/charts.ts';
import { renderPage, renderTable } from '../../core/report/page.ts';
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

/** Renders the report as a page of HTML. */
export function renderDrift(report: DriftView, baseline: Baseline, current: Profile): string {
  const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;
  const chart = (c: ColumnDrift): string =>
    distributionChart(ownValue(baseline.profile.columns, c.column), current.columns[c.column]!, {
      title: c.column,
      note:
        c.status === 'not_applicable'
          ? (c.note ?? '')
          : `effect ${c.effect.toFixed(3)}, threshold ${c.threshold.toFixed(3)}`,
      hot: c.status === 'drift',
    });
  const shown = report.columns.filter(({ column }) => ownValue(current.columns, column));
  return renderPage({
    title: `Drift: ${report.model} ${report.version}`,
    subtitle: `${report.from} to ${report.to}`,
    verdict: { tone: TONES[report.verdict], word: report.verdict.replace('_', ' '), sentence: sentenceOf(report) },
    facts: [
      { label: 'rows', value: report.rows.toLocaleString('en-US') },
      { label: 'needed', value: report.needed.toLocaleString('en-US') },
      {
        label: 'columns drifted',
        value: `${report.columns.filter((c) => c.status === 'drift').length} of ${report.columns.length}`,
      },
      { label: 'persistence', value: report.persistence },
      { label: 'baseline rows', value: report.baseline.rows.toLocaleString('en-US') },
    ],
    sections: [
      {
        title: 'Baseline and window',
        html: `${chartKey('baseline', 'window')}<div class="grid">${shown.map(chart).join('')}</div>`,
      },
      {
        title: 'Numbers',
        html: renderTable(
          [
            { title: 'column' },
            { title: 'status' },
            ...['effect', '95 %', 'threshold', 'PSI', 'adjusted p', 'missing before', 'now', 'unseen'].map((title) => ({
              title,
              align: 'right' as const,
            })),
          ],
          report.columns.map((c) => [
            c.column,
            c.note === null ? c.status : `${c.status}: ${c.note}`,
            c.effect.toFixed(3),
            `${c.interval[0].toFixed(3)} – ${c.interval[1].toFixed(3)}`,
            c.threshold.toFixed(3),
            c.psi.toFixed(3),
            c.adjusted < 1e-4 ? c.adjusted.toExponential(1) : c.adjusted.toFixed(4),
            percent(c.missing.reference),
            percent(c.missing.current),
            c.unseen === null ? '' : percent(c.unseen),
          ]),
        ),
      },
      {
        title: 'How to read this',
        html: '<p>The effect is the Jensen–Shannon distance (natural logarithm). The threshold is what windows of this size, cut from the baseline in time order, differ by from the rest of it at the 99.5th percentile. A column drifted when its effect reaches the threshold and its adjusted p-value (chi-squared, Benjamini–Hochberg) is small. Drift of inputs is a reason to look, not by itself a reason to go back: a former version would see the same inputs.</p>',
      },
    ],
    footer: `baseline of ${report.baseline.createdAt}, sha256 ${report.baseline.source}`,
  });
}
