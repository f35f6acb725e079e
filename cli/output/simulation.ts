import type { TimelineItem } from '../../core/simulation/run.ts';
import type { QuantityName, QuantitySummary, Summary } from '../../core/simulation/summary.ts';
import type { SimulationCell, SimulationTableView, SimulationView } from '../../core/simulation/view.ts';
import { table } from './table.ts';
import { COLUMNS, wrapped } from './wrapped.ts';

/** Seconds as people say them: `90 s`, `12 min`, `3.5 h`, `2.5 d`. */
export function formatSeconds(seconds: number): string {
  const size = Math.abs(seconds);
  if (size < 120) return `${seconds} s`;
  if (size < 7_200) return `${short(seconds / 60)} min`;
  return size < 172_800 ? `${short(seconds / 3_600)} h` : `${short(seconds / 86_400)} d`;
}

/** A scenario over its seeds. */
export function formatSimulation({ name, note, summary, unmet }: SimulationView): string {
  // What never happened is told by the lines above, and left out of the table.
  const rows = ROWS.filter(([, quantity, unit]) => {
    const { median, max } = summary.quantities[quantity];
    return unit === 'time' ? median !== null : max !== 0 || quantity === 'falseActions';
  });
  return [
    `${name}: ${summary.seeds} ${summary.seeds === 1 ? 'seed' : 'seeds'}`,
    ...verdictLines(summary),
    ...refusedLines(summary),
    '',
    table(
      ['', 'median', '90 %', 'most'],
      rows.map(([label, quantity, unit]) => {
        const { median, p90, max } = summary.quantities[quantity];
        const text = (value: number | null): string => formatQuantity(value, unit);
        return [label, text(median), text(p90), text(max)];
      }),
    ),
    '',
    ...wrapped(`In the first seed: ${summary.reason || 'functions wrote nothing'}`),
    ...(note === '' ? [] : ['', ...wrapped(`Note: ${note}`)]),
    ...unmetLines(unmet),
  ].join('\n');
}

/** What happened with the first seed, and the scenario over its seeds. */
export const formatWithTimeline = (view: SimulationView): string =>
  [formatTimeline(view), '', formatSimulation(view)].join('\n');

/** What happened with the first seed. */
function formatTimeline({ runs, timeline }: SimulationView): string {
  return [
    `What happened with seed ${runs[0]!.seed}`,
    ...timeline.flatMap((item) => [
      headOf(item),
      ...(item.reason === '' ? [] : wrapped(item.reason, { indent: TIME_WIDTH + 2 })),
    ]),
  ].join('\n');
}

/** Several scenarios, one a row. */
export function formatSimulations({ note, axes, cells }: SimulationTableView): string {
  const names = cells.map((cell) => nameOfCell(cell, axes));
  return [
    ...tableOfCells(axes, cells, names),
    '',
    ...wrapped(
      'after: median / 90 % of the seeds. failed, wrong: answers of the suspect, median. false: good versions taken back, median.',
    ),
    ...cells.flatMap(({ summary }, i) => refusedLines(summary, `${names[i]}: `)),
    ...(note === '' ? [] : ['', ...wrapped(`Note: ${note}`)]),
    ...cells.flatMap((cell, i) =>
      cell.note === note || cell.note === '' ? [] : ['', ...wrapped(`Note of ${names[i]}: ${cell.note}`)],
    ),
    ...unmetLines(cells.flatMap(({ unmet }, i) => unmet.map((fault) => `${names[i]}: ${fault}`))),
  ].join('\n');
}

/** A table; where names or values are too long for it, a list of them above, by the numbers of its rows. */
function tableOfCells(axes: readonly string[], cells: readonly SimulationCell[], names: readonly string[]): string[] {
  const head = ['taken back', 'after', 'failed', 'wrong', 'promoted', 'false'];
  const rows = cells.map(({ summary: { quantities, seeds, acted, promoted } }) => [
    `${acted} of ${seeds}`,
    formatPair(quantities.actedAfterSeconds),
    formatQuantity(quantities.failedAnswersOfSuspect.median, 'count'),
    formatQuantity(quantities.wrongAnswersOfSuspect.median, 'count'),
    `${promoted} of ${seeds}`,
    formatQuantity(quantities.falseActions.median, 'count'),
  ]);
  const named = cells.some(({ variant }) => variant !== null);
  const leading = cells.map(({ variant, at }) => (named ? [variant] : axes.map((path) => formatValueAt(at[path]))));
  const usual = table(
    [...(named ? ['variant'] : shortPaths(axes)), ...head],
    rows.map((row, i) => [...leading[i]!, ...row]),
  );
  if (usual.split('\n').every((line) => line.length <= COLUMNS)) return [usual];
  return [
    ...names.flatMap((name, i) => wrapped(`${i + 1}: ${name}`)),
    '',
    table(
      ['#', ...head],
      rows.map((row, i) => [i + 1, ...row]),
    ),
  ];
}

const nameOfCell = ({ variant, at }: SimulationCell, axes: readonly string[]): string =>
  variant ?? axes.map((path) => `${path}=${formatValueAt(at[path])}`).join(' ');

type Unit = 'time' | 'count';

const ROWS: readonly (readonly [label: string, name: QuantityName, unit: Unit])[] = [
  ['taken back after', 'actedAfterSeconds', 'time'],
  ['false action at', 'falseActionAfterSeconds', 'time'],
  ['promoted after', 'promotedAfterSeconds', 'time'],
  ['failed answers of the suspect', 'failedAnswersOfSuspect', 'count'],
  ['wrong answers of the suspect', 'wrongAnswersOfSuspect', 'count'],
  ['requests that it got', 'answersOfSuspect', 'count'],
  ['answers after it was taken back', 'servedAfterTakenBack', 'count'],
  ['false actions', 'falseActions', 'count'],
  ['ledger entries by functions', 'entries', 'count'],
  ['of them alarms held', 'held', 'count'],
  ['of them for retraining', 'retraining', 'count'],
  ['windows with drift', 'driftWindows', 'count'],
  ['pages to a person', 'pages', 'count'],
];

/** Room for `-300 d 02:03:04`. */
const TIME_WIDTH = 14;

function headOf({ t, event, version, failedAnswers, wrongAnswers }: TimelineItem): string {
  const cost = [
    ...(failedAnswers > 0 ? [`${formatCount(failedAnswers)} failed`] : []),
    ...(wrongAnswers > 0 ? [`${formatCount(wrongAnswers)} wrong`] : []),
  ].join(', ');
  const parts = [formatMoment(t).padStart(TIME_WIDTH), event.padEnd(20), (version ?? '').padEnd(16), cost];
  return parts.join('  ').trimEnd();
}

function verdictLines({ seeds, acted, promoted, actedFalsely, outcomes, causes }: Summary): string[] {
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  const by = Object.keys(causes).length === 0 ? '' : `; causes said: ${list(causes)}`;
  return wrapped(
    `suspect taken back in ${acted} of ${seeds}, canary promoted in ${promoted} of ${seeds}, false actions in ` +
      `${actedFalsely} of ${seeds}${by}. Ended as: ${list(outcomes)}.`,
  );
}

/** What people asked for in vain: without it, a result may be that of another scenario than was meant. */
const refusedLines = ({ refused, seeds: all }: Summary, of = ''): string[] =>
  refused.flatMap(({ do: what, version, reason, seeds }) =>
    wrapped(`${of}${what} of ${version} was refused in ${seeds} of ${all}: ${reason}.`),
  );

const unmetLines = (unmet: readonly string[]): string[] =>
  unmet.length === 0 ? [] : ['', 'Expected and not met:', ...unmet.flatMap((fault) => wrapped(fault, { indent: 2 }))];

/** The last parts of paths, where they tell them apart. */
function shortPaths(paths: readonly string[]): string[] {
  const last = paths.map((path) => path.split('.').at(-1)!);
  return new Set(last).size === last.length ? last : [...paths];
}

const formatValueAt = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const formatPair = ({ median, p90 }: QuantitySummary): string =>
  median === null ? 'never' : `${formatQuantity(median, 'time')} / ${formatQuantity(p90, 'time')}`;

function formatQuantity(value: number | null, unit: Unit): string {
  if (value === null) return 'never';
  return unit === 'time' ? formatSeconds(value) : formatCount(value);
}

const formatCount = (count: number): string => (count < 1e6 ? String(count) : count.toExponential(2));

/** `-1 d 02:03:04`. */
function formatMoment(t: number): string {
  const size = Math.abs(t);
  const days = Math.floor(size / 86_400);
  const clock = [Math.floor(size / 3_600) % 24, Math.floor(size / 60) % 60, size % 60];
  return `${t < 0 ? '-' : ''}${days === 0 ? '' : `${days} d `}${clock.map((part) => String(part).padStart(2, '0')).join(':')}`;
}

const short = (value: number): string => String(Number(value.toPrecision(3)));
