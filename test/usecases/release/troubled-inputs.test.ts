import { beforeEach, describe, expect, it } from 'vitest';
import { Contract } from '../../../core/contract/contract.ts';
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

  type HourRows = readonly [rows: number, missing: number, broken?: number];

  /** Hours in a row from noon on, each of so many rows of which so many are empty or broken. */
  const found = (...hours: HourRows[]): Promise<string[]> => look(hours);

  /** @param lately rows of the last ten minutes, and how many of them were empty; decisions have become wrong */
  async function look(hours: readonly HourRows[], lately?: readonly [rows: number, missing: number]) {
    for (const [i, [rows, missing, broken = 0]] of hours.entries()) {
      const hour = hourOf(new Date(T0 + i * 3_600_000).toISOString());
      const [n, bad] = (i === hours.length - 1 && lately) || [0, 0];
      const sixths = (all: number, last: number) => [all - last, 0, last, 0, 0, 0];
      const counts = { rows, missing, violations: { max: broken }, sixths: sixths(missing + broken, bad) };
      const version = { rows, sixths: sixths(rows, n), features: { delay: counts } };
      const inputs = { ...noInputs(), models: { m: { [hour]: { 1: version } } } };
      await fixture.home.data.put(inputsKey(hour), JSON.stringify(inputs));
    }
    const now = new Date(T0 + hours.length * 3_600_000 - 1);
    return troubledInputs(fixture.home, { model: 'm', version: 1, now, explains: lately !== undefined });
  }

  it('names a column that nearly all rows of an hour are without', async () => {
    expect(await found([250, 250])).toEqual(['column delay is empty in 100 % of 250 rows, where 0 % is usual']);
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

  it('names a column that became empty minutes ago, where decisions have become wrong', async () => {
    const hours: HourRows[] = [
      [1_000, 20],
      [3_000, 280],
    ];
    expect(await look(hours)).toEqual([]);
    expect(await look(hours, [300, 270])).toEqual(['column delay is empty in 90 % of 300 rows, where 0 % is usual']);
  });

  it('takes what the champion before was sent for usual, where a column may be missing and there is no baseline', async () => {
    const name = 'gust';
    const record = (await fixture.home.ledger.version('m', 1))!;
    const contract = Contract.parse({ features: [{ name, type: 'float', missing: 'allow' }] });
    const { data, artifacts, ledger } = fixture.home;
    const version = async () => ({ ...record, manifest: { ...record.manifest, contract } });
    const home = { data, artifacts, ledger: Object.assign(Object.create(ledger), { version }) };
    const hour = hourOf(new Date(T0).toISOString());
    const sent = (missing: number) => ({ rows: 250, features: { [name]: { rows: 250, missing, violations: {} } } });
    const inputs = { ...noInputs(), models: { m: { [hour]: { 1: sent(250), 2: sent(5) } } } };
    await fixture.home.data.put(inputsKey(hour), JSON.stringify(inputs));
    const asked = { model: 'm', version: 1, now: new Date(T0 + 3_599_999), explains: false };
    expect(await troubledInputs(home, asked)).toEqual([]);
    expect(await troubledInputs(home, { ...asked, former: 2 })).toEqual([
      `column ${name} is empty in 100 % of 250 rows, where 2 % is usual`,
    ]);
  });

  it('goes on naming a column in the first minutes of an hour', async () => {
    const hours: HourRows[] = [
      [3_600, 2_160],
      [3_600, 2_160],
      [60, 36],
    ];
    expect(await look(hours)).toEqual(['column delay is empty in 60 % of 3600 rows, where 0 % is usual']);
  });

  it('explains nothing by a column that is as empty as in the hour before, nor by few rows', async () => {
    const before: HourRows = [1_000, 400];
    expect(await look([before, [1_000, 40]], [300, 40])).toEqual([]);
    expect(
      await look(
        [
          [1_000, 390],
          [300, 20],
        ],
        [20, 9],
      ),
    ).toEqual([]);
  });

  it('names a column that a part of two hours in a row is without, or breaks', async () => {
    expect(await found([1_000, 300, 250], [1_000, 400, 200])).toEqual([
      'column delay is empty in 40 % of 1000 rows, where 0 % is usual',
      'column delay breaks the contract in 20 % of 1000 rows, where 0 % is usual',
    ]);
  });
});
