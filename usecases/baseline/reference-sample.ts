import path from 'node:path';
import { type CompiledContract, compileCheck } from '../../core/contract/check.ts';
import type { RawTensor } from '../../core/contract/raw-tensor.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import { halfValue } from '../../core/model/half.ts';
import type { Signature } from '../../core/model/signature.ts';
import type { TensorData } from '../../core/model/tensor.ts';
import type { ReferenceSample } from '../../core/schema-inference/decision-facts.ts';
import { takesOneRow } from '../../core/schema-inference/row-inputs.ts';
import { identifier } from '../../platform/duckdb/connection.ts';
import { readJsonLines } from '../../platform/json-lines.ts';
import type { ExaminedModel } from '../../platform/onnx/examine.ts';
import { ROW } from '../validation/create-cells.ts';
import type { ReferenceTable } from './reference-table.ts';
import { compileRequestReader } from './request-reader.ts';
import { ReferenceRunError, runRows } from './run-rows.ts';
import { inputsOfColumns } from './table-inputs.ts';
import { unboundedContract } from './unbounded-contract.ts';

/** Rows of a table that are asked about, spread evenly. */
const SAMPLED_ROWS = 512;
/** Requests that are asked about, the first ones: each may be a picture. */
const SAMPLED_REQUESTS = 32;

export interface SampleOptions {
  readonly dataFile: string;
  /** The same, open; undefined of requests. */
  readonly table: ReferenceTable | undefined;
  /** Opens the model. */
  readonly open: ExaminedModel['open'];
  readonly signature: Signature;
  readonly manifest: Pick<Manifest, 'name' | 'contract' | 'preprocess'>;
  /** Column of ground truth. */
  readonly label?: string | undefined;
}

/** What a model answers, and on how many rows it fails. */
export interface SampledReference {
  /** Of the rows that it does not fail on. */
  readonly sample: ReferenceSample;
  /** In words; undefined where it fails on none. */
  readonly failing?: string;
}

/**
 * What a model answers about some rows of its reference, for whoever infers what its outputs mean.
 *
 * @throws ReferenceRunError when it fails on all of them
 * @throws ModelLostError when it does not survive one of them
 */
export async function sampleReference(options: SampleOptions): Promise<SampledReference> {
  const { manifest, signature, open, label, dataFile } = options;
  const check = compileCheck(unboundedContract(manifest.contract, signature), signature);
  const batches = options.table === undefined ? requestsOf(options, check) : rowsOf(options.table, options, check);
  const tensors = options.table === undefined;
  const answers: Record<string, TensorData>[] = [];
  const truths: (string | null)[] = [];
  const failed: FailedSample[] = [];
  let asked = 0;
  const model = await open();
  for await (const batch of batches) {
    asked += batch.truths.length;
    const { parts, failed: rows } = await runRows(
      batch.truths.length,
      (from, to) => model.run(check.run(batch.inputs(from, to), false).tensors),
      { file: path.basename(dataFile), number: (row) => batch.numbers[row]!, what: tensors ? 'request' : 'row' },
    );
    for (const part of parts) {
      answers.push(part.answers);
      truths.push(...batch.truths.slice(part.from, part.to));
    }
    failed.push(...rows.map(({ row, message }) => ({ number: batch.numbers[row]!, message })));
    if (answers.length === 0 && failed.length > 0 && asked >= SAMPLED_ROWS) break;
  }
  const [first] = failed;
  if (answers.length === 0 && first !== undefined)
    throw new ReferenceRunError(
      `the graph fails on every one of ${failed.length} ${tensors ? 'requests' : 'rows'} of ${path.basename(dataFile)} that it was asked about, first on number ${first.number}: ${first.message}. ` +
        'Are they the columns that it was trained on, in their order (--features), of the same types and encoded alike? ' +
        'Else export it again, and run it on such a row with onnxruntime',
    );
  const outputs = new Map(signature.outputs.map(({ name }) => [name, joined(answers.map((each) => each[name]!))]));
  return {
    sample: { rows: truths.length, outputs, truths: label === undefined ? undefined : truths },
    ...(first === undefined
      ? {}
      : {
          failing: `it fails on ${failed.length} of ${asked} ${tensors ? 'requests' : 'rows'} of the reference, first on number ${first.number}: ${first.message}; nothing else is said of those`,
        }),
  };
}

interface FailedSample {
  /** Of the row or request in the file, from 1. */
  readonly number: number;
  readonly message: string;
}

interface SampleBatch {
  /** Of its rows from one on, up to another that is not among them. */
  readonly inputs: (from: number, to: number) => ReadonlyMap<string, RawTensor>;
  /** One a row. */
  readonly truths: readonly (string | null)[];
  /** Of its rows, or of the request, in the file, from 1. */
  readonly numbers: readonly number[];
}

const textOf = (value: unknown): string | null => (value === null || value === undefined ? null : String(value));

/** Rows of a table, in one batch where the graph takes one. */
async function* rowsOf(
  { duck, present, rows: total }: ReferenceTable,
  { signature, label }: SampleOptions,
  check: CompiledContract,
): AsyncGenerator<SampleBatch> {
  const every = Math.max(1, Math.ceil(total / SAMPLED_ROWS));
  const truth = label !== undefined && present.includes(label) ? identifier(label) : 'NULL';
  const select = [ROW, truth, ...check.features.map(({ name }) => identifier(name))].join(', ');
  const numbers: number[] = [];
  const truths: unknown[] = [];
  const columns: unknown[][] = check.features.map(() => []);
  for await (const [rows, some, ...cells] of duck.columns(
    `SELECT ${select} FROM rows WHERE ${ROW} % ${every} = ${every - 1} ORDER BY ${ROW}`,
  )) {
    for (const row of rows!) numbers.push(Number(row) + 1);
    for (const value of some!) truths.push(value);
    for (const [i, values] of cells.entries()) for (const value of values) columns[i]!.push(value);
  }
  const size = takesOneRow(signature) ? 1 : SAMPLED_ROWS;
  for (let first = 0; first < truths.length; first += size) {
    const batch = truths.slice(first, first + size).map(textOf);
    yield {
      inputs: (from, to) =>
        inputsOfColumns(
          check,
          columns.map((values) => values.slice(first + from, first + to)),
          to - from,
        ),
      truths: batch,
      numbers: numbers.slice(first, first + size),
    };
  }
}

async function* requestsOf(
  { dataFile, manifest, signature, label }: SampleOptions,
  check: CompiledContract,
): AsyncGenerator<SampleBatch> {
  const read = await compileRequestReader(manifest, signature, check);
  let requests = 0;
  for await (const line of readJsonLines(dataFile)) {
    if (requests++ >= SAMPLED_REQUESTS) return;
    const inputs = read(line);
    yield {
      inputs: () => inputs,
      truths: [textOf(label === undefined ? null : line[label])],
      numbers: [requests],
    };
  }
}

/** The answers of several runs as one; numbers as doubles, but for integers of 64 bits, which may be names of classes. */
function joined(parts: readonly TensorData[]): TensorData {
  const shape = parts[0]?.shape ?? [];
  if (parts.some(({ type }) => type === 'string'))
    return { type: 'string', shape, data: parts.flatMap(({ data }) => data as string[]) };
  if (parts.length > 0 && parts.every(({ type }) => type === 'int64'))
    return {
      type: 'int64',
      shape,
      data: BigInt64Array.from(parts.flatMap(({ data }) => [...(data as BigInt64Array)])),
    };
  if (parts.length > 0 && parts.every(({ type }) => type === 'uint64'))
    return {
      type: 'uint64',
      shape,
      data: BigUint64Array.from(parts.flatMap(({ data }) => [...(data as BigUint64Array)])),
    };
  const numbers = parts.flatMap(({ type, data }) =>
    Array.from(data as ArrayLike<number | bigint>, (value) =>
      type === 'float16' ? halfValue(Number(value)) : Number(value),
    ),
  );
  return { type: 'float64', shape, data: Float64Array.from(numbers) };
}
