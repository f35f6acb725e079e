import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Contract } from '../../../core/contract/contract.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';
import type { Signature } from '../../../core/model/signature.ts';
import { withExamined } from '../../../platform/onnx/examine.ts';
import { node, value } from '../../../scripts/lib/onnx-writer.ts';
import { buildBaseline } from '../../../usecases/baseline/build-baseline.ts';
import { driftOfFile } from '../../../usecases/drift/detect-file-drift.ts';
import { profileAnyFile } from '../../../usecases/validation/profile-file.ts';
import { validateFile } from '../../../usecases/validation/validate-file.ts';
import { encodeGraph, model } from '../../fixtures/onnx/onnx-model.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

/** What queries call tables and columns of their own, or once did. */
const NAMES: readonly string[] = [
  ...['x', 'v', 'n', 't', 'q', 'bin', 'rows', 'mode', 'id', 'r', 'b', 's', 'd', 'row', 'value', 'kind', 'line', 'file'],
  ...['x0', 'x1', 'c0', 'c1', 'v0', 'v1', 'k0', 'k1', 'u0', 'lo0', 'hi0', 'mu0', 'm0', 'cdup', 'subject', 'newest'],
  ...['some', 'bad', 'first', 'last', 'chunk', 'cut', 'lowest', 'rest', 'above', 'broken', 'doubles', 'typed_rows'],
  ...['scores', 'score', 'sampled', 'code', 'edges', 'count', 'name', 'time', 'select', 'group'],
];

const folder = temporaryFolder('column-names');
const ROWS = 400;
/** Without a decision nothing is run. */
const loadsNothing = () => Promise.reject(new Error('the model was opened'));
/** Quantiles, few values, mostly one value, and text, by turns; some missing. */
function cell(row: number, column: number): string {
  const some = (row * 31 + column * 17) % 97;
  if (some === 5) return '';
  return [String(some / 7), String(some % 3), some < 80 ? '0' : String(some), `text ${some % 5}`][column % 4]!;
}
const isText = (column: number): boolean => column % 4 === 3;

function file(name: string, columns: readonly string[], ending = 'csv'): string {
  const at = path.join(folder, `${name}.${ending}`);
  const lines = Array.from({ length: ROWS }, (_, row) => columns.map((_name, column) => cell(row, column)));
  const asJson = (line: string[]) =>
    JSON.stringify(
      Object.fromEntries(
        line.map((text, i) => {
          if (text === '') return [columns[i], null];
          return [columns[i], isText(i) ? text : Number(text)];
        }),
      ),
    );
  const text = ending === 'csv' ? [columns, ...lines].map((line) => line.join(',')) : lines.map(asJson);
  writeFileSync(at, `${text.join('\n')}\n`);
  return at;
}

/** Every third column of numbers is one of integers, which have a column beside them in queries. */
const contractOf = (columns: readonly string[]): Contract =>
  Contract.parse({
    features: columns.map((name, i) => {
      if (isText(i))
        return { name, type: 'string', missing: 'allow', allowed: ['text 0', 'text 1', 'text 2', 'text 3'] };
      return { name, type: i % 4 === 1 ? 'integer' : 'float', missing: 'allow', min: 0, max: 90 };
    }),
    file: { maxQuarantinedShare: 1, unique: [columns[0], columns[3], columns[8]] },
  });

const NEUTRAL = NAMES.map((_, i) => `column${i}`);
/** Does the same with columns of neutral names, and with those that queries have: results must differ by the names alone. */
async function ofBoth<T>(work: (columns: readonly string[], name: string) => Promise<T>): Promise<[T, T]> {
  const plain = JSON.stringify(await work(NEUTRAL, 'neutral'));
  const renamed = plain.replaceAll(/\bcolumn(\d+)\b/g, (_, i) => NAMES[Number(i)]!);
  return [await work(NAMES, 'hostile'), JSON.parse(renamed) as T];
}

describe('columns that are called what queries call their own', () => {
  it.each(['csv', 'jsonl'])('are profiled like any others, of .%s', async (ending) => {
    const [hostile, plain] = await ofBoth((columns, name) => profileAnyFile(file(`profile-${name}`, columns, ending)));
    expect(hostile).toEqual(plain);
  });

  it.each(['csv', 'jsonl'])('are validated like any others, of .%s', async (ending) => {
    const [hostile, plain] = await ofBoth(async (columns, name) => {
      const outDir = path.join(folder, `out-${name}-${ending}`);
      const data = file(`validate-${name}`, columns, ending);
      const { rows, reasons, quarantineFile, profile } = await validateFile(data, contractOf(columns), {
        outDir,
        now: new Date(0),
      });
      const quarantined = readFileSync(quarantineFile!, 'utf8').trim().split('\n');
      return { rows, reasons, profile, quarantined: quarantined.map((line) => JSON.parse(line).reasons) };
    });
    expect(hostile).toEqual(plain);
    expect(plain.rows.accepted).toBeGreaterThan(0);
    expect(plain.rows.quarantined).toBeGreaterThan(0);
  });

  it('make a baseline, and are held against it, like any others', async () => {
    const [hostile, plain] = await ofBoth(async (columns, name) => {
      const dataFile = file(`baseline-${name}`, columns);
      const contract = contractOf(columns);
      const manifest = Manifest.parse({ name: 'm', contract });
      const signature: Signature = {
        inputs: contract.features.map(({ name: input, type }) => ({
          name: input,
          type: ({ string: 'string', integer: 'int64', float: 'float32', boolean: 'bool' } as const)[type],
          shape: [-1, 1],
        })),
        outputs: [{ name: 'p', type: 'float32', shape: [-1, 1] }],
      };
      const baseline = await buildBaseline({ dataFile, open: loadsNothing, manifest, signature, now: new Date(0) });
      const { source: _, ...rest } = baseline;
      return { ...rest, drift: await driftOfFile(dataFile, manifest, baseline) };
    });
    expect(hostile).toEqual(plain);
  });

  it('are scored by the model like any others, and so are the columns of time and truth', async () => {
    const [hostile, plain] = await ofBoth(async (columns, name) => {
      const [time, label, ...features] = ['t', 's', 'rows', 'id', 'score', 'scores', 'r', 'x', 'n'].map(
        (each) => columns[NAMES.indexOf(each)]!,
      );
      const dataFile = path.join(folder, `scored-${name}.csv`);
      const lines = Array.from({ length: ROWS }, (_, row) => [
        new Date(row * 60_000).toISOString(),
        String(row % 3 === 0 ? 1 : 0),
        ...features.map((_feature, i) => String(((row * 7 + i * 3) % 97) / 97)),
      ]);
      writeFileSync(dataFile, [[time, label, ...features], ...lines].map((line) => `${line.join(',')}\n`).join(''));
      const modelFile = path.join(folder, `${name}.onnx`);
      const graph = encodeGraph('first', {
        nodes: [node('Identity', [features[0]!], ['answer'])],
        inputs: features.map((each) => value(each, 'float32', ['rows', 1])),
        outputs: [value('answer', 'float32', ['rows', 1])],
      });
      writeFileSync(modelFile, model(graph));
      const manifest = Manifest.parse({
        name: 'm',
        contract: { features: features.map((each) => ({ name: each, type: 'float' })), data: { time, label } },
        decision: { task: 'binary', output: 'answer', threshold: 0.5 },
      });
      const { source: _, ...rest } = await withExamined(modelFile, ({ signature, open }) =>
        buildBaseline({ dataFile, open, manifest, signature, now: new Date(0) }),
      );
      return rest;
    });
    expect(hostile).toEqual(plain);
    expect(plain.performance?.rows).toBe(ROWS);
    expect(plain.chunks.length).toBeGreaterThan(1);
    expect(plain.chunks[1]!.from).toMatch(/^1970-01-01T/);
  });
});
