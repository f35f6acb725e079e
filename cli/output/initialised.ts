import type { Manifest } from '../../core/manifest/manifest.ts';
import type { ReferencePerformance } from '../../core/profile/profile.ts';
import { besideConstant } from '../../core/quality/beside-constant.ts';
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
  const { folder, manifestFile, order, taken, constant, notices, repairs, notes, manifest, baseline, doubt } = view;
  const { contract, preprocess } = manifest;
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
    ...repairs.flatMap(({ done }) => entry('repaired', done)),
    ...notes.flatMap((note, i) => entry(i === 0 ? 'decision' : '', note)),
    `  ${performanceText(manifest, baseline.performance)}`,
    ...remarkLines(baseline.performance),
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

function remarkLines(performance: ReferencePerformance | null): string[] {
  const remark = performance === null ? undefined : besideConstant(performance).remark;
  return remark === undefined ? [] : wrapped(`note: ${remark}`, { indent: 2 });
}

/** How good it is on its own reference, or why nobody knows. */
function performanceText({ contract, decision }: Manifest, performance: ReferencePerformance | null): string {
  if (decision === undefined) return 'no decision: how good it is is not known';
  if (performance === null)
    return contract.data.label === undefined
      ? 'no --label: how good it is is not known'
      : 'no row has a label that the decision could be: how good it is is not known';
  const { rows, errorRate, mae, squares, withoutScore = 0 } = performance;
  const labelled = `${rows} labelled rows${withoutScore > 0 ? `, ${withoutScore} of them without a number` : ''}`;
  const wrong = errorRate === undefined ? [] : [`wrong on ${(100 * errorRate).toFixed(1)} % of ${labelled}`];
  if (mae === undefined) return wrong.join() || `${labelled}, and no error that can be measured`;
  const root = squares === undefined ? '' : `, RMSE ${Math.sqrt(squares.error).toPrecision(3)}`;
  return [
    `off by ${mae.toPrecision(3)} on average (MAE)${root}`,
    ...(wrong.length > 0 ? wrong : [`over ${labelled}`]),
  ].join(', ');
}
