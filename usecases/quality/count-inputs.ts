import { ownValue } from '../../core/model/own-value.ts';
import { hourOf } from '../../core/quality/hour-tallies.ts';
import {
  addCaptures,
  DeliveredInputs,
  type InputsError,
  inputsKey,
  mergeInputs,
  noInputs,
  type VersionInputs,
} from '../../core/quality/inputs.ts';
import { capturesDelivered, firstDelivery, readCaptureObject } from '../../platform/captures.ts';
import { ObjectNotFoundError, PlatformError } from '../../platform/errors.ts';
import type { Home } from '../../platform/ports.ts';
import { parseStored } from './stored-object.ts';

const HOUR_MS = 3_600_000;
/** How long after its end an hour's captures may still be delivered. */
const DELIVERY_MS = HOUR_MS;
/** Hours that are looked back on when nothing was counted for long: a week, as far as people look by default. */
const MAX_LOOKBACK_HOURS = 7 * 24;
/** How many of those are counted at one go. */
const MAX_HOURS = 4;
const MAX_ATTEMPTS = 20;
/** Faults that an error tells. */
const MAX_MESSAGES = 20;

/**
 * Counts missing values and violations of captured requests, by feature and by hour of the prediction. Each capture
 * object is read once; what is new is added to what is counted, in one write with the names of the objects.
 *
 * @throws AggregateError behind everything else that is counted, with an {@link InputsError} for each capture that cannot be
 */
export async function countInputs(home: Pick<Home, 'captures' | 'data'>, now: Date): Promise<void> {
  const faults: InputsError[] = [];
  let newest = startOfHour(now);
  while (!isOver(newest, now)) {
    faults.push(...(await countHour(home, newest, now)));
    newest = before(newest);
  }
  // The oldest first: then whatever is before an hour that is complete was counted, however long nobody came by.
  for (const hour of (await openHours(home, newest)).slice(0, MAX_HOURS))
    faults.push(...(await countHour(home, hour, now)));
  const messages = [...new Set(faults.map(({ message }) => message))];
  if (messages.length > 0) throw new AggregateError(faults, messages.slice(0, MAX_MESSAGES).join('; '));
}

const startOfHour = (at: Date): Date => new Date(Math.floor(at.getTime() / HOUR_MS) * HOUR_MS);

const before = (hour: Date): Date => new Date(hour.getTime() - HOUR_MS);

/** Whether no more captures are delivered in an hour. */
const isOver = (hour: Date, now: Date): boolean => now.getTime() > hour.getTime() + HOUR_MS + DELIVERY_MS;

/** Hours that are over and not complete, the oldest first; the newest of them is there even where nothing was captured. */
async function openHours(home: Pick<Home, 'captures' | 'data'>, newest: Date): Promise<Date[]> {
  const isComplete = async (hour: Date): Promise<boolean> =>
    (await readInputsObject(home, inputsKey(hourOf(hour.toISOString()))))?.complete ?? false;
  if (await isComplete(newest)) return [];
  const oldest = await firstDelivery(home, new Date(newest.getTime() - MAX_LOOKBACK_HOURS * HOUR_MS));
  const open = [newest];
  for (let hour = before(newest); oldest !== undefined && hour >= oldest; hour = before(hour)) {
    if (await isComplete(hour)) break;
    open.unshift(hour);
  }
  return open;
}

/** @returns why captures were left out */
async function countHour(home: Pick<Home, 'captures' | 'data'>, hour: Date, now: Date): Promise<InputsError[]> {
  const key = inputsKey(hourOf(hour.toISOString()));
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const stored = await home.data.head(key);
    const known = stored && (await readInputsObject(home, key));
    if (known?.complete) return [];
    const { inputs, changed, faults } = await withNew(home, hour, known ?? noInputs());
    inputs.complete = isOver(hour, now);
    if (!changed && !inputs.complete) return [];
    const condition = stored === undefined ? { ifAbsent: true } : { ifMatch: stored.etag };
    if (await home.data.put(key, JSON.stringify(inputs), { ...condition, contentType: 'application/json' }))
      return faults;
  }
  throw new PlatformError(`${key} keeps changing while it is made`);
}

/** Adds the objects that are not counted yet; counts all anew when one that was is not what it was. */
async function withNew(
  home: Pick<Home, 'captures'>,
  hour: Date,
  known: DeliveredInputs,
): Promise<{ inputs: DeliveredInputs; changed: boolean; faults: InputsError[] }> {
  const objects = new Map<string, string>();
  for await (const { key, etag } of capturesDelivered(home, hour)) objects.set(key, etag);
  const isSame = Object.entries(known.objects).every(([key, etag]) => objects.get(key) === etag);
  const inputs = isSame ? known : noInputs();
  const faults: InputsError[] = [];
  let changed = !isSame;
  for (const [key, etag] of objects) {
    if (inputs.objects[key] !== undefined) continue;
    faults.push(...addCaptures(inputs, await readCaptureObject(home, key)));
    inputs.objects[key] = etag;
    changed = true;
  }
  return { inputs, changed, faults };
}

async function readInputsObject({ data }: Pick<Home, 'data'>, key: string): Promise<DeliveredInputs | undefined> {
  try {
    return parseStored(DeliveredInputs, key, await data.get(key));
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
}

/** What a version was sent in one hour. */
export interface HourInputs extends VersionInputs {
  /** Of the predictions. */
  readonly hour: string;
}

/** What a version was sent, hour by hour, as far as it was captured and counted. */
export async function readInputHours(
  home: Pick<Home, 'data'>,
  { model, version, from, to }: { model: string; version: number; from: Date; to: Date },
): Promise<HourInputs[]> {
  const hours = new Map<string, VersionInputs>();
  const [first, last] = [hourOf(from.toISOString()), to.toISOString()];
  // Captures lie under the hour of their delivery.
  for (let at = from.getTime(); at < to.getTime() + DELIVERY_MS; at += HOUR_MS) {
    const delivered = await readInputsObject(home, inputsKey(hourOf(new Date(at).toISOString())));
    for (const [hour, versions] of Object.entries(ownValue(delivered?.models ?? {}, model) ?? {})) {
      const own = versions[version];
      if (own === undefined || hour < first || `${hour}:00:00.000Z` >= last) continue;
      const known = hours.get(hour);
      hours.set(hour, known === undefined ? own : mergeInputs(known, own));
    }
  }
  return [...hours].sort(([a], [b]) => (a < b ? -1 : 1)).map(([hour, inputs]) => ({ hour, ...inputs }));
}
