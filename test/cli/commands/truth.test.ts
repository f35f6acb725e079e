import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../../cli/main.ts';
import type { TruthView } from '../../../cli/truth/truth-view.ts';
import { type LocalRuntime, startLocalRuntime } from '../../../local-runtime/local-runtime.ts';
import { readSignature } from '../../../platform/onnx/model.ts';
import { joinGroundTruth } from '../../../usecases/ground-truth/join-ground-truth.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { captureLine, deliverCaptures } from '../../usecases/ground-truth/capture-lines.ts';

const folder = temporaryFolder('truth');
const home = path.join(folder, 'home');
const MODEL = 'models/flight-delay/v1';
const NOW = new Date();
let runtime: LocalRuntime;

async function trimtab(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const status = await main(['--home', home, ...argv], {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    env: {},
  });
  return { status, out: out.join('\n'), err: err.join('\n') };
}

/** Sends a file, and gives what is said of it. */
async function send(name: string, content: string | Uint8Array, ...more: string[]): Promise<TruthView> {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  const { status, out, err } = await trimtab('truth', 'flight-delay', '--data', file, '--json', ...more);
  expect(out, err).not.toBe('');
  const view = JSON.parse(out) as TruthView;
  expect(status).toBe(view.unreadable > 0 ? 1 : 0);
  return view;
}

const lines = ({ problems }: TruthView): (string | number)[][] => problems.map(({ line, kind }) => [line, kind]);

beforeAll(async () => {
  runtime = await startLocalRuntime({ home, port: 0, every: { 'ground-truth': 3_600 } });
  const registry = new Registry(runtime.home, 'test');
  await registry.register(MODEL, await readSignature(path.join(MODEL, 'model.onnx')));
  await registry.apply('flight-delay', { type: 'approve', version: 1, reason: 'r' });
  await registry.apply('flight-delay', { type: 'release', version: 1, reason: 'r' });
  const at = NOW.toISOString();
  await deliverCaptures(runtime.home, 'one', at, [
    captureLine('batch', [0.9, 0.1, 0.2], { at, model: 'flight-delay' }),
    captureLine('one', [0.9], { at, model: 'flight-delay' }),
  ]);
});
afterAll(() => runtime.close());

describe('trimtab truth', () => {
  it('says of a file what was known, unknown and unreadable, on which lines, and sends what is a truth', async () => {
    const content =
      'prediction_id,note,truth,time\nbatch#0,"a\nb",1,\nbatch#1,,maybe,\nnobody,,1,\nbatch#2,,,\none,,0,2036-01-01T00:00:00Z\none,,0\none,,true,yesterday\n';
    const view = await send('truths.csv', content);
    expect(view).toMatchObject({ records: 7, sent: 2, known: 1, unknown: 1, unreadable: 5 });
    expect(lines(view)).toEqual([
      [4, 'unreadable'],
      [5, 'unknown'],
      [6, 'unreadable'],
      [7, 'unreadable'],
      [8, 'unreadable'],
      [9, 'unreadable'],
    ]);
    expect(view.problems[0]!.reason).toBe('truth "maybe" is no class of the decision, expected 0, 1');
    expect(await joinGroundTruth(runtime.home, new Date())).toMatchObject({ joined: 1, waiting: 1, malformed: 0 });
    // Where the model stands, a person sees what is not joined.
    expect((await trimtab('status', 'flight-delay')).out).toContain('1 waits for its prediction');
    expect((await trimtab('doctor', '--port', '0')).out).toContain('truths of flight-delay');
  });

  it('reads JSON lines, zipped ones too, and columns by the names that are given', async () => {
    const json = '\ufeff{"id":"one","truth":true}\n\n{"id":"one","metric":"reward","value":1}\n{"id":"one"}\n';
    const view = await send('truths.jsonl.gz', gzipSync(json));
    expect(view).toMatchObject({ records: 3, sent: 2, known: 2, unreadable: 1 });
    expect(lines(view)).toEqual([[4, 'unreadable']]);
    const named = ['--id-column', 'key', '--truth-column', 'late'];
    expect(await send('named.tsv', 'key\tlate\none\t1\n', ...named)).toMatchObject({ sent: 1, known: 1 });
    const file = path.join(folder, 'named.tsv');
    expect(await trimtab('truth', 'flight-delay', '--data', file)).toMatchObject({
      status: 2,
      err: 'trimtab: no column id or prediction_id in the header (key, late): name the one with the prediction ids by --id-column',
    });
  });

  it('sends to an endpoint, which says what no version of it could read', async () => {
    const served = async () => (await fetch(`${runtime.url}/v1/models/flight-delay`)).status;
    await expect.poll(served, { timeout: 20_000 }).toBe(200);
    const view = await send('two.csv', 'id,truth\nbatch#1,0\nbatch#2,late\n,1\n', '--url', runtime.url);
    expect(view).toMatchObject({ records: 3, sent: 2, known: null, unknown: null, unreadable: 2 });
    expect(lines(view)).toEqual([
      [3, 'unreadable'],
      [4, 'unreadable'],
    ]);
  });
});
