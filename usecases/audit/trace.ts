import { ModelName } from '../../core/model/names.ts';
import type { Home } from '../../platform/ports.ts';
import { dataOwners } from '../privacy/data-owners.ts';
import { isDropId } from '../validation/drop-id.ts';
import { findReport, UnknownDropError } from '../validation/find-reports.ts';
import { traceDrop, traceDropOf } from './trace-drop.ts';
import { tracePrediction } from './trace-prediction.ts';
import { traceEntry, traceVersion } from './trace-version.ts';
import type { DropTrace, TraceView } from './trace-view.ts';

/** Nothing is known by the id; the message says where was looked. */
export class UntracedError extends Error {
  override readonly name = 'UntracedError';
}

export interface TraceOptions {
  /** Look at this model only. */
  readonly model?: string | undefined;
  /** How many days back predictions are looked for. @default 7 */
  readonly days?: number | undefined;
  /** Open what is encrypted. */
  readonly decrypt?: boolean | undefined;
}

/**
 * Everything that can be known by an id: of a prediction (`ID`, `ID#row`), an entry of the ledger (`MODEL#12`), a model
 * version (`MODEL@3`), a dataset version (`DATASET/000001`) or a drop (20 hexadecimal digits, or 20 and 12;
 * or the key of its file: then the last verdict on what was dropped there).
 *
 * @throws UntracedError
 */
export async function trace(home: Home, id: string, options: TraceOptions = {}): Promise<TraceView> {
  const known = /^(.+)([#@])(\d{1,9})$/.exec(id);
  if (known) {
    const [, model = '', sign, number] = known;
    // A row of a prediction is written like an entry of the ledger: the model's name tells them apart.
    const isModel = ModelName.safeParse(model).success && (await home.ledger.latest(model)) !== undefined;
    const found = isModel ? await (sign === '#' ? traceEntry : traceVersion)(home, model, Number(number)) : undefined;
    if (found) return found;
  }
  const days = options.days ?? 7;
  const found = (await traceData(home, id, options.model)) ?? (await tracePrediction(home, id, { ...options, days }));
  if (!found)
    throw new UntracedError(
      `nothing is known by ${id}: no captured prediction of the last ${days} days, no entry, version or drop`,
    );
  return found;
}

/** What is known of a dataset version or a drop; undefined when the id is of neither, or nothing is known. */
async function traceData(home: Home, id: string, model: string | undefined): Promise<DropTrace | undefined> {
  const dataset = /^(?:datasets\/)?([A-Za-z0-9][\w.-]*)\/(?:dataset_version=)?(\d{1,6})$/.exec(id);
  if (dataset) return traceDropOf(home, dataset[1]!, Number(dataset[2]));
  if (id.startsWith('incoming/')) return traceKey(home, id);
  if (!isDropId(id)) return undefined;
  const owners = await dataOwners(home, model);
  return traceDrop(
    home,
    owners.map(({ name }) => name),
    id,
  );
}

/** The last drop under a key; undefined where nothing was judged there. */
async function traceKey(home: Home, key: string): Promise<DropTrace | undefined> {
  try {
    const { dataset, drop } = await findReport(home, key);
    return await traceDrop(home, [dataset], drop);
  } catch (error) {
    if (error instanceof UnknownDropError) return undefined;
    throw error;
  }
}
