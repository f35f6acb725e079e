import type { TensorData } from '../../core/model/tensor.ts';
import { keepTensor } from '../../core/rehearsal/kept-tensor.ts';
import type { KeptTensor, Rehearsal } from '../../core/rehearsal/rehearsal.ts';
import { answerMismatch } from '../../core/rehearsal/same-answer.ts';
import type { OpenedModel } from '../../platform/onnx/examine.ts';

type Tensors = Readonly<Record<string, TensorData>>;

/** A row that a graph answered. */
export interface RunRow {
  readonly inputs: Tensors;
  readonly outputs: Tensors;
  /** What the run took; milliseconds. */
  readonly ms: number;
}

const MOST = 8;
/** Most that is kept, as JSON; bytes. */
const MOST_BYTES = 1024 * 1024;
/** What a cold start may spend on asking again; milliseconds. */
const MOST_MS = 50;

/**
 * The rows that an endpoint asks about again, with what they were answered: few enough for a cold start, at least one.
 *
 * @param personal whether rows are personal: then nothing is kept, for nobody could erase it
 */
export async function keptRows(
  model: OpenedModel,
  answered: readonly RunRow[],
  personal: boolean,
): Promise<Pick<Rehearsal, 'kept' | 'varying'> & { readonly remarks: readonly string[] }> {
  if (personal)
    return {
      kept: [],
      varying: [],
      remarks: ['no answers are kept, for its contract has personal fields: an endpoint loads it without asking again'],
    };
  const chosen = answered.slice(0, numberOf(answered));
  const varying = await varyingOutputs(model, chosen);
  const kept: Rehearsal['kept'] = [];
  let bytes = 0;
  for (const { inputs, outputs } of chosen) {
    const stable = Object.entries(outputs).filter(([name]) => !varying.includes(name));
    const row = { inputs: keep(Object.entries(inputs)), outputs: keep(stable) };
    bytes += JSON.stringify(row).length;
    if (bytes > MOST_BYTES) break;
    kept.push(row);
  }
  const large = `no answers are kept, for a row of it takes more than ${MOST_BYTES} bytes: an endpoint loads it without asking again`;
  const differing = `two runs on the same row give ${varying.join(', ')} differently: that is held against nothing`;
  return {
    kept,
    varying,
    remarks: [...(chosen.length > 0 && kept.length === 0 ? [large] : []), ...(varying.length > 0 ? [differing] : [])],
  };
}

/** The first run of a graph takes longer than any other, so the median is what goes by. */
function numberOf(answered: readonly RunRow[]): number {
  const times = answered.map(({ ms }) => ms).toSorted((a, b) => a - b);
  const usual = times[Math.floor(times.length / 2)] ?? 0;
  return Math.max(1, Math.min(MOST, Math.floor(MOST_MS / Math.max(usual, 1e-3))));
}

/** Names of outputs that another run gives differently, such as those that are drawn at random. */
async function varyingOutputs(model: OpenedModel, rows: readonly RunRow[]): Promise<string[]> {
  const found = new Set<string>();
  for (const { inputs, outputs } of rows) {
    const again = await model.run({ ...inputs });
    for (const [name, tensor] of Object.entries(outputs))
      if (again[name] === undefined || answerMismatch(tensor, again[name]) !== undefined) found.add(name);
  }
  return [...found].sort();
}

const keep = (tensors: readonly (readonly [string, TensorData])[]): Record<string, KeptTensor> =>
  Object.fromEntries(tensors.map(([name, tensor]) => [name, keepTensor(tensor)]));
