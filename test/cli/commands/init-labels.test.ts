import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../../cli/main.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';
import { floats, node, value } from '../../../scripts/lib/onnx-writer.ts';
import { encodeGraph, model } from '../../fixtures/onnx/onnx-model.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const ROWS = Array.from({ length: 200 }, (_, i) => i);
/** As good as random, and the same every time. */
const bit = (i: number, seed: number): number => Math.floor(Math.abs(Math.sin(i * 12.9898 + seed) * 43_758.5453)) % 2;
const amount = (i: number, seed: number): number => Math.sin(i * 3.7 + seed * 1.3);

describe('the label that trimtab init takes', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder('init-labels');
  });

  /** Says yes where the first of two columns is more than the second; the columns by their number, or by their names. */
  const graphOf = (named: boolean): string => {
    const file = path.join(folder, 'flags.onnx');
    const inputs = named
      ? ['a', 'b'].map((name) => value(name, 'float32', ['n', 1]))
      : [value('x', 'float32', ['n', 2])];
    const score = named ? node('Sub', ['a', 'b'], ['s']) : node('MatMul', ['x', 'w'], ['s']);
    const graph = encodeGraph('flags', {
      nodes: [score, node('Greater', ['s', 'zero'], ['flag'])],
      constants: [floats('w', [2, 1], [1, -1]), floats('zero', [1], [0])],
      inputs,
      outputs: [value('flag', 'bool', ['n', 1])],
    });
    writeFileSync(file, model(graph));
    return file;
  };
  const target = () => path.join(folder, 'made');

  async function init(columns: Readonly<Record<string, (i: number) => number>>, named = false, more: string[] = []) {
    const data = path.join(folder, 'data.csv');
    const lines = ROWS.map((i) => Object.values(columns).map((of) => of(i)));
    writeFileSync(data, [Object.keys(columns), ...lines].map((cells) => cells.join()).join('\n'));
    const [out, err]: [string[], string[]] = [[], []];
    const io = { out: (text: string) => out.push(text), err: (text: string) => err.push(text), env: {} };
    const words = ['init', '--model', graphOf(named), '--data', data, '--name', 'made', '--out', target(), ...more];
    const status = await main(words, io);
    const made = existsSync(target()) ? JSON.parse(readFileSync(path.join(target(), 'model.json'), 'utf8')) : undefined;
    return {
      ...{ status, err: err.join('\n'), out: out.join('\n').replaceAll(/\s+/g, ' ') },
      contract: made && Manifest.parse(made).contract,
    };
  }

  const a = (i: number): number => amount(i, 1);
  const b = (i: number): number => amount(i, 2);
  const truth = (i: number): number => Number(a(i) > b(i));

  it('is one that decides which columns are features only where the graph does well on it', async () => {
    const taken = await init({ a, b, died: truth });
    expect(taken).toMatchObject({ status: 0, err: '', contract: { data: { label: 'died' } } });
    expect(taken.out).toContain('wrong on 0.0 % of 200 labelled rows');
  });

  it.each([
    [
      'a feature, beside the label in other numbers',
      { a, smoker: (i: number) => bit(i, 5), died: (i: number) => 1 + truth(i) },
    ],
    ['a feature, beside a column that is nothing', { a, smoker: (i: number) => bit(i, 5), weight: b }],
    ['called like it, where another holds the classes', { a, class: (i: number) => 1 + (i % 3), survived: truth }],
    [
      'as good as another that would leave it among the features',
      { late: truth, code: (i: number) => 1 + truth(i), a: (i: number) => (truth(i) ? -1 : 3) },
    ],
  ])('is asked for where it is %s', async (_, columns: Readonly<Record<string, (i: number) => number>>) => {
    const { status, err } = await init(columns);
    expect(status).toBe(2);
    expect(err).toMatch(/may be the ground truth \(.*Whichever column is left out, .*--label (smoker|class|late)/);
    if (Object.hasOwn(columns, 'code'))
      expect(err).toContain('but so may code: the graph is worth more than a constant');
    expect(existsSync(target())).toBe(false);
  });

  it('is none, but a hint, where no feature hangs on it and the graph is no better than a constant', async () => {
    const { out, contract } = await init({ a, b, vip: (i) => bit(i, 9) }, true);
    expect(contract?.data).toMatchObject({ extra: ['vip'] });
    expect(contract?.data.label).toBeUndefined();
    expect(out).toMatch(/no column was taken for the ground truth: vip may be .*; if it is: --label vip/);
  });

  it('cannot be a column that the graph takes', async () => {
    expect((await init({ a, b, c: truth }, true, ['--label', 'b'])).err).toContain('the graph takes b for a feature');
  });

  it('does not hide a feature that holds the classes, where another is stated that does not', async () => {
    const { out } = await init({ a, b, died: truth }, false, ['--label', 'a']);
    expect(out).toContain('died was taken for a feature, though it holds the classes of the graph');
  });

  it('shows whether a running number was rightly left out, which is else asked for', async () => {
    const minute = (i: number): number => i;
    const late = (i: number): number => Number(i > 100 + 50 * a(i));
    const asked = await init({ minute, a, spare: b, label: late });
    expect(asked.status).toBe(2);
    expect(asked.err).toMatch(
      /minute \(a running number, 0 to 199\) may be a feature, .*--ignore minute, or --id minute/,
    );
    expect(await init({ minute, a, b, label: truth })).toMatchObject({
      status: 0,
      contract: { data: { label: 'label' } },
    });
  });
});
