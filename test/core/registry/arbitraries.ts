import fc from 'fast-check';
import type { Command } from '../../../core/registry/commands.ts';
import { decide } from '../../../core/registry/decide.ts';
import { ReleaseRefusedError } from '../../../core/registry/errors.ts';
import { EMPTY_STATE, type Entry, type ReleaseState } from '../../../core/registry/ledger.ts';

const version = fc.integer({ min: 1, max: 6 });
const reason = fc.constant('because');
const steps = fc.constantFrom([0.05, 0.25, 0.5, 1], [0.5, 1], [0.1, 0.3, 1], [1], [0.5, 0.25, 1]);

const typed = <T extends Command['type']>(type: T) => fc.constant(type);

const optional: { requiredKeys: ['type', 'reason'] } = { requiredKeys: ['type', 'reason'] };

/** Any command at all, fitting or not. */
export const commands: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: typed('register'), version, reason }) },
  { weight: 4, arbitrary: fc.record({ type: typed('approve'), version, reason }) },
  { weight: 1, arbitrary: fc.record({ type: typed('reject'), version, reason }) },
  { weight: 4, arbitrary: fc.record({ type: typed('release'), version, reason }) },
  { weight: 4, arbitrary: fc.record({ type: typed('start-canary'), version, steps, reason }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: typed('start-test'),
      version,
      weight: fc.constantFrom(0.1, 0.2, 0.5, 1),
      hypothesis: fc.constant({
        metric: 'PredictionError',
        better: 'lower' as const,
        rate: true,
        minEffect: 0.02,
        alpha: 0.05,
        power: 0.8,
      }),
      reason,
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: typed('end-test'), version, reason }) },
  { weight: 1, arbitrary: fc.record({ type: typed('wait'), version, reason }) },
  { weight: 3, arbitrary: fc.record({ type: typed('advance'), version, reason }, optional) },
  { weight: 1, arbitrary: fc.record({ type: typed('promote'), version, reason }, optional) },
  {
    weight: 2,
    arbitrary: fc.record(
      { type: typed('abort-canary'), versions: fc.array(version, { maxLength: 2 }), quarantine: fc.boolean(), reason },
      { requiredKeys: ['type', 'quarantine', 'reason'] },
    ),
  },
  {
    weight: 3,
    arbitrary: fc.record(
      { type: typed('roll-back'), to: version, quarantine: fc.boolean(), reason },
      { requiredKeys: ['type', 'quarantine', 'reason'] },
    ),
  },
  { weight: 1, arbitrary: fc.record({ type: typed('verify-rollback'), target: version, reason }) },
  { weight: 2, arbitrary: fc.record({ type: typed('start-shadow'), version, reason }) },
  { weight: 1, arbitrary: fc.record({ type: typed('stop-shadow'), reason }) },
  { weight: 2, arbitrary: fc.record({ type: typed('quarantine'), version, reason }) },
  { weight: 2, arbitrary: fc.record({ type: typed('lift-quarantine'), version, reason }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: typed('hold'),
      because: fc.constantFrom('data', 'infrastructure', 'unclear'),
      reason,
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: typed('request-retraining'), reason }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: typed('freeze'),
      until: fc.constantFrom('2026-01-02T00:00:00.000Z', '2025-12-31T00:00:00.000Z'),
      reason,
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: typed('unfreeze'), reason }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: typed('withhold'),
      command: fc.constantFrom('advance', 'roll-back'),
      version,
      reason,
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: typed('forget-subject'), reason }) },
);

/** Tries commands one after the other, a second apart; refused ones leave no entry. */
export function play(tried: readonly Command[]): { entries: Entry[]; state: ReleaseState; refused: number } {
  let state = EMPTY_STATE;
  let refused = 0;
  const entries: Entry[] = [];
  tried.forEach((command, i) => {
    const at = new Date(Date.UTC(2026, 0, 1, 0, 0, i)).toISOString();
    try {
      const entry = decide(state, command, { model: 'm', at, actor: 'test' });
      entries.push(entry);
      state = entry.state;
    } catch (error) {
      if (!(error instanceof ReleaseRefusedError)) throw error;
      refused++;
    }
  });
  return { entries, state, refused };
}

/** Histories in which something happens: versions 1 to 4 are registered and approved first. */
export const histories: fc.Arbitrary<Command[]> = fc
  .array(commands, { minLength: 1, maxLength: 60, size: 'max' })
  .map((tail) => [
    ...[1, 2, 3, 4].flatMap((v): Command[] => [
      { type: 'register', version: v, reason: 'r' },
      { type: 'approve', version: v, reason: 'r' },
    ]),
    ...tail,
  ]);
