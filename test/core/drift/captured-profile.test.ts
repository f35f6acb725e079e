import { describe, expect, it } from 'vitest';
import type { Capture } from '../../../core/captures/capture.ts';
import { profileOfCaptures } from '../../../core/drift/captured-profile.ts';
import { detectDrift } from '../../../core/drift/verdict.ts';
import type { Baseline, Profile } from '../../../core/profile/profile.ts';

const column = (...categories: string[]): Profile['columns'][string] => ({
  kind: 'categorical',
  rows: 2,
  missing: 0,
  categories,
  counts: categories.map(() => 1),
  other: 0,
  unseen: 0,
});
const reference: Profile = { rows: 2, columns: { label: column('red', 'blue'), late: column('0', '1') } };
const capture: Capture = {
  trimtab: 'capture',
  id: 'a',
  model: 'm',
  version: 1,
  variant: 'champion',
  at: '2026-01-01T12:00:00.000Z',
  rows: 3,
  ms: 1,
  features: { label: ['red', 'red', 'blue'] },
  scores: [null, null, null],
};

async function* each<T>(...values: T[]): AsyncGenerator<T> {
  yield* values;
}

describe('the profile of captures', () => {
  const profileOf = (...captures: Capture[]) =>
    profileOfCaptures(each(...captures), reference, { output: undefined, label: 'late' });

  it('counts a feature that is called label, and not the label, which no capture has', async () => {
    const { columns } = await profileOf(capture);
    expect(Object.keys(columns)).toEqual(['label']);
    expect(columns.label).toMatchObject({ categories: ['red', 'blue'], counts: [2, 1] });
  });

  it('leaves out what no capture has, though it is named like a member of every object', async () => {
    const members: Profile = {
      rows: 2,
      columns: { ...reference.columns, constructor: column('a'), toString: column('a') },
    };
    const profile = await profileOfCaptures(
      each(capture, { ...capture, features: { toString: ['a', 'a', null] } }),
      members,
      {
        output: undefined,
        label: 'late',
      },
    );
    expect(Object.keys(profile.columns)).toEqual(['label', 'toString']);
    expect(profile.columns.toString).toMatchObject({ rows: 6, missing: 4 });
    const baseline = { profile: reference, chunks: [] } as unknown as Baseline;
    expect(detectDrift(baseline, profile).columns.map(({ column }) => column)).toEqual(['label']);
  });

  it('of no captures has every feature, and not the label', async () => {
    expect(Object.keys((await profileOf()).columns)).toEqual(['label']);
  });
});
