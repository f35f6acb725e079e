import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../../cli/main.ts';
import { openLocalHome } from '../../../platform/local/home.ts';
import { Endpoint } from '../../../usecases/serving/endpoint.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const FIXTURES = 'test/fixtures/onnx/repairs';

interface Expected {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (number | string)[])[];
  readonly labels: readonly (string | number)[];
  readonly classes: readonly (string | number)[];
  readonly predicted: readonly (string | number)[];
  readonly probabilities: readonly (readonly number[])[];
}

/** Rows with their labels, and what the library that made a model predicts for them. */
const EXPECTED = JSON.parse(readFileSync(`${FIXTURES}/expected.json`, 'utf8')) as Record<string, Expected>;

let folder: string;
let endpoint: Endpoint;
/** What init and register printed and returned, by model. */
const made = new Map<string, { init: Json; register: Json; again: Json }>();
type Json = ReturnType<typeof JSON.parse>;

async function run(...argv: string[]): Promise<Json> {
  const [out, err]: [string[], string[]] = [[], []];
  const status = await main(['--home', path.join(folder, 'home'), '--json', ...argv], {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    env: { TRIMTAB_ACTOR: 'user:ada' },
  });
  expect(err.join('\n')).toBe('');
  expect(status).toBe(0);
  return JSON.parse(out.join('\n'));
}

beforeAll(async () => {
  folder = temporaryFolder('init-exports');
  for (const [name, { columns, rows, labels }] of Object.entries(EXPECTED)) {
    const data = path.join(folder, `${name}.csv`);
    const lines = rows.map((row, i) => [...row, labels[i]].map((cell) => JSON.stringify(cell)).join(','));
    writeFileSync(data, `${[...columns, 'species'].join(',')}\n${lines.join('\n')}\n`);
    const target = path.join(folder, name);
    const init = await run(
      'init',
      '--model',
      `${FIXTURES}/${name}.onnx`,
      '--data',
      data,
      '--label',
      'species',
      '--out',
      target,
    );
    made.set(name, { init, register: await run('register', target), again: await run('register', target) });
    await run('approve', name, '1', '--reason', 'test');
    await run('release', name, '1', '--reason', 'test');
  }
  endpoint = await Endpoint.open({
    home: await openLocalHome(path.join(folder, 'home')),
    models: 'all',
    cacheFolder: path.join(folder, 'cache'),
    refreshSeconds: 3600,
    ledgerTimeoutSeconds: 1,
    emit: () => undefined,
  });
});
afterAll(() => endpoint.close());

const ask = async (target: string, body: unknown): Promise<Json> => {
  const { body: answer } = await endpoint.handle({
    method: 'POST',
    path: target,
    query: {},
    headers: { 'content-type': 'application/json' },
    body: new TextEncoder().encode(JSON.stringify(body)),
  });
  return JSON.parse(String(answer));
};

describe.each(Object.entries(EXPECTED))('%s, as its converter exports it by default', (name, expected) => {
  const { rows, classes, columns } = expected;

  it('is repaired, and the ledger keeps what it was', () => {
    const { init, register, again } = made.get(name)!;
    const given = readFileSync(`${FIXTURES}/${name}.onnx`);
    expect(init.repairs[0]).toMatchObject({ kind: 'map-output' });
    expect(init.repairs).toHaveLength(name === 'sklearn-text' ? 2 : 1);
    const digest = createHash('sha256').update(given).digest('hex');
    expect(register.repairs).toEqual({ given: digest, repairs: init.repairs });
    expect(register.artifact.digest).not.toBe(digest);
    expect(again).toMatchObject({ existed: true, version: 1, repairs: register.repairs });
  });

  it('decides between the classes that it names', () => {
    const { manifest, baseline } = made.get(name)!.init;
    const { decision, outputs } = manifest;
    const deciding = outputs.find((output: Json) => output.name === decision.output);
    expect(deciding).toMatchObject({ meaning: 'probabilities', classes });
    expect(decision).toMatchObject(
      classes.length === 2 ? { task: 'binary', column: 1, threshold: 0.5 } : { task: 'multiclass', classes },
    );
    const wrong = expected.predicted.filter((predicted, i) => predicted !== expected.labels[i]).length;
    expect(baseline.performance.rows).toBe(rows.length);
    expect(baseline.performance.errorRate).toBeCloseTo(wrong / rows.length, 9);
  });

  it('answers what the library predicts, and classifies by name', async () => {
    const instances = columns.length === 1 ? rows.map(([only]) => only) : rows;
    const { predictions, error } = await ask(`/v1/models/${name}:predict`, { instances });
    expect(error).toBeUndefined();
    const [label, scores] = made.get(name)!.init.manifest.outputs.map((output: Json) => output.name);
    for (const [i, prediction] of predictions.entries()) {
      expect(prediction[label]).toEqual(expected.predicted[i]);
      for (const [column, share] of expected.probabilities[i]!.entries())
        expect(prediction[scores][column]).toBeCloseTo(share, 5);
    }
    const input = made.get(name)!.register.signature.inputs[0].name;
    const { results } = await ask(`/v1/models/${name}:classify`, { examples: [{ [input]: instances[0] }] });
    expect(results[0].map(([named]: [string]) => named)).toEqual(classes.map(String));
  });
});
