import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { literal, withDuck } from '../platform/duckdb/connection.ts';
import { floats, node, value } from '../scripts/lib/onnx-writer.ts';
import { encodeGraph, model } from '../test/fixtures/onnx/onnx-model.ts';
import { type Bench, type BenchRow, median } from './bench.ts';

interface Shape {
  readonly rows: number;
  readonly columns: number;
  readonly maxMs?: number;
}

const SHAPES: readonly Shape[] = [
  { rows: 600, columns: 1_000, maxMs: 5_000 },
  { rows: 600, columns: 5_000 },
  { rows: 100_000, columns: 50, maxMs: 10_000 },
];
const ROUNDS = 3;
const MAX_PEAK_MB = 2_048;

/**
 * `trimtab init`, in a process of its own, from an input [n, k] and a CSV file of k named columns and a label: contract,
 * the model run over all rows, baseline.
 */
export const bench: Bench = async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'trimtab-bench-'));
  try {
    const modelFile = path.join(folder, 'any.onnx');
    await writeFile(modelFile, model(meanGraph()));
    const rows: BenchRow[] = [];
    for (const shape of SHAPES) rows.push(await measured(folder, modelFile, shape));
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

async function measured(folder: string, modelFile: string, { rows, columns, maxMs }: Shape): Promise<BenchRow> {
  const data = path.join(folder, `${rows}x${columns}.csv`);
  const cells = Array.from({ length: columns }, (_, i) => `round(10 * random() - 5, 5) AS f${i}`);
  await withDuck({ memoryMb: 2_048 }, async (duck) => {
    await duck.run('SELECT setseed(0.5)');
    await duck.run(
      `COPY (SELECT ${cells.join(', ')}, (random() < 0.5)::INTEGER AS y FROM range(${rows})) TO ${literal(data)} (FORMAT csv, HEADER)`,
    );
  });
  const times: number[] = [];
  const processor: number[] = [];
  const peaks: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const init = ['init', '--model', modelFile, '--data', data, '--label', 'y', '--name', 'wide', '--force'];
    const args = [path.resolve('bench/init-process.mjs'), ...init, '--out', path.join(folder, 'out')];
    const { stderr } = await promisify(execFile)(process.execPath, args);
    const { ms, cpuMs, peakMb } = JSON.parse(stderr.trim().split('\n').at(-1)!) as Record<string, number>;
    times.push(ms!);
    processor.push(cpuMs!);
    peaks.push(peakMb!);
  }
  const [ms, peak] = [median(times), Math.max(...peaks)];
  const seconds = (of: number): string => `${(of / 1_000).toFixed(1)} s`;
  return {
    what: `trimtab init, ${rows} rows x ${columns} columns of CSV: time, processor's time, peak of memory`,
    measured: `${seconds(ms)}, ${seconds(median(processor))}, ${peak.toFixed(0)} MB`,
    target: `${maxMs === undefined ? '' : `<= ${seconds(maxMs)}, `}<= ${MAX_PEAK_MB} MB`,
    reached: peak <= MAX_PEAK_MB && (maxMs === undefined || ms <= maxMs),
  };
}

/** Two probabilities of the mean of whatever many columns there are. */
const meanGraph = (): Uint8Array =>
  encodeGraph('mean', {
    nodes: [
      node('ReduceMean', ['x'], ['mean'], { axes: [1], keepdims: 1 }),
      node('Sigmoid', ['mean'], ['yes']),
      node('Sub', ['one', 'yes'], ['no']),
      node('Concat', ['no', 'yes'], ['probabilities'], { axis: 1 }),
    ],
    constants: [floats('one', [1], [1])],
    inputs: [value('x', 'float32', ['rows', 'columns'])],
    outputs: [value('probabilities', 'float32', ['rows', 2])],
  });
