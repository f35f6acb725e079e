import * as z from 'zod';
import { ObjectNotFoundError } from '../../platform/errors.ts';
import type { Home } from '../../platform/ports.ts';

/** Windows that persistence looks back on. */
const WINDOWS = 5;

const Windows = z.array(z.strictObject({ to: z.string(), verdict: z.string() }));
type Windows = z.infer<typeof Windows>;

const keyOf = (model: string, version: number): string => `drift/${model}/v${version}.json`;

/** Whether drift lasts: critical in two windows in a row, a warning in three of the last five. */
export type DriftPersistence = 'none' | 'warn' | 'critical';

function persistenceOf(windows: Windows): DriftPersistence {
  const drifted = windows.map(({ verdict }) => verdict === 'drift');
  if (drifted.length >= 2 && drifted.slice(-2).every(Boolean)) return 'critical';
  return drifted.filter(Boolean).length >= 3 ? 'warn' : 'none';
}

async function readWindows({ data }: Pick<Home, 'data'>, key: string): Promise<Windows> {
  try {
    return Windows.parse(JSON.parse(new TextDecoder().decode(await data.get(key))));
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return [];
    throw error;
  }
}

/** Whether drift of a version's traffic lasts, by the windows that were looked at last. */
export async function driftPersistence(
  home: Pick<Home, 'data'>,
  model: string,
  version: number,
): Promise<DriftPersistence> {
  return persistenceOf(await readWindows(home, keyOf(model, version)));
}

/** Whether there was no drift in the two windows that were looked at last. */
export async function driftHasEnded(home: Pick<Home, 'data'>, model: string, version: number): Promise<boolean> {
  const last = (await readWindows(home, keyOf(model, version))).slice(-2);
  return last.length === 2 && last.every(({ verdict }) => verdict !== 'drift');
}

/** Stores a window's verdict beside those before. */
export async function noteDriftWindow(
  home: Pick<Home, 'data'>,
  { model, version }: { readonly model: string; readonly version: number },
  { to, verdict }: { readonly to: Date; readonly verdict: string },
): Promise<DriftPersistence> {
  const key = keyOf(model, version);
  // A window that is too small says nothing either way; one that is looked at again replaces itself.
  const windows = (await readWindows(home, key)).filter((w) => w.to !== to.toISOString());
  if (verdict !== 'insufficient_data') windows.push({ to: to.toISOString(), verdict });
  const last = windows.sort((a, b) => (a.to < b.to ? -1 : 1)).slice(-WINDOWS);
  await home.data.put(key, JSON.stringify(last));
  return persistenceOf(last);
}
