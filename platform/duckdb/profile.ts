import { RESERVED_PREFIX, sqlName } from '../../core/contract/sql-text.ts';
import { ownValue } from '../../core/model/own-value.ts';
import { distinctEdges, MAX_CATEGORIES } from '../../core/profile/bins.ts';
import type { CategoricalProfile, ColumnProfile, NumericProfile, Profile } from '../../core/profile/profile.ts';
import { type Duck, identifier, literal } from './connection.ts';

/** A column to profile: an SQL expression over the relation. */
export interface ProfiledColumn {
  readonly name: string;
  readonly kind: 'numeric' | 'categorical';
  /** @default the column of that name */
  readonly expression?: string;
}

/** The value that a query looks at, by a name that no column has: an alias would stand in for a column of its name. */
const VALUE = sqlName(RESERVED_PREFIX);
/** Numbers that have at most this many values get a bin each. */
const FEW_VALUES = 12;
/** Fewer quantile edges than this say little of a distribution. */
const MIN_EDGES = 4;
const QUANTILES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
/** Rows that edges are computed from; more would only make them slower. */
const EDGE_SAMPLE = 200_000;

/**
 * Profiles columns of a relation (a table's name, or a query in parentheses). Bins and categories are those of the
 * reference where it has the column, else made from the data: ten quantile bins, a bin for each of a few values,
 * the 1,000 most frequent categories.
 */
export async function profileRelation(
  duck: Duck,
  relation: string,
  columns: readonly ProfiledColumn[],
  reference?: Profile,
): Promise<Profile> {
  const [{ n } = { n: 0n }] = await duck.rows(`SELECT count(*) AS n FROM ${relation} t`);
  const rows = Number(n);
  const numbers = columns.filter(({ kind }) => kind === 'numeric');
  const moments = await momentsOf(duck, relation, numbers);
  const source = { duck, relation, rows };
  const profiled: [string, ColumnProfile][] = [];
  for (const column of columns) {
    const known = reference && ownValue(reference.columns, column.name);
    profiled.push([
      column.name,
      column.kind === 'numeric'
        ? await numeric(source, column, moments.get(column.name)!, known)
        : await categorical(source, column, known),
    ]);
  }
  return { rows, columns: Object.fromEntries(profiled) };
}

/** SQL for the index of a numeric column's bin; null for missing values, NaN included. */
export function binSql(expression: string, edges: readonly number[]): string {
  const cases = edges.map((edge, i) => `WHEN ${VALUE} < ${number(edge)} THEN ${i}`).join(' ');
  return `(SELECT CASE WHEN ${VALUE} IS NULL OR isnan(${VALUE}) THEN NULL ${cases} ELSE ${edges.length} END FROM (SELECT ${expression}::DOUBLE AS ${VALUE}))`;
}

export const expressionOf = (column: ProfiledColumn): string => column.expression ?? identifier(column.name);

interface Moments {
  readonly missing: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly m2: number | null;
}

/** The value of one of several columns. Numbered without a space, by which it is no column beside an integer's. */
const nthValue = (i: number): string => sqlName(`${RESERVED_PREFIX}${i}`);

/** Moments of all numeric columns in one scan. */
async function momentsOf(
  duck: Duck,
  relation: string,
  columns: readonly ProfiledColumn[],
): Promise<Map<string, Moments>> {
  if (columns.length === 0) return new Map();
  const inner = columns.map((c, i) => `${present(expressionOf(c))} AS ${nthValue(i)}`);
  const outer = columns.map(
    (_, i) =>
      `count(*) - count(${nthValue(i)}) AS k${i}, min(${nthValue(i)}) AS lo${i}, max(${nthValue(i)}) AS hi${i}, ${meanSql(nthValue(i))} AS mu${i}, ${squaresSql(nthValue(i))} AS m${i}`,
  );
  const [row = {}] = await duck.rows(`SELECT ${outer.join(', ')} FROM (SELECT ${inner.join(', ')} FROM ${relation} t)`);
  return new Map(
    columns.map(({ name }, i) => [
      name,
      {
        missing: Number(row[`k${i}`]),
        min: row[`lo${i}`] as number | null,
        max: row[`hi${i}`] as number | null,
        mean: row[`mu${i}`] as number | null,
        m2: row[`m${i}`] as number | null,
      },
    ]),
  );
}

/** A mean, which is within the values, even where their sum is beyond all doubles. */
const meanSql = (x: string): string =>
  `CASE WHEN max(abs(${x})) < 1e290::DOUBLE THEN avg(${x}) ELSE avg(${x} / ${2 ** 64}::DOUBLE) * ${2 ** 64}::DOUBLE END`;

/** Sum of squared distances from the mean; null where squares are beyond all doubles, which the engine's own refuses. */
const squaresSql = (x: string): string => {
  const small = `abs(${x}) < 1e150::DOUBLE`;
  return `CASE WHEN bool_and(${small}) THEN var_pop(CASE WHEN ${small} THEN ${x} END) * count(${x}) END`;
};

/** What is profiled: a relation of a database, and how many rows it has. */
interface Source {
  readonly duck: Duck;
  readonly relation: string;
  readonly rows: number;
}

async function numeric(
  { duck, relation, rows }: Source,
  column: ProfiledColumn,
  moments: Moments,
  known: ColumnProfile | undefined,
): Promise<NumericProfile> {
  const edges = known?.kind === 'numeric' ? known.edges : await edgesOf(duck, relation, column);
  const counts = Array.from({ length: edges.length + 1 }, () => 0);
  const x = present(expressionOf(column));
  const cases = edges.map((edge, i) => `WHEN ${VALUE} < ${number(edge)} THEN ${i}`).join(' ');
  const bin = edges.length === 0 ? '0' : `CASE ${cases} ELSE ${edges.length} END`;
  for (const { bin: at, n } of await duck.rows(
    `SELECT ${bin} AS bin, count(*) AS n FROM (SELECT ${x} AS ${VALUE} FROM ${relation} t) WHERE ${VALUE} IS NOT NULL GROUP BY ALL`,
  ))
    counts[Number(at)] = Number(n);
  return { kind: 'numeric', rows, edges: [...edges], counts, ...moments };
}

async function edgesOf(duck: Duck, relation: string, column: ProfiledColumn): Promise<number[]> {
  const x = present(expressionOf(column));
  const values = await duck.rows(
    `SELECT DISTINCT ${VALUE} AS x FROM (SELECT ${x} AS ${VALUE} FROM ${relation} t LIMIT ${EDGE_SAMPLE}) WHERE ${VALUE} IS NOT NULL LIMIT ${FEW_VALUES + 1}`,
  );
  const distinct = values.map(({ x: value }) => value as number).sort((a, b) => a - b);
  if (distinct.length <= FEW_VALUES) return distinctEdges(distinct.slice(1));
  const sample = `(SELECT ${VALUE} FROM (SELECT ${x} AS ${VALUE} FROM ${relation} t USING SAMPLE reservoir(${EDGE_SAMPLE} ROWS) REPEATABLE (1)) WHERE ${VALUE} IS NOT NULL)`;
  const [{ q, lowest, mode } = { q: [], lowest: 0, mode: 0 }] = await duck.rows(
    `SELECT quantile_disc(${VALUE}, [${QUANTILES.join(', ')}]) AS q, min(${VALUE}) AS lowest, mode(${VALUE}) AS mode FROM ${sample}`,
  );
  // An edge at the lowest value has nothing below it.
  const edges = distinctEdges(q as number[]).filter((edge) => edge > (lowest as number));
  if (edges.length >= MIN_EDGES) return edges;
  // One value holds most of the rows (rain: mostly none). The others get quantiles of their own.
  const [{ rest, above } = { rest: [], above: null }] = await duck.rows(
    `SELECT quantile_disc(${VALUE}, [0.25, 0.5, 0.75]) AS rest, min(${VALUE}) FILTER (WHERE ${VALUE} > ${number(mode as number)}) AS above FROM ${sample} WHERE ${VALUE} <> ${number(mode as number)}`,
  );
  return distinctEdges([
    ...edges,
    mode as number,
    ...(above === null ? [] : [above as number]),
    ...(rest as number[]),
  ]).filter((edge) => edge > (lowest as number));
}

async function categorical(
  { duck, relation, rows }: Source,
  column: ProfiledColumn,
  known: ColumnProfile | undefined,
): Promise<CategoricalProfile> {
  const groups = await duck.rows(
    `SELECT ${VALUE} AS v, count(*) AS n FROM (SELECT nullif(${expressionOf(column)}::VARCHAR, '') AS ${VALUE} FROM ${relation} t) GROUP BY ${VALUE} ORDER BY n DESC, v`,
  );
  const counted = groups.map(({ v, n }) => ({ value: v as string | null, count: Number(n) }));
  const missing = counted.find(({ value }) => value === null)?.count ?? 0;
  const present = counted.filter(({ value }) => value !== null) as { value: string; count: number }[];
  const reference = known?.kind === 'categorical' ? known : undefined;
  const categories = reference?.categories ?? present.slice(0, MAX_CATEGORIES).map(({ value }) => value);
  const byValue = new Map(present.map(({ value, count }) => [value, count]));
  const counts = categories.map((category) => byValue.get(category) ?? 0);
  const rest = rows - missing - counts.reduce((a, b) => a + b, 0);
  // Without a reference the rest is its own; with one that lists all it has, the rest is new.
  const unseen = reference !== undefined && reference.other === 0 ? rest : 0;
  return { kind: 'categorical', rows, missing, categories: [...categories], counts, other: rest - unseen, unseen };
}

/** A number, or null where it is missing; NaN is missing. */
const present = (expression: string): string =>
  `CASE WHEN isnan((${expression})::DOUBLE) THEN NULL ELSE (${expression})::DOUBLE END`;

const number = (x: number): string => `${literal(String(x))}::DOUBLE`;
