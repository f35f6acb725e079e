import { existsSync } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { InvalidArgumentError, type Command as Program } from 'commander';
import * as z from 'zod';
import { didYouMean } from '../../core/errors/did-you-mean.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import { Segments } from '../../core/manifest/segments.ts';
import { qualityProblem } from '../../core/manifest/validate-quality.ts';
import { ModelName } from '../../core/model/names.ts';
import type { Signature } from '../../core/model/signature.ts';
import type { Baseline } from '../../core/profile/profile.ts';
import { parseCsv } from '../../core/protocols/formats/csv.ts';
import { noBetterThanConstant } from '../../core/quality/no-better-than-constant.ts';
import { InferDecisionError } from '../../core/schema-inference/infer-decision-error.ts';
import { inferSegments } from '../../core/schema-inference/infer-segments.ts';
import { namesText } from '../../core/schema-inference/pick-columns.ts';
import { takesOneRow } from '../../core/schema-inference/row-inputs.ts';
import { makeFolder } from '../../platform/make-folder.ts';
import { MODEL_FILES } from '../../platform/model-folder.ts';
import type { ExaminedModel } from '../../platform/onnx/examine.ts';
import type { Draft } from '../../usecases/baseline/draft.ts';
import type { InferredModel } from '../../usecases/baseline/infer-model.ts';
import type { ModelFolderView } from '../../usecases/baseline/model-folder-view.ts';
import { type GlobalOptions, type Io, print } from '../context.ts';
import { UsageError } from '../errors.ts';
import { assertFileExists } from '../files.ts';
import { addLimitOptions, type LimitOptions, withinLimits } from '../limit-options.ts';
import { formatInitialised } from '../output/initialised.ts';
import { withProgress } from '../progress.ts';
import { schemaReference } from '../schema-reference.ts';

interface InitOptions extends LimitOptions {
  readonly model: string;
  readonly data: string;
  readonly name?: string;
  readonly id?: string;
  readonly time?: string;
  readonly label?: string;
  readonly features?: string[];
  readonly ignore?: string[];
  readonly segments?: string[];
  readonly strict?: boolean;
  readonly timeZone?: string;
  readonly timeFormat?: string;
  readonly output?: string;
  readonly threshold?: string;
  readonly tolerance?: string;
  readonly out?: string;
  readonly force?: boolean;
}

/** Names as they are typed: divided by commas, those with a comma of their own in quotes; the option may be repeated. */
function addColumns(text: string, before: string[] = []): string[] {
  const names = (parseCsv(text)[0] ?? []).map((name) => name?.trim() ?? '');
  if (names.length === 0 || names.includes(''))
    throw new InvalidArgumentError(`expected names with commas between them, received '${text}'`);
  return [...before, ...names];
}

/** Writes a model folder from a graph and data. */
export function addInit(program: Program, io: Io, options: () => GlobalOptions): void {
  const command = program
    .command('init')
    .description('write a model folder from an .onnx file and a data file')
    .requiredOption('--model <file>', 'the .onnx file')
    .requiredOption(
      '--data <file>',
      'reference data, such as the training rows: .csv, .tsv, .jsonl, .json or .parquet; requests in a .jsonl where inputs are tensors',
    )
    .option('--name <name>', 'name of the model (default: that of the file)')
    .option(
      '--features <columns>',
      'columns of inputs [n, k], in the order that the model was trained in: a,b,c (default: what the graph says, else that of the file)',
      addColumns,
    )
    .option('--ignore <columns>', 'columns that are nothing to the model: a,b,c', addColumns)
    .option('--id <column>', 'column that identifies a row')
    .option('--time <column>', 'column with the time of a row')
    .option('--time-zone <zone>', 'zone of times that are written without one, such as Europe/Berlin')
    .option('--time-format <format>', 'how times are written, where it is not ISO 8601: %d/%m/%Y, epoch-s, epoch-ms')
    .option('--label <column>', 'column with the ground truth')
    .option('--segments <features>', 'features by which quality is told apart: a,b', addColumns)
    .option('--strict', 'reject values beyond the ranges that were seen, instead of flagging them')
    .option(
      '--output <name>',
      'output that decides (default: a float output named like a probability or score, the only one, or the label)',
    )
    .option('--threshold <p>', 'the decision is positive from this probability on (default: 0.5)')
    .option('--tolerance <x>', 'regression: a prediction is wrong when it misses by more');
  addLimitOptions(command)
    .option('--out <folder>', 'where to write it (default: models/<name>)')
    .option('--force', 'overwrite what is there')
    .action(async (own: InitOptions) => {
      const place = placeOf(own);
      const made = await withProgress(io, `reading ${own.data}`, () =>
        withinLimits(own.model, own, (examined) => writeFolder(place, examined, own)),
      );
      print(io, options(), made, formatInitialised);
    });
}

interface Place {
  readonly name: string;
  readonly folder: string;
  /** The manifest's file. */
  readonly target: string;
}

/** @throws UsageError when there is nothing to make a folder of, or one that would be overwritten */
function placeOf(own: InitOptions): Place {
  for (const file of [own.model, own.data]) assertFileExists(file);
  const name =
    own.name ??
    path
      .basename(own.model, '.onnx')
      .toLowerCase()
      .replace(/[^a-z0-9-]+/g, '-');
  if (!ModelName.safeParse(name).success)
    throw new UsageError(`a model name is 1 to 63 of a-z, 0-9 and -, received '${name}': give one with --name`);
  const folder = own.out ?? path.join('models', name);
  const target = path.join(folder, MODEL_FILES.manifest);
  if (existsSync(target) && !own.force) throw new UsageError(`${target} exists: --force overwrites it`);
  return { name, folder, target };
}

async function writeFolder(
  { name, folder, target }: Place,
  examined: ExaminedModel,
  own: InitOptions,
): Promise<ModelFolderView> {
  const { signature, unrepaired, repairs } = examined;
  const { draft, manifest, notes, baseline } = await inferred(name, examined, own);
  makeFolder(folder);
  const model = path.join(folder, MODEL_FILES.model);
  // As it was given: it is repaired wherever it is opened, and only a graph that was not can tell what it was.
  if (path.resolve(model) !== path.resolve(own.model)) await copyFile(unrepaired, model);
  const whole = withSegments(manifest, baseline, own.segments ?? []);
  await writeFile(path.join(folder, MODEL_FILES.baseline), `${JSON.stringify(baseline)}\n`);
  const { writeExample } = await import('../../usecases/rehearsal/write-example.ts');
  await writeExample(path.join(folder, MODEL_FILES.example), own.data, manifest);
  const card = path.join(folder, MODEL_FILES.card);
  if (!existsSync(card)) await writeFile(card, cardOf(name));
  const $schema = await schemaReference(folder, process.cwd());
  // The manifest comes last: without it the folder is no model folder.
  await writeFile(target, `${JSON.stringify({ $schema, ...whole }, null, 2)}\n`);
  return {
    folder,
    manifestFile: target,
    ...takenOf(draft, signature),
    repairs: [...repairs],
    notes: [...notes],
    manifest: { $schema, ...whole },
    baseline: {
      rows: baseline.profile.rows,
      chunks: baseline.chunks.length,
      performance: baseline.performance ?? null,
    },
    doubt: (baseline.performance && noBetterThanConstant(baseline.performance)) ?? null,
  };
}

/** What was taken for what, for whoever reads it. */
function takenOf(
  { contract, taken, order, constant, notices }: Draft,
  { inputs }: Signature,
): Pick<ModelFolderView, 'order' | 'taken' | 'constant' | 'notices'> {
  const wide = inputs.flatMap(({ name }) => {
    const columns = contract.features.filter(({ input, index }) => input === name && index !== undefined);
    return columns.length === 0 ? [] : [{ input: name, columns: columns.map((feature) => feature.name) }];
  });
  return {
    order: order === undefined ? null : { by: order, inputs: wide },
    taken: [...taken],
    constant: [...constant],
    notices: [
      ...(takesOneRow({ inputs }) && contract.features.length > 0
        ? ['the graph takes one row a request: export it with a free first axis (dynamic_axes) to send more at once']
        : []),
      ...notices,
    ],
  };
}

/** @throws UsageError when quality cannot be told apart by one of them */
function withSegments(manifest: Manifest, { profile }: Baseline, names: readonly string[]): Manifest {
  if (names.length === 0) return manifest;
  const { contract, monitoring } = manifest;
  const known = contract.features.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UsageError(
      `--segments: the model takes no ${unknown}${didYouMean(unknown, known)}; it takes ${namesText(known)}`,
    );
  const segments = Segments.safeParse(inferSegments(contract, profile, names));
  if (!segments.success) throw new UsageError(`--segments: ${z.prettifyError(segments.error)}`);
  const whole = { ...manifest, monitoring: { ...monitoring, segments: segments.data } };
  const problem = qualityProblem(whole);
  if (problem !== undefined) throw new UsageError(`--segments: ${problem}`);
  return whole;
}

/** @throws UsageError when what is wished for does not go with the graph */
async function inferred(model: string, examined: ExaminedModel, own: InitOptions): Promise<InferredModel> {
  const { inferModel } = await import('../../usecases/baseline/infer-model.ts');
  const { id, time, label, features, ignore, strict, timeZone, timeFormat } = own;
  const threshold = numberOf(own.threshold, '--threshold');
  const tolerance = numberOf(own.tolerance, '--tolerance');
  if (tolerance !== undefined && tolerance <= 0)
    throw new UsageError(`--tolerance is how much a prediction may miss by, more than 0, received '${own.tolerance}'`);
  try {
    return await inferModel(examined, {
      ...{ model, dataFile: own.data, id, time, label, features, ignore, strict, timeZone, timeFormat },
      wishes: { output: own.output, threshold, tolerance },
    });
  } catch (error) {
    throw error instanceof InferDecisionError ? new UsageError(error.message) : error;
  }
}

function numberOf(text: string | undefined, what: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new UsageError(`${what} is a number, received '${text}'`);
  return value;
}

const cardOf = (name: string): string => `# ${name}

What it is for, and what it is not for.

## Data
Where the training rows come from, from when to when, what was left out.

## How good it is
On which rows, by which measure, with which interval; by segment.

## Limits
Where it is known to be wrong, and who is hurt by that.
`;
