import { describe, expect, it } from 'vitest';
import { guardsProblem } from '../../../core/guards/validate-guards.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';

const BASELINE = {
  profile: {
    rows: 1,
    columns: {
      x: { kind: 'numeric', rows: 1, missing: 0, edges: [], counts: [1], min: 0, max: 0, mean: 0, m2: 0 },
    },
  },
} as const;
const manifest = (guards: object, feature = 'x', meaning = 'probabilities') =>
  Manifest.parse({
    name: 'm',
    contract: { features: [{ name: feature, type: 'float' }] },
    outputs: [{ name: 'y', meaning }],
    decision: { task: 'binary', output: 'y' },
    guards,
  });
const faultOf = (read: Manifest, baseline?: never) => guardsProblem(read, read.contract.features, baseline);
const fault = (guards: object, feature?: string, meaning?: string) =>
  faultOf(manifest(guards, feature, meaning), structuredClone(BASELINE) as never);

describe('guardFault', () => {
  it('finds none in guards that can do what they say', () => {
    expect(fault({ outOfDistribution: { action: 'refuse' }, confidence: 'label-only', round: 2 })).toBeUndefined();
    expect(fault({})).toBeUndefined();
  });

  it('tells that there is nothing to hold requests against', () => {
    const guarded = manifest({ outOfDistribution: { action: 'flag' } });
    expect(faultOf(guarded)).toContain('no baseline.json');
    expect(fault({ outOfDistribution: { action: 'flag' } }, 'other')).toContain('it has x');
  });

  it('tells that an output that nothing is said of would be hidden', () => {
    expect(fault({ confidence: 'top1' }, 'x', 'other')).toContain('leave nothing to answer with');
    const two = { ...manifest({ confidence: 'top1' }), outputs: [{ name: 'z', meaning: 'label' as const }] };
    expect(faultOf(two)).toContain('would hide output y');
  });

  it.each([
    { rateLimit: { perSecond: 0, burst: 1 } },
    { rateLimit: { perSecond: 1, burst: 0 } },
    { rateLimit: { perSecond: 1 } },
    { outOfDistribution: { action: 'log' } },
    { outOfDistribution: { action: 'flag', share: 0 } },
    { round: 16 },
    { round: -1 },
    { confidence: 'none' },
    { rounding: 2 },
  ])('is never asked about %j, which the manifest refuses', (guards) => {
    expect(() => manifest(guards)).toThrow();
  });
});
