import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowId } from '../../../core/captures/capture.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';
import { readCaptureObject } from '../../../platform/captures.ts';
import { literal, withDuck } from '../../../platform/duckdb/connection.ts';
import { readSignature } from '../../../platform/onnx/model.ts';
import type { Home, ObjectStore } from '../../../platform/ports.ts';
import { DeliveryStream } from '../../../server/captures/delivery-stream.ts';
import { joinGroundTruth } from '../../../usecases/ground-truth/join-ground-truth.ts';
import { forget } from '../../../usecases/privacy/erase-subject.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { Endpoint } from '../../../usecases/serving/endpoint.ts';
import { validateDrop } from '../../../usecases/validation/validate-drop.ts';
import { request } from '../../fixtures/serving-fixture.ts';
import { contentOf, mentions } from './scan.ts';

export const ANNA = 'anna-canary-4711';
export const BERT = 'bert-canary-0815';
const FIXTURE = 'test/fixtures/onnx/pipeline.onnx';
const HEAD = 'row,customer,carrier,distance,temperature';

/** Whom rows are about: said by a feature, or by a column that requests name in a header. */
export type Naming = 'feature' | 'column';

/** A home in which Anna and Bert have left everything that somebody can leave. */
export class Lives {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'trimtab-lives-'));
  /** Name of the model: one of its own, for the home may hold others. */
  readonly model: string;

  constructor(
    readonly home: Home,
    readonly naming: Naming,
    name: string = naming,
  ) {
    this.model = `people-${name}`;
  }

  get column(): string {
    return this.naming === 'feature' ? 'carrier' : 'customer';
  }

  async live(): Promise<void> {
    const { home, model, folder } = this;
    const features = [
      { name: 'carrier', type: 'string', ...(this.naming === 'feature' ? { personal: 'hash' } : {}) },
      { name: 'distance', type: 'float', min: 0, max: 5000 },
      { name: 'temperature', type: 'float', min: -50, max: 50 },
    ];
    const manifest = Manifest.parse({
      name: model,
      contract: {
        features,
        data: {
          id: 'row',
          extra: ['customer'],
          personal: { customer: this.naming === 'feature' ? 'omit' : 'encrypt' },
          subject: this.column,
        },
        file: { maxQuarantinedShare: 0.6 },
      },
      decision: { task: 'binary', output: 'probabilities', column: 1 },
    });
    const source = path.join(folder, 'model');
    await mkdir(source);
    await copyFile(FIXTURE, path.join(source, 'model.onnx'));
    writeFileSync(path.join(source, 'model.json'), JSON.stringify(manifest));
    const registry = new Registry(home, 'test');
    await registry.register(source, await readSignature(FIXTURE));
    await registry.apply(model, { type: 'approve', version: 1, reason: 'test' });
    await registry.apply(model, { type: 'release', version: 1, reason: 'test' });
    await this.#predict();
    await this.#drop();
  }

  async #predict(): Promise<void> {
    const { home, model } = this;
    const stream = new DeliveryStream(home, () => undefined);
    const endpoint = await Endpoint.open({
      home,
      models: [model],
      cacheFolder: path.join(this.folder, 'cache'),
      emit: (line) => stream.write(line),
    });
    const ask = async (id: string, ...who: string[]): Promise<void> => {
      const instances = who.map((name) => ({
        carrier: this.naming === 'feature' ? name : 'B6',
        distance: 5,
        temperature: 1,
      }));
      const headers = {
        'x-request-id': `${model}-${id}`,
        ...(this.naming === 'column' ? { 'x-trimtab-subject': who[0]! } : {}),
      };
      const { status } = await endpoint.handle(request('POST', `/v1/models/${model}:predict`, { instances }, headers));
      expect(status).toBe(200);
    };
    await ask('a', ANNA);
    await ask('b', BERT);
    // Rows of both in one request, where each row says whom it is about.
    await ask('ab', ...(this.naming === 'feature' ? [BERT, ANNA, BERT, ANNA, ANNA, BERT] : Array(6).fill(ANNA)));
    await stream.flush();
    await ask('b2', ...Array(20).fill(BERT));
    await stream.flush();
    await endpoint.close();
    const truths = ['a', 'b', 'ab#0', 'ab#1', 'b2#19'].map((id) => JSON.stringify({ id: `${model}-${id}`, truth: 1 }));
    await home.data.put(`ground-truth/incoming/${model}/some.jsonl`, `${truths.join('\n')}\n`);
    await joinGroundTruth(home, new Date());
    // Two more are still on their way.
    await home.data.put(
      `ground-truth/incoming/${model}/late.jsonl`,
      `{"id": "${model}-a", "truth": 0}\n{"id": "${model}-b", "truth": 0}\n`,
    );
  }

  async #drop(): Promise<void> {
    const { home, model } = this;
    const line = (i: number, who: string, temperature: number) =>
      this.naming === 'feature' ? `r${i},c${i},${who},5,${temperature}` : `r${i},${who},B6,5,${temperature}`;
    const good = Array.from({ length: 30 }, (_, i) => line(i, i % 3 ? BERT : ANNA, 1));
    const bad = Array.from({ length: 9 }, (_, i) => line(100 + i, i % 3 ? BERT : ANNA, 99));
    const drops: Record<string, string | Buffer> = {
      'good.csv': `${[HEAD, ...good, ...bad, `r200,x,${ANNA}`].join('\n')}\n`,
      'poor.csv': `${[HEAD, ...bad].join('\n')}\n`,
      'lines.jsonl.gz': gzipSync(
        `${[ANNA, BERT].map((who) => JSON.stringify({ row: who.length, customer: who, carrier: who, distance: 1, temperature: 1 })).join('\n')}\n`,
      ),
      // Only Anna's: nothing is left of the drop, and an empty version.
      'annas.csv': `${[HEAD, line(1, ANNA, 1)].join('\n')}\n`,
      'headless.csv': `${good.join('\n')}\n`,
    };
    for (const [name, body] of Object.entries(drops)) {
      const key = `incoming/${model}/${name}`;
      // It was there before in another form.
      await home.data.put(key, `${HEAD}\n${line(7, ANNA, 7)}\n`);
      await home.data.put(key, body);
      await validateDrop(home, { key });
    }
    await home.data.put(`incoming/${model}/not-judged.csv`, `${[HEAD, ...good].join('\n')}\n`);
    await home.data.put(`incoming/${model}/gone.csv`, `${[HEAD, ...good].join('\n')}\n`);
    await home.data.delete(`incoming/${model}/gone.csv`);
  }

  /** Every object, and what was replaced or deleted and is still held, in which somebody is found, in whatever form. */
  async whereIs(who: string): Promise<string[]> {
    const keys = await this.home.privacy();
    const file = path.join(this.folder, 'looked-at');
    const found: string[] = [];
    for (const store of [this.home.data, this.home.captures])
      for (const { key, versionId, latest } of await held(store)) {
        await store.download(key, file, versionId);
        const content = await contentOf(file);
        const envelopes = content.match(/enc:v1:[\w-]+/g) ?? [];
        const opened = envelopes.map((envelope) => {
          try {
            return keys.open({ owner: this.model, field: this.column }, envelope);
          } catch {
            return '';
          }
        });
        if (mentions(content, who) || content.includes(keys.pseudonym(this.column, who)) || opened.includes(who))
          found.push(`${key}${latest ? '' : ' (held)'}`);
      }
    return found;
  }

  /** All of one person's rows, by where they are. */
  async rowsOf(who: string): Promise<Record<string, number>> {
    const { home, model, column } = this;
    const keys = await home.privacy();
    const is = (cell: unknown): boolean => {
      const text = String(cell);
      if (text.startsWith('enc:v1:')) return keys.open({ owner: model, field: column }, text) === who;
      return text === who || text === keys.pseudonym(column, who);
    };
    const rows: Record<string, number> = {};
    for (const { key, latest } of await held(home.data)) {
      if (!latest || !key.includes(`/${model}/`)) continue;
      const file = path.join(this.folder, 'read');
      if (key.endsWith('.parquet')) {
        await home.data.download(key, file);
        const cells = await withDuck(undefined, (duck) => duck.rows(`SELECT * FROM read_parquet(${literal(file)})`));
        rows[key] = cells.filter((row) => is(row[column])).length;
      } else if (key.endsWith('.csv') || key.endsWith('.jsonl')) {
        const body = new TextDecoder().decode(await home.data.get(key));
        rows[key] = body
          .split('\n')
          .filter((text) => text.includes(who) || text.includes(keys.pseudonym(column, who))).length;
      }
    }
    return rows;
  }

  /** Prediction ids that captures hold. */
  async captured(): Promise<string[]> {
    const ids: string[] = [];
    for (const { key } of await held(this.home.captures))
      for (const capture of await readCaptureObject(this.home, key))
        if (capture.model === this.model)
          for (let row = 0; row < capture.rows; row++) ids.push(rowId(capture, row).slice(this.model.length + 1));
    return ids.sort();
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function held(store: ObjectStore) {
  const all = [];
  for await (const write of store.writes('')) all.push(write);
  return all;
}

const RANGE = (id: string, rows: number) => Array.from({ length: rows }, (_, row) => `${id}#${row}`);

/** What forgetting must do in every home. */
export function forgetContract(name: string, open: () => Promise<Home>): void {
  describe.each(['feature', 'column'] as const)(`forgetting on the ${name} home, the subject a %s`, (naming) => {
    let home: Home;
    let lives: Lives;
    let before: Record<string, number>;
    beforeAll(async () => {
      home = await open();
      lives = new Lives(home, naming);
      await lives.live();
      before = await lives.rowsOf(BERT);
      // Of this drop nothing is left.
      delete before[`incoming/${lives.model}/annas.csv`];
    }, 180_000);
    afterAll(async () => {
      lives.close();
      await home.close();
    });

    it('says in a dry run what would be erased, and erases nothing', async () => {
      const there = await lives.whereIs(ANNA);
      expect(there.length).toBeGreaterThan(8);
      const dry = await forget(home, { subject: ANNA, model: lives.model, dryRun: true, actor: 'test' });
      expect(dry.erased[lives.model]).toMatchObject({
        captures: { rows: naming === 'feature' ? 4 : 7 },
        datasets: { rows: 12 },
        quarantine: { rows: 6 },
        truths: { rows: naming === 'feature' ? 3 : 4 },
      });
      expect(await lives.whereIs(ANNA)).toEqual(there);
      expect((await home.ledger.latest(lives.model))?.kind).toBe('released');
    });

    it('leaves nothing of the subject, older writes included, and everything of the others', async () => {
      const done = await forget(home, { subject: ANNA, model: lives.model, request: 'ticket-1', actor: 'user:ada' });
      expect(await lives.whereIs(ANNA)).toEqual([]);
      expect(await lives.rowsOf(BERT)).toEqual(before);
      expect(await lives.captured()).toEqual(
        (naming === 'feature' ? ['ab#0', 'ab#2', 'ab#5', 'b', ...RANGE('b2', 20)] : ['b', ...RANGE('b2', 20)]).sort(),
      );
      expect(done.entries).toHaveLength(1);
      expect(done.beyond.join('\n')).toMatch(/trained/);
    });

    it('records that it did, how much, and not whom', async () => {
      const entry = (await home.ledger.latest(lives.model))!;
      expect(entry).toMatchObject({
        kind: 'subject-forgotten',
        actor: 'user:ada',
        version: null,
        state: { champion: 1 },
        evidence: { request: 'ticket-1', erased: { datasets: { rows: 12 } } },
      });
      const keys = await home.privacy();
      const text = JSON.stringify(entry);
      expect(text).not.toContain(ANNA);
      expect(text).not.toContain(keys.pseudonym(lives.column, ANNA));
    });

    it('keeps the numbers of dataset versions, counted anew, with what was erased', async () => {
      const read = async (key: string) => JSON.parse(new TextDecoder().decode(await home.data.get(key)));
      const folder = `datasets/${lives.model}/dataset_version=000001`;
      const manifest = await read(`${folder}/_manifest.json`);
      expect(manifest).toMatchObject({ version: 1, rows: 20, erasures: [{ rows: 10 }] });
      const profile = await read(`${folder}/_profile.json`);
      expect(profile.rows).toBe(20);
      expect(profile.columns.distance.counts.reduce((a: number, b: number) => a + b)).toBe(20);
      expect(await read(`datasets/${lives.model}/dataset_version=000003/_manifest.json`)).toMatchObject({ rows: 0 });
    });

    it('judges no drop again that was judged before its rows were erased', async () => {
      for (const name of ['good.csv', 'poor.csv', 'lines.jsonl.gz', 'headless.csv'])
        expect(await validateDrop(home, { key: `incoming/${lives.model}/${name}` })).toMatchObject({ repeated: true });
      expect(await validateDrop(home, { key: `incoming/${lives.model}/not-judged.csv` })).not.toHaveProperty(
        'repeated',
      );
    });

    it('finds nothing more when it is done again, and adds no entry', async () => {
      const { number } = (await home.ledger.latest(lives.model))!;
      await forget(home, { subject: ANNA, model: lives.model, request: 'ticket-1', actor: 'user:ada' });
      const other = await forget(home, { subject: ANNA, model: lives.model, actor: 'user:ada' });
      expect(other).toMatchObject({ erased: {}, entries: [] });
      expect((await home.ledger.latest(lives.model))?.number).toBe(number);
    });

    it('forgets one prediction by its id', async () => {
      await forget(home, { prediction: `${lives.model}-b2#3`, model: lives.model, actor: 'user:ada' });
      expect(await lives.captured()).not.toContain('b2#3');
      expect(await lives.captured()).toContain('b2#4');
      await forget(home, { prediction: `${lives.model}-b`, model: lives.model, actor: 'user:ada' });
      expect(await lives.captured()).not.toContain('b');
    });
  });
}
