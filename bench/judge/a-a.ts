import { playMany, RULES, type SimulatedRate } from '../../test/core/judge/rollout.ts';
import type { BenchRow } from '../bench.ts';
import { time } from './must.ts';

const FAILURES: SimulatedRate = { kind: 'failure', champion: 0, canary: 0 };
const SLOW: SimulatedRate = { kind: 'slow', champion: 0.01, canary: 0.01 };
const HOURS = 24;

/** A model whose canary equals its champion. */
interface EqualCanary {
  readonly name: string;
  readonly rates: readonly SimulatedRate[];
  /** When half of the rollouts have to be over, at 20 requests a second. */
  readonly within?: number;
}

const wrong = (rate: number, of = 1, segment?: string): SimulatedRate => ({
  kind: 'truth',
  champion: rate,
  canary: rate,
  of,
  ...(segment === undefined ? {} : { segment }),
});

/** Five classes, all alike: the error rate decides, and the recall of each may take back. */
const multiclass = (errors: number, within: number): EqualCanary => ({
  name: `multi-class, ${100 * errors} % wrong`,
  rates: [FAILURES, SLOW, wrong(errors), ...Array.from({ length: 5 }, (_, i) => wrong(errors, 0.2, `class ${i}`))],
  within,
});

/** Recall of a half of the positives, specificity of 99 %. */
const binary = (positives: number): EqualCanary => ({
  name: `binary, ${100 * positives} % positive`,
  rates: [FAILURES, SLOW, wrong(0.5, positives), wrong(0.01, 1 - positives)],
});

const MODELS = [multiclass(0.1, 3_600), multiclass(0.01, 28_800), binary(0.1), binary(0.01), binary(0.001)];

/** Rollouts of a canary that equals its champion, judged every minute for a day, by counts a look. */
export function aaRows(rollouts: number): BenchRow[] {
  const most = 2 * RULES.takeBackLevel * rollouts;
  return MODELS.flatMap(({ name, rates, within }) =>
    [1, 20].map((rps): BenchRow => {
      const { takenBack, promoted, median } = playMany(rollouts, { rps, rates, hours: HOURS });
      const taken = Math.round(takenBack * rollouts);
      const inTime = within === undefined || rps < 20 || median <= within;
      process.stderr.write(`A/A ${name}, ${rps} a second: ${taken} of ${rollouts}, median ${time(median)}\n`);
      return {
        what: `6 A/A, ${name}, ${rps} a second`,
        measured: `${taken} of ${rollouts} taken back; ${(100 * promoted).toFixed(0)} % promoted within ${HOURS} h, median ${time(median)}`,
        target: `<= ${most} taken back${within !== undefined && rps === 20 ? `; median <= ${time(within)}` : ''}`,
        reached: taken <= most && inTime,
      };
    }),
  );
}
