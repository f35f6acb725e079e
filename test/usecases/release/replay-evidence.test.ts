import { describe, expect, it } from 'vitest';
import { type ReplayTally, replayKey } from '../../../core/replay/replay-tally.ts';
import { openSimulatedHome } from '../../../platform/simulated/home.ts';
import { ownOf, readReplays } from '../../../usecases/release/replay-evidence.ts';

const SINCE = '2026-01-05T10:00:00.000Z';
const none = { n: 0, both: 0, suspectOnly: 0, referenceOnly: 0 };

const tally = (own: Partial<ReplayTally> = {}): ReplayTally => ({
  schemaVersion: 1,
  model: 'm',
  suspect: 2,
  reference: 1,
  since: SINCE,
  hour: '2026-01-05T10',
  asked: 100,
  notReplayable: 0,
  failures: none,
  slow: none,
  answers: {
    n: 0,
    disagree: 0,
    notFinite: 0,
    distinctInputs: 0,
    distinctAnswers: 0,
    referenceNotFinite: 0,
    referenceDistinct: null,
    rankCorrelation: null,
  },
  truth: [],
  ...own,
});

const stratum = (bad: number, own: { n?: number; young?: number; hour?: string } = {}) => ({
  since: SINCE,
  hour: '2026-01-05T10',
  share: 0.05,
  suspect: { n: own.n ?? 60, bad },
  reference: { n: 1_000, bad: 3 },
  young: 0,
  ...own,
});
const ownBad = (asked: ReturnType<typeof ownOf>) => asked?.own.map(({ suspect }) => suspect.bad);

describe('tallies of replay', () => {
  it('are read of the two versions, the window and the stretch', async () => {
    const home = openSimulatedHome(Date.parse(SINCE), 0);
    const wanted = [tally(), tally({ hour: '2026-01-05T11' })];
    const others = [
      tally({ hour: '2026-01-05T09' }),
      tally({ hour: '2026-01-05T12' }),
      tally({ suspect: 3 }),
      tally({ reference: 3, since: '2026-01-05T10:30:00.000Z' }),
      tally({ since: '2026-01-05T08:00:00.000Z' }),
    ];
    for (const each of [...wanted, ...others]) await home.data.put(replayKey(each), JSON.stringify(each));
    const found = await readReplays(home, {
      model: 'm',
      suspect: 2,
      reference: 1,
      from: new Date('2026-01-05T10:10:00.000Z'),
      to: new Date('2026-01-05T12:00:00.000Z'),
      isOfStretch: (since) => since >= SINCE,
    });
    expect(found).toEqual(wanted);
  });
});

describe('failures that were asked again', () => {
  const failures = (both: number, suspectOnly: number, referenceOnly = 0, n = both + suspectOnly + referenceOnly) => [
    tally({ failures: { n, both, suspectOnly, referenceOnly } }),
  ];

  it('are the suspect’s in the share that the reference does not fail, of the same hour', () => {
    const strata = [stratum(12), stratum(4, { hour: '2026-01-05T11' })];
    expect(ownBad(ownOf(failures(9, 3), strata, 'failures', true))).toEqual([3, 4]);
    // What nobody repeats stays with whom it met.
    expect(ownBad(ownOf(failures(2, 0, 1, 12), [stratum(12)], 'failures', true))).toEqual([9]);
  });

  it('say whether it is the requests, or what both stand on', () => {
    expect(ownOf(failures(10, 2), [stratum(12)], 'failures', true)).toMatchObject({ cause: 'data' });
    expect(ownOf(failures(3, 3, 3, 12), [stratum(12)], 'failures', true)).toMatchObject({ cause: 'infrastructure' });
    expect(ownOf(failures(50, 2), [stratum(52)], 'failures', true)).toMatchObject({ cause: 'infrastructure' });
  });

  it('are waited for while they are young, few, and asked at all', () => {
    const young = [stratum(12, { young: 10 })];
    const asked = ownOf([], young, 'failures', true);
    expect(asked).toMatchObject({ cause: null });
    expect(ownBad(asked)).toEqual([2]);
    expect(ownOf([], young, 'failures', false)).toBeUndefined();
    expect(ownOf([], [stratum(12)], 'failures', true)).toBeUndefined();
    expect(ownOf([], [stratum(12, { young: 12, n: 20 })], 'failures', true)).toBeUndefined();
  });
});
