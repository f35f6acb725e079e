import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TensorData } from '../../core/model/tensor.ts';
import { labelReader } from '../../models/label-reader/graph.ts';
import { openLocalHome } from '../../platform/local/home.ts';
import { loadModel, readSignature } from '../../platform/onnx/model.ts';
import { Registry } from '../../usecases/registry/registry.ts';
import { foldingModel, loopModel, perceptronModel } from '../fixtures/onnx/write.ts';
import { INT64, KINDS, modelFolder, PIPELINE, TREE } from '../fixtures/serving-fixture.ts';

/** One row, and what each version's graph says of it by itself, with no server around. */
export interface Case {
  readonly row: Readonly<Record<string, string | number | null>>;
  /** Version -> the last number of the last output. */
  readonly truth: ReadonlyMap<number, number>;
}

/** A picture, and what stands on it. */
export interface Picture {
  readonly bytes: Buffer;
  readonly text: string;
}

export interface SoakModels {
  /** Strings, numbers and trees: three versions that differ. */
  readonly flights: readonly Case[];
  /** 100 trees over thirty floats: two versions that agree. */
  readonly trees: readonly Case[];
  /** A small perceptron with a cache of answers: two versions that differ. */
  readonly perceptron: readonly Case[];
  /** Too large to be run where requests come in, and put together in batches. */
  readonly large: readonly Case[];
  /** Strings and numbers; what requests mean that name no model. */
  readonly pipeline: readonly Case[];
  readonly pictures: readonly Picture[];
}

const CASES = 40;
const LARGE = [30, 1_500, 1_500, 4];
/** Loads in about a second, for its constants. */
const FOLDED = 3_500;
const FLIGHTS = path.resolve('models/flight-delay');
const PICTURES = path.resolve('models/label-reader');
const NAMES = Array.from({ length: 30 }, (_, i) => `f${i}`);

/** Fills a home with the models of a soak, each released, and works out what is right. */
export async function makeHome(home: string, folder: string): Promise<SoakModels> {
  const opened = await openLocalHome(home);
  const registry = new Registry(opened, 'soak');
  const register = async (from: string, release: boolean): Promise<void> => {
    const { version } = await registry.register(from, await readSignature(path.join(from, 'model.onnx')));
    await registry.apply(version.model, { type: 'approve', version: version.version, reason: 'soak' });
    if (release) await registry.apply(version.model, { type: 'release', version: version.version, reason: 'soak' });
  };
  try {
    const flights = ['v1', 'v2', 'v3'].map((version) => path.join(FLIGHTS, version));
    const cached = { ...TREE, name: 'perceptron', decision: { ...TREE.decision, output: 'y' } };
    const written = async (name: string, manifest: object, file: Uint8Array): Promise<string> => {
      const to = path.join(folder, name);
      await mkdir(to, { recursive: true });
      await writeFile(path.join(to, 'model.onnx'), file);
      await writeFile(path.join(to, 'model.json'), JSON.stringify(manifest));
      return to;
    };
    const inputs = (of: typeof TREE) => ({ features: of.contract.features.map((each) => ({ ...each, input: 'x' })) });
    const small = { ...cached, contract: inputs(TREE), serving: { cache: { ttlSeconds: 10, maxEntries: 30 } } };
    const perceptrons = await Promise.all(
      [32, 24].map((width) => written(`perceptron-${width}`, small, perceptronModel([30, width, 16, 2]))),
    );
    const large = await written(
      'large',
      { ...small, name: 'large', serving: { batching: { maxRows: 32, maxDelayMs: 3 } } },
      perceptronModel(LARGE),
    );
    const reader = path.join(folder, 'label-reader');
    await cp(path.join(PICTURES, 'v1'), reader, { recursive: true });
    await writeFile(path.join(reader, 'model.onnx'), labelReader());
    const trees = [await modelFolder(folder, TREE, 'tree-30'), await modelFolder(folder, TREE, 'tree-30', 'second')];

    for (const list of [flights, perceptrons, trees])
      for (const [i, from] of list.entries()) await register(from, i === 0);
    for (const from of [large, reader]) await register(from, true);
    const anything = (name: string, description: string) => ({ name, description, contract: { features: [] } });
    await register(await written('endless', anything('endless', 'runs as long as it is told'), loopModel()), true);
    const folding = await Promise.all(
      [2, FOLDED].map((size) => written(`folding-${size}`, anything('folding', `${size}`), foldingModel(size))),
    );
    for (const [i, from] of folding.entries()) await register(from, i === 0);
    const [pipeline, ...others] = await Promise.all(
      [PIPELINE, INT64, KINDS].map((manifest) => modelFolder(folder, manifest, manifest.name)),
    );
    for (const from of [pipeline!, ...others]) await register(from, true);
    const rows = thirty();
    return {
      flights: await casesOf(flights, await flightRows(), columns),
      trees: await casesOf(trees, rows, (row) => floats('features', row)),
      perceptron: await casesOf(perceptrons, rows, (row) => floats('x', row)),
      large: await casesOf([large], rows, (row) => floats('x', row)),
      pipeline: await casesOf([pipeline!], pipelineRows(), columns),
      pictures: await readPictures(),
    };
  } finally {
    await opened.close();
  }
}

type Row = Case['row'];
type Feeds = Record<string, TensorData>;

async function casesOf(folders: readonly string[], rows: readonly Row[], feeds: (row: Row) => Feeds): Promise<Case[]> {
  const truths = rows.map(() => new Map<number, number>());
  for (const [i, folder] of folders.entries()) {
    const file = path.join(folder, 'model.onnx');
    const digest = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    const model = await loadModel(file, { digest });
    for (const [at, row] of rows.entries()) {
      const outputs = await model.run(feeds(row));
      truths[at]!.set(i + 1, Number(Object.values(outputs).at(-1)!.data.at(-1)));
    }
    await model.release();
  }
  return rows.map((row, at) => ({ row, truth: truths[at]! }));
}

const floats = (input: string, row: Row): Feeds => ({
  [input]: { type: 'float32', shape: [1, 30], data: Float32Array.from(NAMES, (name) => Number(row[name])) },
});

/** Rows of thirty numbers that single precision holds exactly. */
const thirty = (): Row[] =>
  Array.from({ length: CASES }, (_, i) =>
    Object.fromEntries(NAMES.map((name, j) => [name, Math.round(64 * Math.sin(i * 7 + j * j)) / 16])),
  );

const pipelineRows = (): Row[] =>
  Array.from({ length: CASES }, (_, i) => ({
    carrier: ['AA', 'B6', 'UA'][i % 3]!,
    distance: 100 * i,
    temperature: i % 5 === 0 ? null : i - 20,
  }));

/** Every text of a row; all else are numbers. */
const TEXTS = new Set(['carrier', 'origin', 'dest']);
/** What the file has beside the features. */
const OTHERS = new Set(['flight_id', 'scheduled', 'late']);
/** What the contract would clamp, which the graph by itself does not. */
const CLAMPED: Readonly<Record<string, readonly [number, number]>> = {
  origin_delay: [-30, 600],
  origin_overdue: [0, 10_000],
  carrier_delay: [-30, 360],
};

async function flightRows(): Promise<Row[]> {
  const [header = '', ...lines] = (
    await readFile(path.join(FLIGHTS, '../flight-delay/data/traffic-summer.csv'), 'utf8')
  )
    .trimEnd()
    .split('\n');
  const names = header.split(',');
  const rows: Row[] = [];
  for (let at = 0; rows.length < CASES; at += 7) {
    const cells = lines[at]!.split(',');
    const row: Record<string, string | number | null> = {};
    for (const [i, name] of names.entries()) {
      if (OTHERS.has(name)) continue;
      row[name] = parseCell(cells[i]!, name);
    }
    const within = Object.entries(CLAMPED).every(([name, [min, max]]) => {
      const value = row[name];
      return value === null || (Number(value) >= min && Number(value) <= max);
    });
    if (within && row.temp !== null) rows.push(row);
  }
  return rows;
}

function parseCell(cell: string, name: string): string | number | null {
  if (TEXTS.has(name)) return cell;
  return cell === '' ? null : Number(cell);
}

/** One input a column. */
const columns = (row: Row): Feeds =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]): [string, TensorData] => [
      name,
      TEXTS.has(name)
        ? { type: 'string', shape: [1, 1], data: [String(value)] }
        : { type: 'float32', shape: [1, 1], data: Float32Array.of(value === null ? Number.NaN : Number(value)) },
    ]),
  );

async function readPictures(): Promise<Picture[]> {
  const folder = path.join(PICTURES, 'pictures');
  const truth = JSON.parse(await readFile(path.join(folder, 'truth.json'), 'utf8')) as Record<string, { text: string }>;
  const clean = Object.entries(truth).filter(([name]) => name.includes('clean'));
  return Promise.all(clean.map(async ([name, { text }]) => ({ bytes: await readFile(path.join(folder, name)), text })));
}
