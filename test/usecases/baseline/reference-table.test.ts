import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Contract } from '../../../core/contract/contract.ts';
import { withExamined } from '../../../platform/onnx/examine.ts';
import { floats, node, value } from '../../../scripts/lib/onnx-writer.ts';
import { sampleReference } from '../../../usecases/baseline/reference-sample.ts';
import { withReference } from '../../../usecases/baseline/reference-table.ts';
import { encodeGraph, model } from '../../fixtures/onnx/onnx-model.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const COLUMNS = Array.from({ length: 300 }, (_, i) => `c${i}`);
const ROWS = 600;
const contract = Contract.parse({
  features: COLUMNS.map((name, index) => ({ name, type: 'float', missing: 'allow', input: 'x', index })),
  data: { label: 'label' },
});

let dataFile: string;
let modelFile: string;
beforeAll(() => {
  const folder = temporaryFolder('reference-table');
  dataFile = path.join(folder, 'rows.csv');
  const lines = Array.from({ length: ROWS }, (_, row) =>
    [...COLUMNS.map((_, i) => (i === 299 ? row : i / 8)), row % 4 === 0 ? '' : `y${row}`].join(','),
  );
  writeFileSync(dataFile, `${[...COLUMNS, 'label'].join(',')}\n${lines.join('\n')}\n`);
  modelFile = path.join(folder, 'last.onnx');
  const weights = COLUMNS.map((_, i) => (i === 299 ? 1 : 0));
  const graph = encodeGraph('last', {
    nodes: [node('MatMul', ['x', 'w'], ['score'])],
    constants: [floats('w', [COLUMNS.length, 1], weights)],
    inputs: [value('x', 'float32', ['n', COLUMNS.length])],
    outputs: [value('score', 'float32', ['n', 1])],
  });
  writeFileSync(modelFile, model(graph));
});

describe('reference data that is open', () => {
  it('is sampled evenly, with its labels, within the memory that its values take', async () => {
    const { sample } = await withExamined(modelFile, ({ signature, open }) =>
      withReference(dataFile, { contract, signature }, async (table) => {
        // The grammar of cells in a query of this many columns takes more.
        await table!.duck.run("SET memory_limit = '48MB'");
        return sampleReference({
          ...{ dataFile, table, open, signature, label: 'label' },
          manifest: { name: 'last', contract },
        });
      }),
    );
    const { rows, outputs, truths } = sample;
    const sampled = Array.from({ length: 300 }, (_, i) => 2 * i + 1);
    expect(rows).toBe(300);
    expect([...outputs.get('score')!.data]).toEqual(sampled);
    expect(truths).toEqual(sampled.map((row) => (row % 4 === 0 ? null : `y${row}`)));
  });

  it('says in words that memory does not suffice, and what to do', async () => {
    const file = path.join(temporaryFolder('reference-table'), 'rows.csv');
    writeFileSync(file, 'a\n1\n2\n');
    const read = { contract: Contract.parse({ features: [{ name: 'a', type: 'float' }] }), signature: { inputs: [] } };
    const work = withReference(file, read, (table) =>
      table!.duck.run("SET memory_limit = '1MB'; CREATE TABLE large AS SELECT list(i) FROM range(1_000_000) t(i)"),
    );
    await expect(work).rejects.toThrow(
      /^there is not enough memory to read rows\.csv as reference data: give fewer of its rows/,
    );
  });
});
