import type { RowsExportView, RowsListView, RowsReturnView, RowsView } from '../../usecases/quarantine/rows-view.ts';
import { table } from './table.ts';
import { hanging, shortened } from './wrapped.ts';

/** Rules that are named of a drop. */
const MAX_RULES = 3;
/** Columns of a row's text. */
const RAW_COLUMNS = 60;

const time = (at: string): string => at.slice(0, 16).replace('T', ' ');

/** Drops that have quarantined rows, as a table, and what most of them break. */
export function formatRowsList({ dataset, drops, more }: RowsListView): string {
  const of = dataset === null ? '' : ` of ${dataset}`;
  if (drops.length === 0) return `no data file${of} has quarantined rows`;
  const lines = drops.flatMap(
    ({ drop, dataset: name, key, at, verdict, judgedAgainAs, quarantined, states, reasons, contract }) => [
      `${drop}  ${key.startsWith(`incoming/${name}/`) ? key.slice('incoming/'.length) : key}`,
      `  judged ${time(at)}${contract === null ? '' : `, held to ${contract.source}`}${verdict === 'rejected' ? ', rejected whole' : ''}`,
      verdict === 'rejected'
        ? `  ${quarantined} rows, of which none became a version`
        : `  ${quarantined} quarantined: ${states.open} open, ${states.putBack} put back, ${states.accepted} accepted`,
      ...again(judgedAgainAs).map((line) => `  ${line}`),
      ...reasons
        .slice(0, MAX_RULES)
        .map(({ feature, rule, allowed, rows }) => `    ${rows} × ${feature} ${rule}: ${shortened(allowed, 50)}`),
      ...(reasons.length > MAX_RULES ? [`    … ${reasons.length} rules`] : []),
    ],
  );
  return [...lines, ...(more > 0 ? [`${more} older: --limit ${drops.length + more}`] : [])].join('\n');
}

const again = (drop: string | null): string[] =>
  drop === null ? [] : [`judged again since, as ${drop}: what is still wrong is open there`];

const STATES = { open: 'open', 'put-back': 'put back', accepted: 'accepted' } as const;

/** Quarantined rows as a table, each reason on a line of its own. */
export function formatRows(view: RowsView): string {
  const { drop, key, contract, mends, judgedAgainAs, states, rows, matching } = view;
  const head = [
    `drop ${drop}: ${key}${contract === null ? '' : `, held to ${contract.source}`}`,
    mends === null
      ? `${states.open} open, ${states.putBack} put back, ${states.accepted} accepted`
      : `it mends rows of drop ${mends}: what is still wrong is open there`,
    ...again(judgedAgainAs),
  ];
  if (rows.length === 0) return [...head, 'no row breaks that'].join('\n');
  const cells = rows.flatMap(({ line, lines, state, version, reasons, raw, cut }) => {
    const where = lines === 1 ? `${line}` : `${line}-${line + lines - 1}`;
    const what = state === 'open' ? 'open' : `${STATES[state]}: v${version}`;
    const text = raw === null ? 'not kept' : `${raw}${cut ? '…' : ''}`;
    return reasons.map(({ feature, rule, received, allowed }, i) => {
      const why = `${feature} ${rule}: ${allowed}`;
      return i === 0 ? [where, what, why, received ?? '', text] : ['', '', why, received ?? '', ''];
    });
  });
  return [
    ...head,
    '',
    table(['line', 'state', 'reason', 'received', 'as it came'], cells, { shorten: [2, 3, 4] }),
    ...(matching > rows.length ? [`${matching - rows.length} more: --limit ${matching}, or --json`] : []),
  ].join('\n');
}

/** Where exported rows are, and which could not be written. */
export const formatExport = ({ out, rows, missing, missingRows }: RowsExportView): string =>
  [
    `${out}: ${count(rows, 'row')}`,
    ...(missingRows === 0 ? [] : [`${count(missingRows, 'row')} left out:`]),
    ...missing.flatMap(({ line, reason }) => indentedSentence(`line ${line}: ${reason}`)),
    ...(missingRows > missing.length ? [`  … ${missingRows}`] : []),
  ].join('\n');

/** What became of rows that were given back. */
export function formatReturn(view: RowsReturnView): string {
  const { dataset, drop, as, rows, lines, version, mended, contract, refused, refusedRows, open } = view;
  const done = as === 'accepted' ? 'accepted as they are' : 'put back';
  return [
    version === null
      ? `nothing of drop ${drop} was ${done}`
      : `${count(rows, 'row')} of drop ${drop} ${done}: dataset version ${version} of ${dataset}, held to ${contract.source}`,
    ...(lines === '' ? [] : [`  lines ${shortened(lines, RAW_COLUMNS)}`]),
    ...(mended === null ? [] : [`  the mended file is drop ${mended}, with a report of its own`]),
    ...(refusedRows === 0
      ? []
      : [`${count(refusedRows, 'row')} ${refusedRows === 1 ? 'stays' : 'stay'} in quarantine:`]),
    ...refused.flatMap(({ line, mendedLine, reasons }) =>
      reasons.flatMap(({ feature, rule, allowed, received }) =>
        indentedSentence(
          `${line === null ? 'a row' : `line ${line}`}${mendedLine === null ? '' : ` (line ${mendedLine} of the mended file)`}: ${feature} ${rule}${received === null ? '' : `, received ${received}`}, allowed is ${allowed}`,
        ),
      ),
    ),
    ...(refusedRows > refused.length ? [`  … ${refusedRows}`] : []),
    `${count(open, 'row')} of the drop ${open === 1 ? 'is' : 'are'} open`,
  ].join('\n');
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

const indentedSentence = (text: string): string[] => hanging(text).map((line) => `  ${line}`);
