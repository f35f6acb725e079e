import { beforeEach, describe, expect, it } from 'vitest';
import { Capture } from '../../../core/captures/capture.ts';
import { captureWriter } from '../../../core/captures/capture-line.ts';
import { compileCheck } from '../../../core/contract/check.ts';
import { Contract } from '../../../core/contract/contract.ts';
import { addCaptures, type DeliveredInputs, mergeInputs, noInputs } from '../../../core/quality/inputs.ts';
import { type LocalHome, openLocalHome } from '../../../platform/local/home.ts';
import { countInputs, readInputHours } from '../../../usecases/quality/count-inputs.ts';
import { describeInputs } from '../../../usecases/quality/describe-inputs.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { captureLine, deliverCaptures } from '../ground-truth/capture-lines.ts';

const T0 = Date.UTC(2026, 0, 1, 12, 30);
const at = (minutes: number): Date => new Date(T0 + minutes * 60_000);

describe('countInputs', () => {
  let home: LocalHome;
  beforeEach(async () => {
    home = await openLocalHome(temporaryFolder('inputs'));
  });

  const line = (minutes: number, x: (number | null)[], rest: Partial<Capture> = {}): string =>
    captureLine(
      'id',
      x.map(() => 0.5),
      { at: at(minutes).toISOString(), features: { x, y: x.map(() => 1) }, ...rest },
    );
  const deliver = (name: string, minutes: number, ...lines: string[]) =>
    deliverCaptures(home, name, at(minutes).toISOString(), lines);
  const read = (version = 1) =>
    readInputHours(home, { model: 'm', version, from: new Date(T0 - 86_400_000), to: new Date(T0 + 86_400_000) });

  it('counts missing values and violations by feature, version and hour of the prediction', async () => {
    await deliver(
      'one',
      0,
      line(0, [1, null, null]),
      line(1, [1], { version: 2 }),
      line(2, [1], { variant: 'shadow' }),
    );
    // Delivered in the next hour.
    await deliver('two', 31, line(29, [null]), line(31, [5], { findings: [{ feature: 'x', rule: 'max', count: 1 }] }));
    await countInputs(home, at(32));
    expect(await read()).toEqual([
      {
        hour: '2026-01-01T12',
        rows: 4,
        sixths: [0, 0, 0, 1, 0, 1],
        features: {
          // A batch is one request: two thirds of its values are missing.
          x: {
            rows: 4,
            missing: 3,
            violations: {},
            requests: { n: 2, missing: expect.closeTo(5 / 3), broken: 0 },
            sixths: [0, 0, 0, expect.closeTo(2 / 3), 0, 1],
          },
          y: { rows: 4, missing: 0, violations: {}, requests: { n: 2, missing: 0, broken: 0 } },
        },
      },
      {
        hour: '2026-01-01T13',
        rows: 1,
        sixths: [1, 0, 0, 0, 0, 0],
        features: {
          x: {
            rows: 1,
            missing: 0,
            violations: { max: 1 },
            requests: { n: 1, missing: 0, broken: 1 },
            sixths: [1, 0, 0, 0, 0, 0],
          },
          y: { rows: 1, missing: 0, violations: {}, requests: { n: 1, missing: 0, broken: 0 } },
        },
      },
    ]);
    expect((await read(2)).map(({ rows }) => rows)).toEqual([1]);
    expect(describeInputs(await read())).toMatchObject([
      { feature: 'x', rows: 5, missing: 0.6, violations: 0.2, hours: [{ missing: 0.75 }, { violations: 1 }] },
    ]);
  });

  it.each(['toString', 'constructor', 'hasOwnProperty'])(
    'counts a feature named %s, and one of that only some hours know',
    async (name) => {
      const features = { [name]: [1, null] };
      const findings = [{ feature: name, rule: 'max', count: 1 }];
      await deliver('one', 0, line(0, [1, 1], { features, findings }));
      await deliver('two', 30, line(30, [1, 1]), line(31, [1, 1], { findings }));
      await countInputs(home, at(32));
      const counted = await read();
      expect(Object.entries(counted[0]!.features)).toMatchObject([
        [name, { rows: 2, missing: 1, violations: { max: 1 } }],
      ]);
      expect(describeInputs(counted)).toMatchObject([{ feature: name, rows: 6, missing: 0.5, violations: 2 / 6 }]);
      // Two deliveries of one hour are put together.
      expect(mergeInputs(counted[1]!, counted[0]!).features[name]).toMatchObject({
        rows: 2,
        missing: 1,
        violations: { max: 2 },
      });
    },
  );

  it('counts the others where one capture cannot be counted, and names its model and feature', () => {
    const [first, broken, last] = ['a', 'b', 'c'].map((model) => JSON.parse(line(0, [1], { model })) as Capture) as [
      Capture,
      Capture,
      Capture,
    ];
    const inputs = noInputs();
    const features = { x: [1], y: null as never };
    const faults = addCaptures(inputs, [first, { ...broken, features }, last]);
    expect(faults.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^inputs of b 1, feature y, cannot be counted: Cannot read properties of null/),
    ]);
    expect(Object.keys(inputs.models)).toEqual(['a', 'c']);
  });

  it.each([10, 5_000])('takes a value of the wrong type for a violation, not for a missing one, of %i rows', (rows) => {
    const contract = Contract.parse({
      features: [
        { name: 'weekend', type: 'boolean', missing: 'allow', onViolation: 'flag', index: 0, input: 'x' },
        { name: 'day', type: 'integer', missing: 'allow', onViolation: 'flag', index: 1, input: 'x' },
      ],
    });
    const check = compileCheck(contract, { inputs: [{ name: 'x', type: 'float32', shape: [-1, 2] }], outputs: [] });
    // Of ten rows four are of no boolean, two of nothing; five days are no integers, but captured as they are.
    const weekends = [...Array<unknown>(4).fill('false'), null, null, true, true, true, true];
    const days = [...Array<unknown>(5).fill(2.5), null, null, null, 3, 3];
    const data = Array.from({ length: rows }, (_, i) => [weekends[i % 10], days[i % 10]]).flat();
    const { values, findings } = check.run(new Map([['x', { shape: [rows, 2], data }]]), true);
    const lines = captureWriter('m', check).lines({
      ...{ id: 'a', version: 1, variant: 'champion', at: at(0).toISOString(), ms: 1, outputs: {} },
      ...{ rows, values, findings },
    });
    expect(lines.length > 1).toBe(rows > 10);
    const inputs = noInputs();
    expect(
      addCaptures(
        inputs,
        lines.map((each) => Capture.parse(JSON.parse(each))),
      ),
    ).toEqual([]);
    const [counted] = Object.values(inputs.models.m!['2026-01-01T12']!);
    expect(counted!.features).toMatchObject({
      weekend: { rows, missing: rows / 5, violations: { type: (rows * 4) / 10 } },
      day: { rows, missing: (rows * 3) / 10, violations: { type: rows / 2 } },
    });
  });

  it('counts a model named constructor', async () => {
    await deliver('one', 0, line(0, [null], { model: 'constructor' }), line(0, [null]));
    await countInputs(home, at(1));
    const stored = new TextDecoder().decode(await home.data.get('quality/_inputs/2026-01-01T12.json'));
    expect(Object.keys((JSON.parse(stored) as DeliveredInputs).models)).toEqual(['constructor', 'm']);
    // Nothing is left on the constructor of every object.
    expect(Object.keys(Object)).toEqual([]);
  });

  it('counts an object once, new ones beside it, and all anew when one has changed', async () => {
    await deliver('one', 0, line(0, [1, null]));
    await Promise.all([countInputs(home, at(1)), countInputs(home, at(1))]);
    await countInputs(home, at(2));
    expect((await read())[0]!.rows).toBe(2);
    await deliver('two', 2, line(2, [null]));
    await countInputs(home, at(3));
    expect((await read())[0]).toMatchObject({ rows: 3, features: { x: { missing: 2 } } });
    await deliver('one', 3, line(0, [1]));
    await countInputs(home, at(4));
    expect((await read())[0]).toMatchObject({ rows: 2, features: { x: { missing: 1 } } });
  });

  it('leaves no hole, however long nobody counted', async () => {
    for (let hour = 0; hour < 40; hour++) await deliver(`of ${hour}`, 60 * hour, line(60 * hour, [null]));
    // Counted for two hours, then not for more than a day.
    await countInputs(home, at(0));
    await countInputs(home, at(60));
    const from = new Date(T0 - 86_400_000);
    const counted = async () =>
      (await readInputHours(home, { model: 'm', version: 1, from, to: at(60 * 40) })).map(({ rows }) => rows);
    for (let run = 0; run < 12; run++) await countInputs(home, at(60 * 39 + run));
    expect(await counted()).toEqual(new Array(40).fill(1));
    // Nothing of it is read again.
    const { captures } = home;
    const got: string[] = [];
    const watched: typeof captures = Object.assign(Object.create(captures) as typeof captures, {
      list: captures.list.bind(captures),
      get: (key: string) => captures.get(key).finally(() => got.push(key)),
    });
    await countInputs({ ...home, captures: watched }, at(60 * 39 + 12));
    expect(got).toEqual([]);
  });

  it('comes back to what was delivered while nobody counted, and leaves alone what is complete', async () => {
    await deliver('one', 0, line(0, [null]));
    await countInputs(home, at(150));
    expect((await read())[0]!.rows).toBe(1);
    await deliver('two', 1, line(1, [null]));
    await countInputs(home, at(151));
    expect((await read())[0]!.rows).toBe(1);
  });
});
