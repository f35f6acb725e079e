import { canBeWrong } from '../../core/manifest/decision.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import type { ModelFolderView } from '../../usecases/baseline/model-folder-view.ts';
import { shortened, wrapped } from './wrapped.ts';

/** Columns that are named of those that were taken for the same. */
const NAMED = 6;
const INDENT = 12;

const ORDERS = {
  stated: 'as --features says',
  graph: 'as the graph itself says',
  file: 'as the file has them, for the graph does not say: --features a,b,… says another, if it was trained in one',
} as const;

/** What was made, what was taken for what and why, and what is to be done next. */
export function formatInitialised(view: ModelFolderView): string {
  const { folder, manifestFile, order, taken, constant, notices, manifest, baseline, doubt } = view;
  const { contract, preprocess } = manifest;
  const { rows, errorRate } = baseline.performance ?? {};
  const parts = [
    `${contract.features.length} features`,
    ...contract.tensors.map(({ name }) => `tensor ${name}${preprocess?.[name] ? ' (of pictures)' : ''}`),
  ];
  return [
    `${folder}: ${parts.join(', ')}, baseline of ${baseline.rows} rows in ${baseline.chunks} stretches`,
    ...(order === null ? [] : order.inputs.flatMap(({ input, columns }) => entry(input, columnsText(columns)))),
    ...(order === null ? [] : entry('order', ORDERS[order.by])),
    ...ROLES.flatMap(([as, label]) => {
      const found = taken.filter((column) => column.as === as);
      return found.length === 0 ? [] : entry(label, described(found));
    }),
    ...(constant.length === 0 ? [] : entry('no range', `${columnsText(constant)}: one value throughout`)),
    ...notices.flatMap((notice) => entry('note', notice)),
    ...decisionLines(manifest),
    errorRate === undefined
      ? `  no ${missingOf(manifest)}: how often it is wrong is not known`
      : `  wrong on ${(100 * errorRate).toFixed(1)} % of ${rows} labelled rows`,
    ...(doubt === null
      ? []
      : [
          '',
          ...wrapped(
            `NO BETTER THAN A CONSTANT ANSWER: ${doubt}. Are the columns in the order that the graph was trained with (--features), and the classes?`,
            { indent: 2 },
          ),
          '',
        ]),
    ...wrapped(
      `read ${manifestFile} now: ranges are a fifth wider than what was seen${isFlagging(manifest) ? ', values beyond them are flagged (--strict rejects them)' : ''}; only you know what the data does not show`,
      { indent: 2 },
    ),
    `  then: trimtab register ${folder}`,
  ].join('\n');
}

const ROLES: readonly (readonly [ModelFolderView['taken'][number]['as'], string])[] = [
  ['id', 'id'],
  ['time', 'time'],
  ['label', 'label'],
  ['extra', 'left out'],
  ['feature without drift', 'no drift'],
];

const entry = (label: string, text: string): string[] =>
  wrapped(text, { indent: INDENT, label: `  ${shortened(label, INDENT - 4)}`.padEnd(INDENT) });

function described(columns: ModelFolderView['taken']): string {
  const shown = columns.slice(0, NAMED).map(({ column, why }) => `${column} (${why})`);
  return [...shown, ...(columns.length > NAMED ? [`and ${columns.length - NAMED} more`] : [])].join(', ');
}

function columnsText(columns: readonly string[]): string {
  const more = columns.length - 2 * NAMED;
  return more > 0 ? `${columns.slice(0, 2 * NAMED).join(', ')}, and ${more} more` : columns.join(', ');
}

/** Whether any value beyond its range is let through. */
const isFlagging = ({ contract }: Manifest): boolean =>
  [...contract.features, ...contract.tensors].some(({ onViolation }) => typeof onViolation === 'object');

function decisionLines({ decision }: Manifest): string[] {
  if (decision === undefined) return [];
  const { task, output } = decision;
  if (task === 'binary')
    return entry('decision', `binary: positive from ${output}[${decision.column}] ≥ ${decision.threshold}`);
  if (task === 'regression')
    return entry(
      'decision',
      `regression by ${output}${decision.tolerance === undefined ? '' : `: wrong when it misses by more than ${decision.tolerance}`}`,
    );
  return entry('decision', `one of ${decision.classes?.length ?? 'several'} classes by ${output}`);
}

/** Why nobody knows how often it is wrong. */
function missingOf({ contract, decision }: Manifest): string {
  if (contract.data.label === undefined) return 'labels';
  if (decision === undefined) return 'decision';
  return canBeWrong(decision) ? 'labels' : 'tolerance';
}
