import { growth } from '../test/soak/memory.ts';
import { soak } from '../test/soak/soak.ts';
import type { Bench } from './bench.ts';

const SECONDS = Number(process.env.BENCH_SOAK_SECONDS ?? 3_600);
/** Requests a second: about a third of one core of 2020. */
const RATE = Number(process.env.BENCH_SOAK_RATE ?? 100);
const MEGABYTE = 1_000_000;
const GROWTH = 0.05;

/** An hour of everything at once on a real `trimtab serve`: answers right, nothing lost, memory flat. */
export const bench: Bench = async () => {
  const { runs, faults, faultCount, changes, broken, resident, live, status } = await soak({
    seconds: SECONDS,
    rate: RATE,
    callers: 16,
    changeEvery: SECONDS / 120,
    lookEvery: Math.max(0.5, SECONDS / 360),
    collections: 12,
    log: (line) => process.stderr.write(`${line}\n`),
  });
  const total = [...runs.values()].reduce((sum, each) => sum + each, 0);
  const flat = (what: string, values: readonly number[]) => ({
    what: `${what}: last quarter against the first, after the warm-up`,
    measured: `${(100 * growth(values)).toFixed(1)} % (${values.map((value) => (value / MEGABYTE).toFixed(0)).join(', ')} MB)`,
    target: `<= ${100 * GROWTH} %`,
    reached: growth(values) <= GROWTH,
  });
  return [
    {
      what: `${SECONDS} s, ${total} requests of ${runs.size} kinds, ${changes} changes of releases, ${broken} times half a second without a disk: lost, wrong, or 5xx`,
      measured: [faultCount, ...faults].join('; '),
      target: '0',
      reached: faultCount === 0,
    },
    flat('resident memory of all processes', thinned(resident)),
    flat(
      'memory in use once the garbage is collected',
      live.map(({ bytes }) => bytes),
    ),
    { what: 'the server’s exit status after SIGTERM', measured: String(status), target: '0', reached: status === 0 },
  ];
};

/** Medians of a dozen stretches, which is what a reader can take in. */
function thinned(values: readonly number[]): number[] {
  const size = Math.max(1, Math.ceil(values.length / 12));
  return Array.from({ length: Math.ceil(values.length / size) }, (_, i) => {
    const stretch = values.slice(i * size, (i + 1) * size).toSorted((a, b) => a - b);
    return stretch[Math.floor(stretch.length / 2)]!;
  });
}
