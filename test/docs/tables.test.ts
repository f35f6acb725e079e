import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { captureKey } from '../../core/captures/capture-key.ts';
import { withDuck } from '../../platform/duckdb/connection.ts';
import { DeliveryStream } from '../../server/captures/delivery-stream.ts';
import { joinGroundTruth } from '../../usecases/ground-truth/join-ground-truth.ts';
import { describeTables } from '../../usecases/tables/describe-tables.ts';
import type { TablesView } from '../../usecases/tables/tables-view.ts';
import { validateDrop } from '../../usecases/validation/validate-drop.ts';
import { PIPELINE, ROW, request, ServingFixture } from '../fixtures/serving-fixture.ts';

const page = readFileSync('docs/tables.md', 'utf8');
/** All queries of the page, with the day of this test in place of the one that it shows. */
const queries = (today: string): string[] =>
  [...page.matchAll(/```sql\n([\s\S]+?)```/g)].map(([, sql]) => sql!.replaceAll('2026-01-31', today));

const HIDDEN = 'somebody@example.com';
const [carrier, distance, temperature] = PIPELINE.contract.features;
const MANIFEST = {
  ...PIPELINE,
  name: 'flight-delay',
  contract: {
    features: [carrier!, distance!, temperature!],
    data: {
      id: 'row',
      extra: ['mail', { name: 'seen', type: 'time' }, { name: 'gate', type: 'integer' }],
      personal: { mail: 'hash' },
      subject: 'mail',
    },
    file: { maxQuarantinedShare: 1 },
  },
};

describe('docs/tables.md', () => {
  let fixture: ServingFixture;
  let view: TablesView;
  const today = new Date().toISOString().slice(0, 10);
  beforeAll(async () => {
    fixture = await ServingFixture.open();
    const { real: home } = fixture;
    await fixture.release(MANIFEST, 'pipeline');
    const line = (i: number): string => `r${i},AA,${i},1,${HIDDEN},2026-01-0${(i % 9) + 1}T00:00:00Z\n`;
    for (const [name, rows] of [
      ['one', 3],
      ['two', 5],
    ] as const) {
      const body = `row,carrier,distance,temperature,mail,seen\n${Array.from({ length: rows }, (_, i) => line(i)).join('')}`;
      await home.data.put(`incoming/flight-delay/${name}.csv`, body);
      await validateDrop(home, { key: `incoming/flight-delay/${name}.csv` });
    }
    const endpoint = await fixture.endpoint();
    const ask = (id: string, instances: unknown[]) =>
      endpoint.handle(
        request(
          'POST',
          '/v1/models/flight-delay:predict',
          { instances },
          { 'x-request-id': id, 'x-trimtab-subject': HIDDEN },
        ),
      );
    await ask('single', [ROW]);
    await ask('refused', [{ ...ROW, distance: -1 }]);
    await ask('batch', Array(40).fill(ROW));
    const stream = new DeliveryStream(home, () => undefined);
    for (const text of fixture.lines) stream.write(text);
    await stream.flush();
    await home.data.put(
      'ground-truth/incoming/flight-delay/a.jsonl',
      '{"id":"single","truth":1}\n{"id":"batch#2","truth":0}\n',
    );
    await joinGroundTruth(home, new Date());
    // As a service writes what it has no separator for, and with the one member that has a capital.
    const outlier = {
      trimtab: 'capture',
      id: 'odd',
      model: 'other',
      version: 1,
      variant: 'champion',
      at: new Date().toISOString(),
      rows: 1,
      ms: 1,
      features: {},
      outOfDistribution: 1,
    };
    await home.captures.put(captureKey(new Date().toISOString(), 'odd.jsonl'), `${JSON.stringify(outlier)}\n\n`);
    const places = {
      captures: `${path.join(home.description, 'captures')}/`,
      data: `${path.join(home.description, 'data')}/`,
    };
    view = await describeTables(home, { places });
  });
  afterAll(() => fixture.close());

  const ask = (sql: string): Promise<Record<string, unknown>[]> =>
    withDuck(undefined, async (duck) => {
      for (const { statements } of view.tables) for (const statement of statements) await duck.run(statement);
      return duck.rows(sql);
    });

  it('has queries that give what was asked, what was true and what was accepted', async () => {
    const [asked, failed, right, versions, ...more] = queries(today);
    expect(more).toEqual([]);
    expect(await ask(asked!)).toMatchObject([{ id: 'single', version: 1, distance: 1500, score: expect.any(Number) }]);
    expect(await ask(failed!)).toMatchObject([{ dt: today, failed: 'caller', requests: 1n }]);
    expect(await ask(right!)).toMatchObject([{ version: 1, truths: 2n }]);
    expect(await ask(versions!)).toHaveLength(2);
    expect(await ask('SELECT sum(dataset_version) AS n FROM dataset_flight_delay')).toEqual([{ n: 13n }]);
  });

  it('names the columns of the tables that files really have, and none of people', async () => {
    const [table] = view.tables.filter(({ dataset }) => dataset === 'flight-delay');
    expect(table!.left).toEqual([{ column: 'mail', why: 'is personal' }]);
    const found = await ask('DESCRIBE dataset_flight_delay');
    expect(Object.fromEntries(found.map((each) => [each.column_name, each.column_type]))).toEqual({
      carrier: 'VARCHAR',
      distance: 'DOUBLE',
      temperature: 'DOUBLE',
      row: 'VARCHAR',
      seen: 'TIMESTAMP WITH TIME ZONE',
      dataset_version: 'INTEGER',
    });
    const who = (await fixture.real.privacy()).pseudonym('mail', HIDDEN);
    for (const { name } of view.tables)
      for (const row of await ask(`SELECT * FROM ${name}`)) {
        expect(Object.keys(row)).not.toEqual(
          expect.arrayContaining([expect.stringMatching(/^(mail|subject|unit|principal|sealed)$/)]),
        );
        expect(JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? String(value) : value))).not.toContain(
          who,
        );
      }
  });

  it('reads every member of a line, packed and spelled with capitals', async () => {
    const rows = await ask(
      'SELECT id, rows, features, outofdistribution FROM captures WHERE model IS NOT NULL ORDER BY id',
    );
    expect(rows).toMatchObject([
      { id: 'batch', rows: 40, features: expect.stringContaining('"distance":"f64:') },
      { id: 'odd', outOfDistribution: 1 },
      { id: 'refused' },
      { id: 'single' },
    ]);
  });
});
