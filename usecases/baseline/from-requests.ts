import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { type Checked, type CompiledContract, compileCheck } from '../../core/contract/check.ts';
import type { Feature, FeatureType } from '../../core/contract/contract.ts';
import { columnNamed } from '../../core/contract/data-columns.ts';
import { InputError } from '../../core/contract/input-error.ts';
import { ownValue } from '../../core/model/own-value.ts';
import type { Baseline } from '../../core/profile/profile.ts';
import { exactText } from '../../core/protocols/formats/exact-text.ts';
import { compileScores } from '../../core/serving/decision-scores.ts';
import { digestOfFile } from '../../platform/digest.ts';
import type { ProfiledColumn } from '../../platform/duckdb/column-batch.ts';
import { type Duck, identifier, literal, withDuck } from '../../platform/duckdb/connection.ts';
import { profileRelation } from '../../platform/duckdb/profile.ts';
import { JsonLinesError, readJsonLines } from '../../platform/json-lines.ts';
import type { BaselineOptions } from './baseline-options.ts';
import { PerformanceTally, scoreColumn } from './reference-performance.ts';
import { chunksOf } from './reference-windows.ts';
import { compileRequestReader } from './request-reader.ts';
import { type FailedRow, HOPELESS, ReferenceRunError, runRows } from './run-rows.ts';
import { unboundedContract } from './unbounded-contract.ts';

/**
 * Makes a baseline of reference requests: JSON lines, each an instance as TensorFlow Serving's row format has it, with
 * the columns of `contract.data` beside its inputs. What is profiled is what a capture of that request would hold.
 *
 * @throws JsonLinesError when a line is no instance that the model takes
 */
export async function baselineOfRequests(options: BaselineOptions): Promise<Baseline> {
  const { manifest, dataFile } = options;
  const { contract, decision } = manifest;
  return withDuck({ memoryMb: 1024 }, async (duck) => {
    const check = compileCheck(unboundedContract(contract, options.signature), options.signature);
    const profiled = [...check.features, ...check.summaries].filter(isProfiled);
    const tally = decision && new PerformanceTally(decision, manifest.outputs);
    await fill(duck, options, check, tally);
    const columns = profiled.map(
      ({ name, type }): ProfiledColumn => ({
        name,
        kind: type === 'string' || type === 'boolean' ? 'categorical' : 'numeric',
      }),
    );
    if (decision) columns.push(scoreColumn(decision));
    const profile = await profileRelation(duck, 'rows', columns);
    const performance = tally?.result();
    return {
      format: 1,
      createdAt: options.now.toISOString(),
      source: await digestOfFile(dataFile),
      profile,
      chunks: await chunksOf(duck, { relation: 'rows', columns, profile }, contract),
      ...(performance ? { performance } : {}),
    };
  });
}

/** No two requests have the same digest, and what is personal is counted nowhere. */
const isProfiled = ({ name, personal, drift }: Feature): boolean =>
  personal === 'no' && drift !== false && !name.endsWith('.digest');

/** Runs the requests one by one; what would be captured of each goes into the table `rows`. */
async function fill(
  duck: Duck,
  { dataFile, open, manifest, signature }: BaselineOptions,
  check: CompiledContract,
  tally: PerformanceTally | undefined,
): Promise<void> {
  const { contract, decision } = manifest;
  const read = await compileRequestReader(manifest, signature, check);
  const model = await open();
  const scores = decision && compileScores(decision, manifest.outputs);
  const target = path.join(duck.scratch, 'requests.jsonl');
  const out = createWriteStream(target);
  const time = columnNamed(contract.data, 'time');
  const label = columnNamed(contract.data, 'label');
  let row = 0;
  let answered = false;
  let lastFailed: FailedRow | undefined;
  const failsOnAll = (requests: number, { message }: FailedRow): ReferenceRunError =>
    new ReferenceRunError(
      `the graph fails on each of the first ${requests} requests of ${path.basename(dataFile)}: ${message}`,
    );
  try {
    for await (const line of readJsonLines(dataFile)) {
      let checked: Checked;
      try {
        checked = check.run(read(line), true);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        throw new JsonLinesError(`${dataFile}, request ${row + 1}: ${error.message}`, { cause: error });
      }
      const kept: Record<string, unknown> = { '@row': row++ };
      for (const [i, { name }] of check.features.entries()) kept[name] = plain(checked.values[i]![0]!);
      for (const [i, { name }] of check.summaries.entries()) kept[name] = plain(checked.summaries[i]![0]!);
      if (time !== undefined) kept[time] = ownValue(line, time);
      if (decision) {
        const place = { file: path.basename(dataFile), number: () => row, what: 'request' } as const;
        const { parts, failed } = await runRows(1, () => model.run(checked.tensors, [decision.output]), place);
        const [answer] = parts;
        answered ||= answer !== undefined;
        if (!answered && row >= HOPELESS) throw failsOnAll(row, failed[0]!);
        lastFailed = failed[0] ?? lastFailed;
        const score = (answer && scores!(answer.answers[decision.output]!, 1)[0]) ?? Number.NaN;
        kept['@score'] = plain(score);
        if (label !== undefined) tally?.add(score, ownValue(line, label));
      }
      if (!out.write(`${exactText(kept)}\n`)) await once(out, 'drain');
    }
  } finally {
    out.end();
    await finished(out);
  }
  if (row === 0) throw new JsonLinesError(`${dataFile} has no requests`);
  if (!answered && lastFailed !== undefined) throw failsOnAll(row, lastFailed);
  const types = [
    ['@row', 'BIGINT'],
    ...[...check.features, ...check.summaries].map((feature) => [feature.name, COLUMN_TYPES[feature.type]]),
    ...(time === undefined ? [] : [[time, 'VARCHAR']]),
    ['@score', 'DOUBLE'],
  ];
  const columns = types.map(([name, type]) => `${literal(name!)}: '${type}'`).join(', ');
  await duck.run(
    `CREATE TEMP TABLE rows AS SELECT ${types.map(([name]) => identifier(name!)).join(', ')} FROM read_json(${literal(target)}, format = 'newline_delimited', columns = {${columns}})`,
  );
}

/** As JSON has it: what is no number is missing. */
function plain(value: number | bigint | string): number | string | null {
  if (typeof value === 'string') return value;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

/** What values of each type are in the table of requests, as a capture has them. */
const COLUMN_TYPES: Readonly<Record<FeatureType, string>> = {
  float: 'DOUBLE',
  integer: 'DOUBLE',
  boolean: 'BOOLEAN',
  string: 'VARCHAR',
};
