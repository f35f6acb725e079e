import type { Challenger } from '../../core/registry/ledger.ts';
import type { Home } from '../../platform/ports.ts';
import { keptAt } from '../../platform/snapshots.ts';
import { entriesOf } from './former-evidence.ts';
import { periodCounts } from './operation-evidence.ts';

/** How far back the first answer of a version is looked for. */
const AROUND_MS = 3_600_000;

/**
 * For how long a challenger has held its step; seconds. Where the clock of who gave it the step was ahead, since the
 * release came to be kept beside the ledger, by the clock of that store; where that was ahead, too, since its first
 * answer.
 */
export async function heldSeconds(
  home: Pick<Home, 'ledger' | 'artifacts' | 'metrics'>,
  model: string,
  challenger: Challenger,
  now: Date,
): Promise<number> {
  const since = new Date(challenger.since);
  const began = since <= now ? since : await seenBegin(home, model, challenger, now);
  // Clocks that are set by AWS's still differ by a second.
  return Math.max(0, now.getTime() - began.getTime()) / 1_000;
}

async function seenBegin(
  home: Pick<Home, 'ledger' | 'artifacts' | 'metrics'>,
  model: string,
  { version, step, judged }: Challenger,
  now: Date,
): Promise<Date> {
  const entries = await entriesOf(home, model, judged?.entry ?? 1);
  const given = entries.find(({ state }) => state.challengers.some((c) => c.version === version && c.step === step));
  const kept = given && (await keptAt(home.artifacts, model, given.number));
  if (kept !== undefined && kept <= now) return kept;
  const window = { from: new Date(now.getTime() - AROUND_MS), to: now };
  const [first] = (await periodCounts(home, { model, version }, { metric: 'Failure', bad: 'Sum' }, window)).keys();
  return first === undefined ? now : new Date(first);
}
