import type { JudgeRules } from '../../core/judge/rules.ts';
import type { Judged } from '../../core/registry/ledger.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import type { Variant } from '../../core/serving/variant.ts';
import type { Home } from '../../platform/ports.ts';
import { takeoverOf } from '../release/release-onset.ts';

const DAY_MS = 86_400_000;

/** A young version, and the one that it is held against. */
export interface Suspect {
  readonly model: string;
  readonly record: ModelVersion;
  readonly reference: ModelVersion;
  readonly variant: Exclude<Variant, 'shadow'>;
  /** When its release began. */
  readonly from: Date;
  readonly rules: JudgeRules;
}

/**
 * Versions of a model whose release is young: every challenger beside the champion, and the champion beside what was
 * before it. A version whose record is not there is no suspect.
 */
export async function suspectsOf(home: Pick<Home, 'ledger'>, model: string, now: Date): Promise<Suspect[]> {
  const state = (await home.ledger.latest(model))?.state;
  if (state === undefined || state.champion === null) return [];
  const fresh = state.judged === undefined ? [] : await freshChampion(home, model, state.judged, now);
  if (state.challengers.length === 0) return fresh;
  const reference = await home.ledger.version(model, state.champion);
  const found: Suspect[] = [];
  for (const { version, judged } of state.challengers) {
    const record = await home.ledger.version(model, version);
    const started = judged && (await entryOf(home, model, judged.entry));
    if (record === undefined || reference === undefined || started === undefined) continue;
    const from = new Date(started.at);
    found.push({ model, record, reference, variant: 'challenger', from, rules: judged!.rules });
  }
  return [...found, ...fresh];
}

async function freshChampion(
  home: Pick<Home, 'ledger'>,
  model: string,
  { entry, rules }: Judged,
  now: Date,
): Promise<Suspect[]> {
  const started = await entryOf(home, model, entry);
  const takeover = started && takeoverOf(started, await entryOf(home, model, entry - 1));
  if (takeover === undefined || now.getTime() - takeover.at.getTime() > rules.youngDays * DAY_MS) return [];
  const record = await home.ledger.version(model, takeover.champion);
  const reference = await home.ledger.version(model, takeover.predecessor);
  if (record === undefined || reference === undefined) return [];
  return [{ model, record, reference, variant: 'champion', from: takeover.at, rules }];
}

async function entryOf(home: Pick<Home, 'ledger'>, model: string, number: number) {
  for await (const entry of home.ledger.entries(model, { from: number, to: number })) return entry;
  return undefined;
}
