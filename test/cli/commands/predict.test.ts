import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../../cli/main.ts';
import type { FeatureType } from '../../../core/contract/types/value-type.ts';
import { type LocalRuntime, startLocalRuntime } from '../../../local-runtime/local-runtime.ts';
import { type Element, node, value } from '../../../scripts/lib/onnx-writer.ts';
import { encodeGraph, model } from '../../fixtures/onnx/onnx-model.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

/** What the model takes, and gives back as it was taken. */
const INPUTS: Readonly<Record<string, readonly [Element, FeatureType]>> = {
  late: ['bool', 'boolean'],
  weekend: ['float32', 'boolean'],
  seats: ['int64', 'integer'],
  delay: ['float32', 'float'],
  carrier: ['string', 'string'],
};

describe('trimtab predict', () => {
  const folder = temporaryFolder('predict');
  let runtime: LocalRuntime;

  async function run(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
    const [out, err]: [string[], string[]] = [[], []];
    const io = { out: (text: string) => out.push(text), err: (text: string) => err.push(text), env: {} };
    const status = await main(['--home', path.join(folder, 'home'), ...argv], io);
    return { status, out: out.join('\n'), err: err.join('\n') };
  }
  const file = (name: string, lines: readonly string[]): string => {
    const at = path.join(folder, name);
    writeFileSync(at, lines.map((line) => `${line}\n`).join(''));
    return at;
  };
  const predict = (data: string) => run('predict', 'echo', '--data', data, '--json');
  const HEAD = Object.keys(INPUTS).join(',');

  beforeAll(async () => {
    const echo = path.join(folder, 'echo');
    mkdirSync(echo);
    const inputs = Object.entries(INPUTS);
    const graph = encodeGraph('echo', {
      nodes: inputs.map(([name]) => node('Identity', [name], [`${name}_out`])),
      inputs: inputs.map(([name, [element]]) => value(name, element, ['n', 1])),
      outputs: inputs.map(([name, [element]]) => value(`${name}_out`, element, ['n', 1])),
    });
    writeFileSync(path.join(echo, 'model.onnx'), model(graph));
    const features = inputs.map(([name, [, type]]) => ({ name, type, missing: type === 'float' ? 'allow' : 'reject' }));
    writeFileSync(path.join(echo, 'model.json'), JSON.stringify({ name: 'echo', contract: { features } }));
    for (const command of [
      ['register', echo],
      ['approve', 'echo', '1'],
      ['release', 'echo', '1'],
    ])
      expect(await run(...command)).toMatchObject({ status: 0 });
    runtime = await startLocalRuntime({ home: path.join(folder, 'home'), port: 0 });
  });
  afterAll(() => runtime.close());

  it('reads cells as the inputs’ types say, as the validation of a file does', async () => {
    const rows = ['false,true,42,0.5,UA', 'True,0,42.0,NA,NA', '0,FALSE, 7 ,-1e3,true'];
    const data = file('rows.csv', [HEAD, ...rows]);
    const { status, out, err } = await predict(data);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    const answers = Object.fromEntries(
      (JSON.parse(out).outputs as { name: string; data: unknown[] }[]).map(({ name, data: cells }) => [name, cells]),
    );
    expect(answers).toEqual({
      late_out: [false, true, false],
      weekend_out: [1, 0, 0],
      seats_out: [42, 42, 7],
      delay_out: [0.5, null, -1000],
      carrier_out: ['UA', 'NA', 'true'],
    });
    const validated = await run('validate', data, '--contract', path.join(folder, 'echo'), '--out', folder, '--json');
    expect(JSON.parse(validated.out).rows).toEqual({ records: 3, accepted: 3, quarantined: 0 });
  });

  it('sends what is none of the type’s values as it is, for the endpoint to name', async () => {
    const { status, err } = await predict(file('bad.csv', [HEAD, 'perhaps,true,many,0.5,UA']));
    expect(status).toBe(1);
    expect(err).toMatch(/perhaps|many/);
  });

  it('sends integers beyond 2^53 with every digit, whatever the format, and no fraction as one', async () => {
    const id = '9007199254740993';
    const json = `{"late": false, "weekend": 1, "seats": ${id}, "delay": 1, "carrier": "UA"}`;
    for (const data of [file('ids.csv', [HEAD, `0,1,${id},1,UA`]), file('ids.jsonl', [json])]) {
      const { out } = await predict(data);
      expect(JSON.parse(out).outputs[2]).toEqual({ name: 'seats_out', datatype: 'INT64', shape: [1, 1], data: [id] });
    }
    expect((await predict(file('half.csv', [HEAD, `0,1,${id}.5,1,UA`]))).err).toContain(`${id}.5`);
  });

  it('reads rows of other formats by their own types', async () => {
    const rows = [{ late: false, weekend: true, seats: 42, delay: null, carrier: 'UA' }];
    const { out } = await predict(
      file(
        'rows.jsonl',
        rows.map((row) => JSON.stringify(row)),
      ),
    );
    expect((JSON.parse(out).outputs as { data: unknown[] }[]).map(({ data }) => data[0])).toEqual([
      false,
      1,
      42,
      null,
      'UA',
    ]);
  });
});
