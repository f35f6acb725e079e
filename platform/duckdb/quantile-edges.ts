import { distinctEdges } from '../../core/profile/bins.ts';
import {
  batchesOf,
  columnValues,
  doubleSql,
  nthValue,
  numberSql,
  type ProfiledColumn,
  type Source,
} from './column-batch.ts';

/** Numbers that have at most this many values get a bin each. */
export const FEW_VALUES = 12;
/** Fewer quantile edges than this say little of a distribution. */
export const MIN_EDGES = 4;
const QUANTILES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
/** Rows that edges are computed from; more would only make them slower. */
const EDGE_SAMPLE = 200_000;
/** Rows in which most columns show that they have more than a few values. */
const FIRST_ROWS = 2_000;

/** Edges of the bins of numeric columns: ten quantile bins, or a bin for each of a few values. */
export async function quantileEdges(source: Source, columns: readonly ProfiledColumn[]): Promise<number[][]> {
  const few = await fewValues(source, columns);
  const many = columns.filter((_, i) => few[i] === undefined);
  const found = new Map<ProfiledColumn, number[]>();
  for (const batch of batchesOf(many, Math.min(source.rows, EDGE_SAMPLE)))
    for (const [i, edges] of (await edgesOf(source, batch)).entries()) found.set(batch[i]!, edges);
  return columns.map((column, i) => found.get(column) ?? distinctEdges(few[i]!.toSorted((a, b) => a - b).slice(1)));
}

/** The values of each column that has few of them. */
async function fewValues(
  { duck, relation, rows }: Source,
  columns: readonly ProfiledColumn[],
): Promise<(number[] | undefined)[]> {
  const found: (number[] | undefined)[] = columns.map(() => []);
  const look = async (limit: number): Promise<void> => {
    const open = columns.map((_, i) => i).filter((i) => found[i] !== undefined);
    for (const batch of batchesOf(open, Math.min(rows, limit))) {
      const values = batch.map((c) => numberSql(columns[c]!));
      const lists = batch.map((_, i) => `list_distinct(list(${nthValue(i)}))[1:${FEW_VALUES + 1}] AS l${i}`);
      const [row = {}] = await duck.rows(
        `SELECT ${lists.join(', ')} FROM ${columnValues(relation, values, `LIMIT ${limit}`)}`,
      );
      for (const [i, c] of batch.entries()) {
        const list = (row[`l${i}`] ?? []) as number[];
        found[c] = list.length > FEW_VALUES ? undefined : list;
      }
    }
  };
  await look(FIRST_ROWS);
  if (rows > FIRST_ROWS) await look(EDGE_SAMPLE);
  return found;
}

/** The sample of each column is of the same rows, whichever columns are read with it. */
async function edgesOf({ duck, relation, rows, row }: Source, columns: readonly ProfiledColumn[]): Promise<number[][]> {
  // By a hash of its number a row is drawn before its values are read.
  const draw =
    row === undefined
      ? `USING SAMPLE reservoir(${EDGE_SAMPLE} ROWS) REPEATABLE (1)`
      : `WHERE hash(${row}) % ${rows} < ${EDGE_SAMPLE}`;
  const drawn = columnValues(relation, columns.map(numberSql), draw);
  const table = rows > EDGE_SAMPLE;
  if (table) await duck.run(`CREATE OR REPLACE TEMP TABLE "@sample" AS FROM ${drawn}`);
  const sample = table ? '"@sample"' : columnValues(relation, columns.map(numberSql));
  try {
    const asked = columns.map((_, i) => {
      const value = nthValue(i);
      return `quantile_disc(${value}, [${QUANTILES.join(', ')}]) AS q${i}, min(${value}) AS lo${i}`;
    });
    const [row = {}] = await duck.rows(`SELECT ${asked.join(', ')} FROM ${sample}`);
    const edges: number[][] = [];
    for (const i of columns.keys()) {
      const lowest = row[`lo${i}`] as number;
      // An edge at the lowest value has nothing below it.
      const own = distinctEdges((row[`q${i}`] ?? []) as number[]).filter((edge) => edge > lowest);
      edges.push(
        own.length >= MIN_EDGES
          ? own
          : distinctEdges([...own, ...(await edgesBesideMode({ duck, relation: sample, rows }, nthValue(i)))]).filter(
              (edge) => edge > lowest,
            ),
      );
    }
    return edges;
  } finally {
    if (table) await duck.run('DROP TABLE "@sample"');
  }
}

/** One value holds most of the rows (rain: mostly none). The others get quantiles of their own. */
async function edgesBesideMode({ duck, relation }: Source, value: string): Promise<number[]> {
  const [{ mode } = { mode: null }] = await duck.rows(`SELECT mode(${value}) AS mode FROM ${relation}`);
  const most = doubleSql(mode as number);
  const [{ rest, above } = { rest: [], above: null }] = await duck.rows(
    `SELECT quantile_disc(${value}, [0.25, 0.5, 0.75]) AS rest, min(${value}) FILTER (WHERE ${value} > ${most}) AS above FROM ${relation} WHERE ${value} <> ${most}`,
  );
  return [mode as number, ...(above === null ? [] : [above as number]), ...(rest as number[])];
}
