import { Manifest } from '../../../core/manifest/manifest.ts';
import { type Hour, hourOf, VersionTallies } from '../../../core/quality/hour-tallies.ts';
import { type JoinedRow, tallyHour, tallyRules } from '../../../usecases/quality/tally-rows.ts';

const contract = {
  features: [
    { name: 'carrier', type: 'string', allowed: ['UA', 'DL'] },
    { name: 'distance', type: 'float' },
    { name: 'weekday', type: 'integer', min: 1, max: 7 },
    { name: 'night', type: 'boolean' },
  ],
};
const monitoring = {
  segments: [
    { feature: 'carrier' },
    { feature: 'distance', edges: [500, 1_000] },
    { feature: 'weekday' },
    { feature: 'night' },
  ],
};
export const manifest = Manifest.parse({
  name: 'flights',
  contract,
  monitoring,
  outputs: [{ name: 'p', meaning: 'probabilities' }],
  decision: { task: 'binary', output: 'p', threshold: 0.5 },
});
export const several = Manifest.parse({
  name: 'flights',
  contract,
  decision: { task: 'multiclass', output: 'p', classes: ['early', 'on time', 'late'] },
});

export const row = (id: string, rest: Partial<JoinedRow> & { truth?: string | number | boolean } = {}): JoinedRow => {
  const { truth = 1, ...own } = rest;
  return {
    feedback: { id, truth },
    at: '2026-01-31T12:30:00.000Z',
    version: 1,
    variant: 'champion',
    score: 0.75,
    features: { carrier: 'UA', distance: 700, weekday: 3, night: false },
    ...own,
  };
};
/** Tallies of rows hour by hour, as they are stored. */
export const tally = (
  rows: readonly JoinedRow[],
  of = manifest,
  sharesChanged: string[] = [],
): (VersionTallies & { readonly hour: Hour })[] => {
  const rules = tallyRules(of, undefined);
  const options = { rulesOf: (version: number) => (version < 9 ? rules : undefined), sharesChanged };
  const hours = [...new Set(rows.map(({ at }) => hourOf(at)))].sort();
  return hours.flatMap((hour) =>
    tallyHour(
      rows.filter(({ at }) => hourOf(at) === hour),
      options,
    ).map((each) => ({ hour, ...VersionTallies.parse(JSON.parse(JSON.stringify(each))) })),
  );
};
