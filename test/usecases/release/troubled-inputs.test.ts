import { beforeEach, describe, expect, it } from 'vitest';
import { hourOf } from '../../../core/quality/hour-tallies.ts';
import { inputsKey, noInputs } from '../../../core/quality/inputs.ts';
import { troubledInputs } from '../../../usecases/release/troubled-inputs.ts';
import { ReleaseFixture, T0 } from './release-fixture.ts';

describe('troubledInputs', () => {
  let fixture: ReleaseFixture;
  beforeEach(async () => {
    fixture = await ReleaseFixture.open({ steps: [0.25, 0.5, 1], stepSeconds: 300 });
  });

  it('names a column that is named like a member of every object, and that only the last hour knows', async () => {
    const features = (name: string) => ({ [name]: { rows: 1_000, missing: 990, violations: {} } });
    for (const [i, name] of ['delay', 'constructor'].entries()) {
      const hour = hourOf(new Date(T0 + i * 3_600_000).toISOString());
      const inputs = { ...noInputs(), models: { m: { [hour]: { 1: { rows: 1_000, features: features(name) } } } } };
      await fixture.home.data.put(inputsKey(hour), JSON.stringify(inputs));
    }
    expect(
      await troubledInputs(fixture.home, { model: 'm', version: 1, now: new Date(T0 + 7_199_999), explains: false }),
    ).toEqual(['column constructor is empty in 99 % of 1000 rows, where 0 % is usual']);
  });

  /** Hours in a row from noon on, each of so many rows of which so many are empty or broken. */
  async function found(...hours: (readonly [rows: number, missing: number, broken?: number])[]): Promise<string[]> {
    return look(hours, false);
  }
  async function look(hours: (readonly [rows: number, missing: number, broken?: number])[], explains: boolean) {
    for (const [i, [rows, missing, broken = 0]] of hours.entries()) {
      const hour = hourOf(new Date(T0 + i * 3_600_000).toISOString());
      const features = { delay: { rows, missing, violations: { max: broken } } };
      const inputs = { ...noInputs(), models: { m: { [hour]: { 1: { rows, features } } } } };
      await fixture.home.data.put(inputsKey(hour), JSON.stringify(inputs));
    }
    const now = new Date(T0 + hours.length * 3_600_000 - 1);
    return troubledInputs(fixture.home, { model: 'm', version: 1, now, explains });
  }

  it('names a column that nearly all rows of an hour are without', async () => {
    expect(await found([1_000, 990])).toEqual(['column delay is empty in 99 % of 1000 rows, where 0 % is usual']);
  });

  it.each([
    ['part of one hour is without', [[135, 85]]],
    ['few rows are without', [[99, 99]]],
    [
      'only the hour before the last was without',
      [
        [1_000, 700],
        [1_000, 20],
      ],
    ],
    [
      'a little more than usual are without',
      [
        [1_000, 90],
        [1_000, 90],
      ],
    ],
  ] as const)('says nothing of a column where %s', async (_, hours) => {
    expect(await found(...hours)).toEqual([]);
  });

  it('names a column that became empty in the midst of an hour in which decisions became wrong', async () => {
    const hours: [number, number][] = [
      [1_000, 20],
      [500, 150],
    ];
    expect(await look(hours, false)).toEqual([]);
    expect(await look(hours, true)).toEqual(['column delay is empty in 30 % of 500 rows, where 0 % is usual']);
  });

  it('explains nothing by a column that is as empty as in the hour before', async () => {
    const hours: [number, number][] = [
      [1_000, 90],
      [1_000, 100],
    ];
    expect(await look(hours, true)).toEqual([]);
  });

  it('names a column that a part of two hours in a row is without, or breaks', async () => {
    expect(await found([1_000, 300, 250], [1_000, 400, 200])).toEqual([
      'column delay is empty in 40 % of 1000 rows, where 0 % is usual',
      'column delay breaks the contract in 20 % of 1000 rows, where 0 % is usual',
    ]);
  });
});
