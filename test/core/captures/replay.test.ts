import { describe, expect, it } from 'vitest';
import { replayabilityOf } from '../../../core/captures/replay.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';

/** A version with one feature, and further inputs that are whole tensors. */
function version(feature: object, more: { privacy?: object; monitoring?: object; tensors?: string[] } = {}) {
  const { tensors = [], ...sections } = more;
  return {
    manifest: Manifest.parse({
      name: 'm',
      contract: { features: [{ name: 'age', type: 'float', ...feature }] },
      ...sections,
    }),
    signature: {
      inputs: ['age', ...tensors].map((name) => ({ name, type: 'float32' as const, shape: [-1, 1] })),
    },
  };
}
const problemOf = (...parts: Parameters<typeof version>) => replayabilityOf(version(...parts)).replayProblem;

describe('replayabilityOf', () => {
  it('lets requests be asked again that captures hold in full', () => {
    expect(replayabilityOf(version({}))).toEqual({ replayable: true, replayProblem: null });
  });

  it('says what captures do not hold', () => {
    expect(replayabilityOf(version({}, { tensors: ['picture'] }))).toEqual({
      replayable: false,
      replayProblem: 'of input picture, a whole tensor, captures hold at most a summary',
    });
    expect(problemOf({ personal: 'omit' })).toContain('feature age is personal, and captures omit it');
    expect(problemOf({ personal: 'hash' }, { privacy: { replay: true } })).toContain('its pseudonym only');
    expect(problemOf({}, { monitoring: { captureShare: 0 } })).toContain('nothing is captured');
  });

  it('opens what is encrypted only where the manifest says so', () => {
    expect(problemOf({ personal: 'encrypt' })).toContain('privacy.replay does not let it be opened');
    expect(problemOf({ personal: 'encrypt' }, { privacy: { replay: true } })).toBeNull();
  });
});
