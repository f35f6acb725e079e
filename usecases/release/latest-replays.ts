import type { ReleaseState } from '../../core/registry/ledger.ts';
import { ReplayTally, replaysPrefix } from '../../core/replay/replay-tally.ts';
import { loadedRoutes } from '../../core/serving/route.ts';
import type { Home } from '../../platform/ports.ts';

/** So many days before now are looked through; older replays are of another time. */
const DAYS = 2;
const DAY_MS = 86_400_000;

/** The newest replay of every version that has traffic, as far as there is one of the last days. */
export async function latestReplays(
  { data, clock }: Pick<Home, 'data' | 'clock'>,
  model: string,
  state: ReleaseState,
): Promise<ReplayTally[]> {
  const prefix = replaysPrefix(model);
  const after = `${prefix}${new Date(clock.now().getTime() - DAYS * DAY_MS).toISOString().slice(0, 13)}`;
  const newest = new Map<string, string>();
  // In the order of time.
  for await (const { key } of data.list(prefix, { after })) newest.set(key.split('/').at(-2)!, key);
  const keys = loadedRoutes(state).flatMap(({ version }) => newest.get(String(version)) ?? []);
  const decoder = new TextDecoder();
  return Promise.all(keys.map(async (key) => ReplayTally.parse(JSON.parse(decoder.decode(await data.get(key))))));
}
