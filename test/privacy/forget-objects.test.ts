import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { Manifest } from '../../core/model/manifest.ts';
import { type Forgotten, forget } from '../../functions/forget/forget.ts';
import { openLocalHome } from '../../platform/local/home.ts';
import { readSignature } from '../../platform/onnx/model.ts';
import type { Home } from '../../platform/ports.ts';
import { Registry } from '../../platform/registry.ts';

const FIXTURE = 'test/fixtures/onnx/pipeline.onnx';
const MODEL = 'small';
const folder = mkdtempSync(path.join(os.tmpdir(), 'trimtab-objects-'));
let opened = 0;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('forgetting, object by object', () => {
  let home: Home;
  beforeEach(async () => {
    home = await openLocalHome(path.join(folder, `home-${opened}`));
    const source = path.join(folder, `model-${opened++}`);
    await mkdir(source);
    await copyFile(FIXTURE, path.join(source, 'model.onnx'));
    const manifest = Manifest.parse({
      name: MODEL,
      contract: {
        features: [
          { name: 'carrier', type: 'string' },
          { name: 'distance', type: 'float' },
          { name: 'temperature', type: 'float' },
        ],
        data: { extra: ['customer'], personal: { customer: 'hash' }, subject: 'customer' },
      },
      decision: { task: 'binary', output: 'probabilities', column: 1 },
    });
    writeFileSync(path.join(source, 'model.json'), JSON.stringify(manifest));
    await new Registry(home, 'test').register(source, await readSignature(FIXTURE));
    return () => home.close();
  });

  const drop = (name: string): string => `incoming/${MODEL}/${name}`;
  const text = async (key: string): Promise<string> => new TextDecoder().decode(await home.data.get(key));
  const forgetting = (subject: string, at = home): Promise<Forgotten> => forget(at, { subject, actor: 'test' });

  it('erases truths that name the subject, and none in which a version, a score or a truth looks like it', async () => {
    const key = `ground-truth/joined/${MODEL}/2026-01-01.jsonl`;
    const pseudonym = (await home.privacy()).pseudonym('customer', '1');
    const others = [
      { id: 'a', truth: 1, version: 1, score: 1, wrong: null },
      { id: '1', truth: '1', version: 2, score: 0.5, wrong: false },
      { id: 'b', truth: 0, customer: '12' },
      { reason: 'not a number: 1', id: 'c' },
    ].map((line) => JSON.stringify(line));
    const its = [
      JSON.stringify({ id: 'd', truth: 0, subject: pseudonym }),
      JSON.stringify({ id: 'e', truth: 0, customer: 1 }),
      JSON.stringify({ line: 'customer 1 was late', reason: 'not JSON' }),
      'customer 1 was late',
    ];
    await home.data.put(key, `${[...others, ...its].join('\n')}\n`);
    await forgetting('1');
    expect(await text(key)).toBe(`${others.join('\n')}\n`);
  });

  it('keeps a drop whose header names no subject, and says that there is one', async () => {
    const body = 'carrier,distance,temperature\nB6,1,1\nB6,2,1\n';
    await home.data.put(drop('unnamed.csv'), body);
    await home.data.put(drop('headless.csv'), 'B6,1,7\nB6,2,8\n');
    const { beyond } = await forgetting('1');
    expect(await text(drop('unnamed.csv'))).toBe(body);
    expect(await text(drop('headless.csv'))).toBe('B6,2,8\n');
    expect(beyond).toContain('1 dataset versions and drops that have no subject column');
  });
});
