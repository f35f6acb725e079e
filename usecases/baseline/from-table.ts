import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { type CompiledContract, compileCheck } from '../../core/contract/check.ts';
import { columnNamed } from '../../core/contract/data-columns.ts';
import type { FeatureValues, RawTensor } from '../../core/contract/raw-tensor.ts';
import { calibrateOutliers } from '../../core/guards/calibrate-outliers.ts';
import type { Decision } from '../../core/manifest/decision.ts';
import type { TensorData } from '../../core/model/tensor.ts';
import type { OutlierCalibration } from '../../core/profile/outlier-calibration.ts';
import type { Baseline, Profile, ReferencePerformance } from '../../core/profile/profile.ts';
import { takesOneRow } from '../../core/schema-inference/row-inputs.ts';
import { compileScores } from '../../core/serving/decision-scores.ts';
import { digestOfFile } from '../../platform/digest.ts';
import { type Duck, identifier, literal } from '../../platform/duckdb/connection.ts';
import { profileRelation } from '../../platform/duckdb/profile.ts';
import type { OpenedModel } from '../../platform/onnx/examine.ts';
import { ROW } from '../validation/create-cells.ts';
import { profiledColumns } from '../validation/profiled-columns.ts';
import { backgroundIn } from './background-rows.ts';
import type { BaselineOptions } from './baseline-options.ts';
import { PerformanceTally, scoreColumn } from './reference-performance.ts';
import type { ReferenceTable } from './reference-table.ts';
import { chunksOf, timeSql } from './reference-windows.ts';
import { HOPELESS, ReferenceRunError, runRows } from './run-rows.ts';
import { inputsOfColumns } from './table-inputs.ts';
import { unboundedContract } from './unbounded-contract.ts';

/** Rows that outliers are calibrated on, spread evenly; more would only make it slower. */
const OUTLIER_SAMPLE = 25_000;

/**
 * Makes a baseline of a table of reference data: the profile of its features and of the decision's output (the model is
 * run over all rows), counts by window in time order, and how good the decisions were where the data has labels.
 */
export async function baselineOfTable({ duck, present }: ReferenceTable, options: BaselineOptions): Promise<Baseline> {
  const { manifest, dataFile } = options;
  const columns = profiledColumns(manifest.contract, present);
  let performance: ReferencePerformance | undefined;
  let relation = 'rows';
  if (manifest.decision) {
    const scored = await score(duck, options, manifest.decision, present);
    performance = scored.performance;
    relation = `(SELECT rows.*, rows.${ROW} AS "@row", s.score AS "@score" FROM rows POSITIONAL JOIN scores s)`;
    columns.push(scoreColumn(manifest.decision));
  } else relation = `(SELECT rows.*, rows.${ROW} AS "@row" FROM rows)`;
  const profile = await profileRelation(duck, relation, columns);
  const outliers = await outliersOf(duck, options, profile);
  return {
    format: 1,
    createdAt: options.now.toISOString(),
    source: await digestOfFile(dataFile),
    profile,
    chunks: await chunksOf(duck, { relation, columns, profile }, manifest.contract),
    ...(performance ? { performance } : {}),
    ...(outliers ? { outliers } : {}),
    ...(await backgroundIn(duck, manifest, present)),
  };
}

/** How unusual the rows are, by their values as a check of requests has them; undefined without a column to go by. */
async function outliersOf(
  duck: Duck,
  { manifest, signature }: BaselineOptions,
  profile: Profile,
): Promise<OutlierCalibration | undefined> {
  const check = compileCheck(unboundedContract(manifest.contract, signature), signature);
  const features = check.features.filter(({ name }) => Object.hasOwn(profile.columns, name));
  // A table has no row for an input that carries no features.
  const tabular = check.inputs.every(({ name }) => check.features.some((f) => (f.input ?? f.name) === name));
  if (!tabular || features.length === 0 || profile.rows === 0) return undefined;
  const every = Math.ceil(profile.rows / OUTLIER_SAMPLE);
  const columns = check.features.map((): FeatureValues[] => []);
  const time =
    columnNamed(manifest.contract.data, 'time') === undefined
      ? ''
      : `${timeSql('rows', manifest.contract)} NULLS LAST, `;
  for await (const cells of duck.columns(
    `SELECT ${featuresSql(check)} FROM rows WHERE ${ROW} % ${every} = 0 ORDER BY ${time}${ROW}`,
  )) {
    const { values } = check.run(inputsOfColumns(check, cells, cells[0]!.length), true);
    for (const [i, part] of values.entries()) columns[i]!.push(part);
  }
  const known = check.features.flatMap(({ name }, i) =>
    Object.hasOwn(profile.columns, name) ? [joined(columns[i]!)] : [],
  );
  return calibrateOutliers(features, known, profile);
}

const featuresSql = ({ features }: CompiledContract): string => features.map(({ name }) => identifier(name)).join(', ');

function joined(parts: readonly FeatureValues[]): Float64Array | string[] {
  if (parts.some((part) => typeof part[0] === 'string')) return parts.flatMap((part) => part as string[]);
  const whole = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts as readonly Exclude<FeatureValues, string[]>[]) {
    if (part instanceof Float64Array) whole.set(part, at);
    else for (const [i, value] of part.entries()) whole[at + i] = Number(value);
    at += part.length;
  }
  return whole;
}

/** Runs the model over the rows; the decision's column goes into the table `scores` (id, score), in the order of `rows`. */
async function score(
  duck: Duck,
  { manifest, open, dataFile, signature }: BaselineOptions,
  decision: Decision,
  present: readonly string[],
): Promise<{ performance: ReferencePerformance | undefined }> {
  const check = compileCheck(unboundedContract(manifest.contract, signature), signature);
  const model = await open();
  const target = path.join(duck.scratch, 'scores.csv');
  const out = createWriteStream(target);
  const label = columnNamed(manifest.contract.data, 'label');
  const labelled = label !== undefined && present.includes(label);
  const select = [ROW, labelled ? identifier(label) : 'NULL', featuresSql(check)].join(', ');
  const tally = new PerformanceTally(decision, manifest.outputs);
  const read = compileScores(decision, manifest.outputs);
  let answered = false;
  try {
    for await (const chunk of duck.columns(`SELECT ${select} FROM rows`)) {
      for (const [rows, labels, ...cells] of takesOneRow(signature) ? singleRows(chunk) : [chunk]) {
        const place = { file: path.basename(dataFile), number: (row: number) => Number(rows![row]) + 1 };
        const part = (from: number, to: number) => {
          const own = from === 0 && to === rows!.length ? cells : cells.map((column) => column.slice(from, to));
          return run(model, check, inputsOfColumns(check, own, to - from), decision.output);
        };
        const { parts, failed } = await runRows(rows!.length, part, place);
        const scores = new Array<number>(rows!.length).fill(Number.NaN);
        for (const { from, to, answers } of parts)
          for (const [i, value] of read(answers[decision.output]!, to - from).entries()) scores[from + i] = value;
        answered ||= parts.length > 0;
        const [first] = failed;
        if (!answered && first !== undefined && failed.length >= Math.min(rows!.length, HOPELESS))
          throw new ReferenceRunError(
            `the graph fails on the first ${failed.length} rows of ${path.basename(dataFile)}: ${first.message}. Are they the columns that it was trained on, in their order, of the same types and encoded alike?`,
          );
        for (const [i, row] of rows!.entries()) {
          const value = scores[i] ?? Number.NaN;
          if (!out.write(`${row},${Number.isFinite(value) ? value : ''}\n`)) await once(out, 'drain');
          tally.add(value, labels![i]);
        }
      }
    }
  } finally {
    out.end();
    await finished(out);
  }
  await duck.run(
    `CREATE TEMP TABLE scores AS SELECT * FROM read_csv(${literal(target)}, header = false, auto_detect = false, delim = ',', nullstr = '', columns = {'id': 'BIGINT', 'score': 'DOUBLE'})`,
  );
  const [{ n } = { n: 0n }] = await duck.rows(
    `SELECT count(*) AS n FROM rows POSITIONAL JOIN scores s WHERE s.id IS DISTINCT FROM rows.${ROW}`,
  );
  if (Number(n) > 0) throw new RangeError(`${n} scores of the reference do not stand beside their rows`);
  return { performance: tally.result() };
}

/** A part of some columns, row by row. */
function* singleRows(columns: readonly unknown[][]): Iterable<unknown[][]> {
  for (let row = 0; row < columns[0]!.length; row++) yield columns.map((cells) => cells.slice(row, row + 1));
}

async function run(
  model: OpenedModel,
  check: CompiledContract,
  inputs: ReadonlyMap<string, RawTensor>,
  output: string,
): Promise<Record<string, TensorData>> {
  const { tensors, rejected, violations } = check.run(inputs, false);
  if (rejected > 0)
    throw new RangeError(
      `the reference has ${rejected} values that the model cannot take, such as ${violations[0]?.feature}: ${violations[0]?.allowed} is expected`,
    );
  return model.run(tensors, [output]);
}
