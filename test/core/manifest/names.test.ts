import { describe, expect, it } from 'vitest';
import { Manifest } from '../../../core/manifest/manifest.ts';

describe('names of a manifest', () => {
  const contract = { features: [{ name: 'x', type: 'float' }] };
  const decision = { task: 'binary', output: 'y', threshold: 0.5 };

  it.each([
    ['a feature', { contract: { features: [{ name: '__proto__', type: 'float' }] } }],
    ['a tensor', { contract: { features: [], tensors: [{ name: '__proto__', min: 0 }] } }],
    ['a column', { contract: { ...contract, data: { label: '__proto__' } } }],
    ['an output', { outputs: [{ name: '__proto__', meaning: 'value' }] }],
    ['an output', { decision: { ...decision, output: '__proto__' } }],
    ['a class', { outputs: [{ name: 'y', meaning: 'probabilities', classes: ['__proto__', 'b'] }] }],
    ['a class', { decision: { task: 'multiclass', output: 'y', classes: ['a', '__proto__'] } }],
  ])('are not __proto__, which no record in JSON has: %s', (what, rest) => {
    const { success, error } = Manifest.safeParse({ name: 'm', contract, ...rest });
    expect(success).toBe(false);
    expect(error!.issues.map(({ message }) => message)).toContain(`__proto__ is no name of ${what}`);
  });

  it.each(['__proto__', 'Constructor'])('are none of a model that URLs and keys cannot have: %s', (name) => {
    expect(Manifest.safeParse({ name, contract }).success).toBe(false);
  });

  it('may be those of other members of every object', () => {
    const features = ['constructor', 'toString', 'valueOf'].map((name) => ({ name, type: 'float' }));
    const monitoring = { business: [{ name: 'constructor' }], segments: [{ feature: 'toString', edges: [1] }] };
    expect(Manifest.safeParse({ name: 'constructor', contract: { features }, monitoring }).success).toBe(true);
  });
});
