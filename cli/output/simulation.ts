import type { Run, TimelineItem } from '../../core/simulation/run.ts';
import type { QuantityName, QuantitySummary, Summary } from '../../core/simulation/summary.ts';
import type { Simulated } from '../../usecases/simulation/simulate.ts';
import { table } from './table.ts';

/** Seconds as people say them: `90 s`, `12 min`, `3.5 h`, `2 d`. */
export function formatSeconds(seconds: number): string {
  const size = Math.abs(seconds);
  if (size < 120) return `${seconds} s`;
  if (size < 7_200) return `${short(seconds / 60)} min`;
  return size < 172_800 ? `${short(seconds / 3_600)} h` : `${short(seconds / 86_400)} d`;
}

/** A scenario over its seeds. */
export function formatSimulated({ name, summary, unmet }: Simulated): string {
  return [
    `${name}: ${summary.seeds} ${summary.seeds === 1 ? 'seed' : 'seeds'}`,
    '',
    ...verdictLines(summary),
    '',
    table(
      ['', 'median', '90 %', 'most'],
      ROWS.map(([label, name, unit]) => {
        const { median, p90, max } = summary.quantities[name];
        const text = (value: number | null): string => formatQuantity(value, unit);
        return [label, text(median), text(p90), text(max)];
      }),
    ),
    '',
    `in the first seed: ${summary.reason || 'functions wrote nothing'}`,
    ...(unmet.length === 0 ? [] : ['', 'expected and not met:', ...unmet.map((fault) => `  ${fault}`)]),
  ].join('\n');
}

/** What happened in one run. */
export function formatTimeline({ seed, timeline }: Run): string {
  const rows = timeline.map((item) => [
    formatMoment(item.t),
    item.event,
    item.version,
    item.failedAnswers,
    item.wrongAnswers,
    shortened(item),
  ]);
  return [`seed ${seed}`, table(['time', 'event', 'version', 'failed', 'wrong', 'reason'], rows)].join('\n');
}

/** The cells of a grid, one a row. */
export function formatGrid(axes: readonly string[], cells: readonly GridCell[]): string {
  const rows = cells.map(({ values, simulated: { summary, unmet } }) => {
    const { quantities, seeds, acted, promoted } = summary;
    const pair = (name: QuantityName, unit: Unit): string =>
      `${formatQuantity(quantities[name].median, unit)} / ${formatQuantity(quantities[name].p90, unit)}`;
    return [
      ...values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))),
      `${acted} of ${seeds}`,
      pair('actedAfterSeconds', 'time'),
      pair('failedAnswersOfSuspect', 'count'),
      pair('wrongAnswersOfSuspect', 'count'),
      `${promoted} of ${seeds}`,
      quantities.falseActions.max,
      quantities.entries.median,
      ...(unmet.length > 0 ? [`not as expected: ${unmet[0]}`] : ['']),
    ];
  });
  const head = ['taken back', 'after (median / 90 %)', 'failed', 'wrong', 'promoted', 'false actions', 'entries', ''];
  return table([...axes, ...head], rows);
}

export interface GridCell {
  readonly values: readonly unknown[];
  readonly simulated: Simulated;
}

type Unit = 'time' | 'count';

const ROWS: readonly (readonly [label: string, name: QuantityName, unit: Unit])[] = [
  ['taken back after', 'actedAfterSeconds', 'time'],
  ['promoted after', 'promotedAfterSeconds', 'time'],
  ['failed answers of the suspect', 'failedAnswersOfSuspect', 'count'],
  ['wrong answers of the suspect', 'wrongAnswersOfSuspect', 'count'],
  ['requests that it got', 'answersOfSuspect', 'count'],
  ['answers after it was taken back', 'servedAfterTakenBack', 'count'],
  ['false actions', 'falseActions', 'count'],
  ['ledger entries by functions', 'entries', 'count'],
  ['of them alarms held', 'held', 'count'],
  ['of them for retraining', 'retraining', 'count'],
  ['alarms that went off', 'pages', 'count'],
];

function verdictLines({ seeds, acted, promoted, outcomes, causes }: Summary): string[] {
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  const by = acted === 0 ? '' : `, because of ${list(causes)}`;
  return [
    `taken back in ${acted} of ${seeds}${by}`,
    `promoted in ${promoted} of ${seeds}`,
    `ended as: ${list(outcomes)}`,
  ];
}

function formatQuantity(value: QuantitySummary['median'], unit: Unit): string {
  if (value === null) return 'never';
  return unit === 'time' ? formatSeconds(value) : String(value);
}

/** `-1 d 02:03:04`. */
function formatMoment(t: number): string {
  const size = Math.abs(t);
  const days = Math.floor(size / 86_400);
  const clock = [Math.floor(size / 3_600) % 24, Math.floor(size / 60) % 60, size % 60];
  return `${t < 0 ? '-' : ''}${days === 0 ? '' : `${days} d `}${clock.map((part) => String(part).padStart(2, '0')).join(':')}`;
}

const shortened = ({ reason }: TimelineItem): string => (reason.length > 160 ? `${reason.slice(0, 157)}…` : reason);
const short = (value: number): string => String(Number(value.toPrecision(3)));
