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
import type { ExaminedModel, OpenedModel } from '../../platform/onnx/examine.ts';
import { ModelLostError } from '../../platform/onnx/worker/isolated-model.ts';
import { ROW } from '../validation/create-cells.ts';
import type { ReferenceTable } from './reference-table.ts';
import { compileRequestReader } from './request-reader.ts';
import { inputsOfColumns } from './table-inputs.ts';
import { unboundedContract } from './unbounded-contract.ts';

/** A model fails on rows of its own reference. */
export class SampleRunError extends Error {
  override readonly name = 'SampleRunError';
}

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

/**
 * What a model answers about some rows of its reference, for whoever infers what its outputs mean.
 *
 * @throws SampleRunError when it cannot be run on them
 */
export async function sampleReference(options: SampleOptions): Promise<ReferenceSample> {
  const { manifest, signature, open, label } = options;
  const check = compileCheck(unboundedContract(manifest.contract, signature), signature);
  const batches = options.table === undefined ? requestsOf(options, check) : rowsOf(options.table, options, check);
  const answers: Record<string, TensorData>[] = [];
  const truths: (string | null)[] = [];
  const model = await open();
  for await (const batch of batches) {
    answers.push(await answerOf(model, check, batch.inputs));
    truths.push(...batch.truths);
  }
  const outputs = new Map(signature.outputs.map(({ name }) => [name, joined(answers.map((each) => each[name]!))]));
  return { rows: truths.length, outputs, truths: label === undefined ? undefined : truths };
}

async function answerOf(
  model: OpenedModel,
  check: CompiledContract,
  inputs: SampleBatch['inputs'],
): Promise<Record<string, TensorData>> {
  try {
    return await model.run(check.run(inputs, false).tensors);
  } catch (cause) {
    // Nor would it survive the rows of the baseline.
    if (cause instanceof ModelLostError)
      throw new ModelLostError(`the graph does not survive rows of its reference: ${cause.message}`, { cause });
    const [message] = (cause as Error).message.split('\n');
    throw new SampleRunError(`the model cannot be run on rows of its reference: ${message}`, { cause });
  }
}

interface SampleBatch {
  readonly inputs: ReadonlyMap<string, RawTensor>;
  /** One a row. */
  readonly truths: readonly (string | null)[];
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
  const select = [truth, ...check.features.map(({ name }) => identifier(name))].join(', ');
  const truths: unknown[] = [];
  const columns: unknown[][] = check.features.map(() => []);
  for await (const [some, ...cells] of duck.columns(
    `SELECT ${select} FROM rows WHERE ${ROW} % ${every} = ${every - 1} ORDER BY ${ROW}`,
  )) {
    for (const value of some!) truths.push(value);
    for (const [i, values] of cells.entries()) for (const value of values) columns[i]!.push(value);
  }
  const size = takesOneRow(signature) ? 1 : SAMPLED_ROWS;
  for (let from = 0; from < truths.length; from += size) {
    const batch = truths.slice(from, from + size).map(textOf);
    const cells = columns.map((values) => values.slice(from, from + size));
    yield { inputs: inputsOfColumns(check, cells, batch.length), truths: batch };
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
    yield { inputs: read(line), truths: [textOf(label === undefined ? null : line[label])] };
  }
}

/** The answers of several runs as one; numbers as doubles. */
function joined(parts: readonly TensorData[]): TensorData {
  const shape = parts[0]?.shape ?? [];
  if (parts.some(({ type }) => type === 'string'))
    return { type: 'string', shape, data: parts.flatMap(({ data }) => data as string[]) };
  const numbers = parts.flatMap(({ type, data }) =>
    Array.from(data as ArrayLike<number | bigint>, (value) =>
      type === 'float16' ? halfValue(Number(value)) : Number(value),
    ),
  );
  return { type: 'float64', shape, data: Float64Array.from(numbers) };
}
