import path from 'node:path';
import type { Contract, Feature } from '../../core/contract/contract.ts';
import { type Duck, identifier, literal } from '../../platform/duckdb/connection.ts';

/**
 * The same work in plain DuckDB SQL, as somebody would write it for this one contract: typed reading with rejects, the
 * rules with all reasons, good rows to Parquet with the same codec, bad ones with their reasons to JSON lines, and the
 * aggregates of a report. Memory and threads are the same; its table is in memory, ours on disk.
 *
 * Where it does less: it knows nothing of physical lines, exact literals and raw text, and how many different values
 * there are it estimates, where ours counts up to 10,000 and then says that there are more.
 */
export async function validateByPlainSql(duck: Duck, file: string, contract: Contract, folder: string): Promise<void> {
  const { features } = contract;
  const types = features.map(({ name, type }) => `${literal(name)}: '${SQL_TYPES[type]}'`);
  const reader = `read_csv(${literal(file)}, header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', columns = {${types.join(', ')}}, store_rejects = true, rejects_limit = 0)`;
  const reasons = features.map((feature) => `CASE ${rulesOf(feature)} END`);
  await duck.run(
    `CREATE TABLE rows AS SELECT *, CASE WHEN ${features.map(isBroken).join(' OR ')} THEN list_filter([${reasons.join(', ')}], lambda reason: reason IS NOT NULL) END AS reasons FROM ${reader}`,
  );
  await duck.run(
    `COPY (SELECT * EXCLUDE reasons FROM rows WHERE reasons IS NULL) TO ${literal(path.join(folder, 'good.parquet'))} (FORMAT parquet, COMPRESSION zstd)`,
  );
  await duck.run(
    `COPY (SELECT rowid AS line, * FROM rows WHERE reasons IS NOT NULL UNION ALL BY NAME SELECT line, csv_line AS raw, [error_message] AS reasons FROM reject_errors) TO ${literal(path.join(folder, 'bad.jsonl'))} (FORMAT json)`,
  );
  await duck.rows(
    'SELECT reason, count(*) AS n FROM (SELECT unnest(reasons) AS reason FROM rows WHERE reasons IS NOT NULL) GROUP BY ALL',
  );
  await profile(duck, features);
}

const SQL_TYPES = { float: 'DOUBLE', integer: 'BIGINT', string: 'VARCHAR', boolean: 'BOOLEAN' } as const;

function conditions({ name, min, max, allowed }: Feature): [string, string][] {
  const column = identifier(name);
  return [
    [`${column} IS NULL`, 'missing'],
    ...(min === undefined ? [] : [[`${column} < ${min}`, 'min'] as [string, string]]),
    ...(max === undefined ? [] : [[`${column} > ${max}`, 'max'] as [string, string]]),
    ...(allowed === undefined
      ? []
      : [
          [`${column} NOT IN (${allowed.map((value) => literal(String(value))).join(', ')})`, 'allowed'] as [
            string,
            string,
          ],
        ]),
  ];
}

const isBroken = (feature: Feature): string =>
  conditions(feature)
    .map(([condition]) => condition)
    .join(' OR ');

const rulesOf = (feature: Feature): string =>
  conditions(feature)
    .map(([condition, rule]) => `WHEN ${condition} THEN ${literal(`${feature.name} ${rule}`)}`)
    .join(' ');

/** Numbers with more values than this have no most frequent ones worth telling. */
const MAX_DISTINCT = 10_000;

/**
 * Moments, distinct values and deciles of all numbers in one scan each; then of each number the counts between deciles
 * and over equal widths, and of each text, and each number with few values, the most frequent ones.
 */
async function profile(duck: Duck, features: readonly Feature[]): Promise<void> {
  const numbers = features
    .filter(({ type }) => type === 'float' || type === 'integer')
    .map(({ name }) => identifier(name));
  const texts = features.filter(({ type }) => type === 'string').map(({ name }) => identifier(name));
  const good = '(SELECT * FROM rows WHERE reasons IS NULL)';
  const moments = numbers.map(
    (x, i) =>
      `count(${x}), min(${x}) AS lo${i}, max(${x}) AS hi${i}, avg(${x}), stddev_samp(${x}), count(*) FILTER (${x} = 0) AS z${i}, approx_count_distinct(${x}) AS n${i}`,
  );
  const [spans = {}] = await duck.rows(`SELECT count(*), ${moments.join(', ')} FROM ${good}`);
  const deciles = numbers.map((x, i) => `quantile_disc(${x}, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]) AS q${i}`);
  const [found = {}] = await duck.rows(
    `SELECT ${deciles.join(', ')} FROM (SELECT * FROM ${good} USING SAMPLE reservoir(200000 ROWS) REPEATABLE (1))`,
  );
  for (const [i, x] of numbers.entries()) {
    const edges = [...new Set((found[`q${i}`] as (number | bigint)[]).map(Number))];
    const cases = edges.map((edge, bin) => `WHEN ${x} < ${edge} THEN ${bin}`);
    await duck.rows(
      `SELECT CASE ${cases.join(' ')} ELSE ${edges.length} END AS bin, count(*) AS n FROM ${good} GROUP BY bin`,
    );
    const [lo, hi] = [Number(spans[`lo${i}`]), Number(spans[`hi${i}`])];
    await duck.rows(
      `SELECT least(19, floor((${x} - ${lo}) / ${(hi - lo) / 20})) AS bin, count(*) AS n FROM ${good} GROUP BY bin`,
    );
  }
  const few = numbers.filter((_, i) => Number(spans[`n${i}`]) <= MAX_DISTINCT);
  for (const x of [...few, ...texts])
    await duck.rows(`SELECT ${x} AS value, count(*) AS n FROM ${good} GROUP BY ALL ORDER BY n DESC LIMIT 1000`);
}
