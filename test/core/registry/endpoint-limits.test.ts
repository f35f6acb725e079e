import { describe, expect, it } from 'vitest';
import { cacheMbOf, fitProblems } from '../../../core/registry/endpoint-limits.ts';
import { infer } from '../../../functions/infer/trigger.ts';

/** Megabytes as people give the sizes of files. */
const MB = 1_000_000;
const DEFAULT = { memoryMb: infer.memoryMb, cacheMb: cacheMbOf(infer.temporaryMb) };
const LEAST = { ...DEFAULT, cacheMb: cacheMbOf(512) };
const champion = (mb: number) => [{ version: 1, bytes: mb * MB }];

describe('What a deployed endpoint can serve', () => {
  it('is, by default, 200 MB after 200 MB, and a single model of 600 MB', () => {
    expect(fitProblems(200 * MB, champion(200), DEFAULT)).toEqual([]);
    expect(fitProblems(600 * MB, [], DEFAULT)).toEqual([]);
  });

  it('is what fits into its temporary folder and its memory beside the champion', () => {
    expect(fitProblems(600 * MB, champion(600), DEFAULT)).toEqual([
      'to open it takes about 1,867 MB of memory beside version 1, and the endpoint has 1,769 MB: ' +
        'deploy with endpoint.memoryMb of at least 1867, or make the model smaller',
    ]);
    expect(fitProblems(300 * MB, champion(300), LEAST)).toEqual([
      'its file needs 573 MB beside version 1, of the endpoint’s temporary folder, which has 480 MB for ' +
        'model files: deploy with endpoint.temporaryMb of at least 605, or make the model smaller',
    ]);
  });

  it('counts all that stay loaded: the champion, who shares its traffic, one in the shadow', () => {
    const three = [200, 200].map((mb, i) => ({ version: i + 1, bytes: mb * MB }));
    expect(fitProblems(200 * MB, three, LEAST)).toEqual([
      expect.stringMatching(/its file needs 573 MB beside versions 1, 2, of/),
    ]);
    expect(fitProblems(200 * MB, three, DEFAULT)).toEqual([]);
  });

  it('is what it says it has to have', () => {
    expect(fitProblems(300 * MB, champion(300), { ...DEFAULT, cacheMb: cacheMbOf(605) })).toEqual([]);
    expect(fitProblems(600 * MB, champion(600), { ...DEFAULT, memoryMb: 1867 })).toEqual([]);
  });

  it('ends where functions end', () => {
    const [files, memory] = fitProblems(12_000 * MB, [], DEFAULT);
    for (const problem of [files, memory]) expect(problem).toContain('no function has that much');
  });
});
