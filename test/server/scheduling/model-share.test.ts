import { describe, expect, it } from 'vitest';
import { AdmissionLimit } from '../../../server/lib/admission-limit.ts';
import { ModelShare } from '../../../server/scheduling/model-share.ts';

function shares(count: number, bytes = 1e9) {
  const gate = new AdmissionLimit({ name: 'queue of runs', count, bytes });
  return ['a', 'b', 'c'].map((name) => new ModelShare(name, { gate, count, bytes }));
}
/** Takes until it is refused. */
function fill(share: ModelShare, bytes = 1): number {
  for (let taken = 0; ; taken++)
    try {
      share.acquire(bytes);
    } catch {
      return taken;
    }
}

describe('ModelShare', () => {
  it('gives most of the queue to a model alone, and always leaves room for others', () => {
    const [a, b, c] = shares(1_000);
    expect(fill(a!)).toBe(751);
    expect(fill(b!)).toBeGreaterThan(150);
    expect(fill(c!)).toBeGreaterThan(30);
  });

  it('says how much the model holds, and takes more when some of it was given back', () => {
    const [a] = shares(8);
    expect(fill(a!)).toBe(7);
    expect(() => a!.acquire(1)).toThrow('7 runs of a wait or are made, which is its share of the queue of runs');
    a!.release(1);
    a!.acquire(1);
  });

  it('bounds bytes as it bounds runs', () => {
    const [a, b] = shares(1_000, 1_000);
    expect(fill(a!, 100)).toBe(8);
    expect(fill(b!, 100)).toBeGreaterThan(0);
  });
});
