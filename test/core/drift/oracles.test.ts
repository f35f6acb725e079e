import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { benjaminiHochberg } from '../../../core/drift/benjamini-hochberg.ts';
import { contingencyTest } from '../../../core/drift/chi-squared.ts';
import { cramerVonMises } from '../../../core/drift/cramer-von-mises.ts';
import {
  energyDistance,
  hellinger,
  kullbackLeibler,
  lInfinity,
  lInfinityRobust,
  mmdSquared,
  totalVariation,
  wasserstein,
  wassersteinNormed,
} from '../../../core/drift/distances.ts';
import { jensenShannon } from '../../../core/drift/jensen-shannon.ts';
import { kolmogorovSmirnov } from '../../../core/drift/kolmogorov-smirnov.ts';
import { populationStability } from '../../../core/drift/psi.ts';

interface Vector {
  readonly method: string;
  readonly tolerance?: number;
  readonly [name: string]: unknown;
}

const oracles = JSON.parse(readFileSync('test/core/drift/oracles.json', 'utf8')) as {
  samples: Record<string, number[]>;
  counts: Record<string, number[]>;
  vectors: Vector[];
};
const values = (name: unknown): number[] => (typeof name === 'string' ? oracles.samples[name]! : (name as number[]));
const counts = (name: unknown): number[] =>
  typeof name === 'string' ? oracles.counts[name]! : Object.values(name as Record<string, number>);

/** What this program computes for each expected value of a vector. */
const COMPUTED: Record<string, (v: Vector) => Record<string, unknown>> = {
  ks_two_sample: ({ x, y }) => ({
    statistic: kolmogorovSmirnov(values(x), values(y)).statistic,
    p_exact: kolmogorovSmirnov(values(x), values(y), 'exact').p,
    p_asymptotic_kstwo: kolmogorovSmirnov(values(x), values(y), 'asymptotic').p,
  }),
  cramer_von_mises_two_sample: ({ x, y }) => ({
    statistic: cramerVonMises(values(x), values(y)).statistic,
    p_exact: cramerVonMises(values(x), values(y)).p,
    p_asymptotic: cramerVonMises(values(x), values(y), 'asymptotic').p,
  }),
  wasserstein_1: ({ x, y }) => ({
    statistic: wasserstein(values(x), values(y)),
    normed_by_population_std_of_x: wassersteinNormed(values(x), values(y)),
  }),
  energy_distance: ({ x, y }) => ({ statistic: energyDistance(values(x), values(y)) }),
  chi_squared_contingency: ({ reference, current }) => contingencyTest(counts(reference), counts(current)) as never,
  g_test_contingency: ({ reference, current }) => contingencyTest(counts(reference), counts(current), 'g') as never,
  population_stability_index: ({ reference, current }) => ({
    statistic: populationStability(counts(reference), counts(current)),
  }),
  kullback_leibler: ({ reference, current }) => ({ statistic: kullbackLeibler(counts(reference), counts(current)) }),
  jensen_shannon_distance: ({ reference, current }) => ({
    statistic_natural_log: jensenShannon(counts(reference), counts(current)),
    statistic_base_2: jensenShannon(counts(reference), counts(current), 2),
  }),
  hellinger: ({ reference, current }) => ({ statistic: hellinger(counts(reference), counts(current)) }),
  total_variation: ({ reference, current }) => ({ statistic: totalVariation(counts(reference), counts(current)) }),
  l_infinity: ({ reference, current }) => ({ statistic: lInfinity(counts(reference), counts(current)) }),
  benjamini_hochberg: ({ p }) => ({ adjusted: benjaminiHochberg(p as number[]) }),
  mmd_squared_unbiased_rbf: ({ x, y, sigma }) => ({ statistic: mmdSquared(values(x), values(y), sigma as number) }),
  distance_l_infinity_with_sample_size_correction: ({ reference, current }) => ({
    simple: lInfinity(counts(reference), counts(current)),
    robust: lInfinityRobust(counts(reference), counts(current)),
  }),
};

/** Members of a vector that are inputs or words. */
const INPUTS = new Set(['method', 'source', 'note', 'x', 'y', 'reference', 'current', 'sigma', 'tolerance']);

describe('known answers', () => {
  it.each(oracles.vectors.map((vector) => [vector.method, vector] as const))('%s', (method, vector) => {
    const computed = COMPUTED[method]?.(vector);
    expect(computed, `nothing computes ${method}`).toBeDefined();
    let compared = 0;
    for (const [name, expected] of Object.entries(vector)) {
      if (INPUTS.has(name) || (method === 'benjamini_hochberg' && name === 'p')) continue;
      const [want, have] = [[expected].flat(), [computed?.[name]].flat()] as [number[], number[]];
      expect(have).toHaveLength(want.length);
      want.forEach((value, i) => {
        expect(Math.abs(have[i]! - value), `${name}: ${have[i]} for ${value}`).toBeLessThanOrEqual(
          (vector.tolerance ?? 1e-6) * Math.max(Math.abs(value), 1e-6),
        );
        compared++;
      });
    }
    expect(compared).toBeGreaterThan(0);
  });
});
