import { existsSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command as Program } from 'commander';
import { Contract } from '../../core/contract/contract.ts';
import { canBeWrong } from '../../core/manifest/decision.ts';
import { Manifest } from '../../core/manifest/manifest.ts';
import { ModelName } from '../../core/model/names.ts';
import type { Signature } from '../../core/model/signature.ts';
import { inferContract } from '../../core/schema-inference/infer.ts';
import {
  InferDecisionError,
  type InferredDecision,
  inferDecision,
} from '../../core/schema-inference/infer-decision.ts';
import { readJsonLines } from '../../platform/json-lines.ts';
import { MODEL_FILES } from '../../platform/model-folder.ts';
import type { ExaminedModel } from '../../platform/onnx/examine.ts';
import type { Draft } from '../../usecases/baseline/infer-contract.ts';
import type { ModelFolderView } from '../../usecases/baseline/model-folder-view.ts';
import { describeLeftOut } from '../../usecases/validation/file-profile.ts';
import { profileAnyFile } from '../../usecases/validation/profile-file.ts';
import { type GlobalOptions, type Io, print } from '../context.ts';
import { UsageError } from '../errors.ts';
import { assertFileExists } from '../files.ts';
import { withOptionalExamined } from '../optional-dependencies.ts';

interface InitOptions {
  readonly model: string;
  readonly data: string;
  readonly name?: string;
  readonly id?: string;
  readonly time?: string;
  readonly label?: string;
  readonly timeZone?: string;
  readonly timeFormat?: string;
  readonly output?: string;
  readonly threshold?: string;
  readonly tolerance?: string;
  readonly out?: string;
  readonly force?: boolean;
}

/** Writes a model folder from a graph and data. */
export function addInit(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('init')
    .description('write a model folder from an .onnx file and a data file')
    .requiredOption('--model <file>', 'the .onnx file')
    .requiredOption(
      '--data <file>',
      'reference data, such as the training rows: .csv, .tsv, .jsonl or .parquet; requests in a .jsonl where inputs are tensors',
    )
    .option('--name <name>', 'name of the model (default: that of the file)')
    .option('--id <column>', 'column that identifies a row')
    .option('--time <column>', 'column with the time of a row')
    .option('--time-zone <zone>', 'zone of times that are written without one, such as Europe/Berlin')
    .option('--time-format <format>', 'how times are written, where it is not ISO 8601: %d/%m/%Y, epoch-s, epoch-ms')
    .option('--label <column>', 'column with the ground truth')
    .option(
      '--output <name>',
      'output that decides (default: a float output named like a probability or score, the only one, or the label)',
    )
    .option('--threshold <p>', 'the decision is positive from this probability on (default: 0.5)')
    .option('--tolerance <x>', 'regression: a prediction is wrong when it misses by more')
    .option('--out <folder>', 'where to write it (default: models/<name>)')
    .option('--force', 'overwrite what is there')
    .action(async (own: InitOptions) => {
      const place = placeOf(own);
      const made = await withOptionalExamined(own.model, (examined) => writeFolder(place, examined, own));
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
  { signature, file }: ExaminedModel,
  own: InitOptions,
): Promise<ModelFolderView> {
  const { notices, ...draft } = await draftOf(signature, own);
  const manifest = Manifest.parse({ name, ...draft, ...(await decisionOf(signature, own)) });
  await mkdir(folder, { recursive: true });
  const model = path.join(folder, MODEL_FILES.model);
  if (path.resolve(model) !== path.resolve(own.model)) await copyFile(file, model);
  const { buildBaseline } = await import('../../usecases/baseline/build-baseline.ts');
  const baseline = await buildBaseline({ dataFile: own.data, modelFile: file, manifest, signature, now: new Date() });
  await writeFile(path.join(folder, MODEL_FILES.baseline), `${JSON.stringify(baseline)}\n`);
  const card = path.join(folder, MODEL_FILES.card);
  if (!existsSync(card)) await writeFile(card, cardOf(name));
  // The manifest comes last: without it the folder is no model folder.
  await writeFile(target, `${JSON.stringify(manifest, null, 2)}\n`);
  return {
    folder,
    manifestFile: target,
    notices,
    manifest,
    baseline: {
      rows: baseline.profile.rows,
      chunks: baseline.chunks.length,
      performance: baseline.performance ?? null,
    },
  };
}

/** The contract as the data suggests it: of a table its columns, of requests their tensors as well. */
async function draftOf(signature: Signature, own: InitOptions): Promise<Draft & Noticed> {
  const { contractOfRequests, wholeInputs } = await import('../../usecases/baseline/infer-contract.ts');
  const requests = /\.(jsonl|ndjson)$/.test(own.data);
  const wholes = wholeInputs(signature, requests ? await firstLine(own.data) : undefined);
  const [whole] = wholes;
  if (whole === undefined) return contractOf(signature, own);
  if (!requests)
    throw new UsageError(
      `input ${whole.name} takes [${whole.shape}] (-1: any), which no column of a table holds: give requests with ` +
        `--data, a line of JSON each, such as {"${whole.name}": …} in a .jsonl file`,
    );
  const draft = await contractOfRequests(own.data, signature, wholes, { ...own, profile: profileReference });
  return { ...draft, notices: [] };
}

/** Of a table: types and ranges of features as they are, and of other columns what is certain. */
async function contractOf(signature: Signature, own: InitOptions): Promise<{ contract: Contract } & Noticed> {
  const profile = await profileReference(own.data);
  const contract = inferContract(signature, profile, own);
  const { inferColumns } = await import('../../usecases/baseline/reference-columns.ts');
  const data = { ...contract.data, ...(await inferColumns(own.data, own)) };
  return {
    contract: Contract.parse({ ...contract, data }),
    notices: describeLeftOut(path.basename(own.data), profile),
  };
}

type Noticed = Pick<ModelFolderView, 'notices'>;

/** A text is allowed as a contract reads it: NA is one. */
const profileReference = (file: string) => profileAnyFile(file, { literalText: true });

async function firstLine(file: string): Promise<Record<string, unknown> | undefined> {
  for await (const line of readJsonLines(file)) return line;
  return undefined;
}

function formatInitialised({ folder, manifestFile, notices, manifest, baseline }: ModelFolderView): string {
  const { contract, preprocess } = manifest;
  const { rows, errorRate } = baseline.performance ?? {};
  const parts = [
    `${contract.features.length} features`,
    ...contract.tensors.map(({ name }) => `tensor ${name}${preprocess?.[name] ? ' (of pictures)' : ''}`),
  ];
  return [
    `${folder}: ${parts.join(', ')}, baseline of ${baseline.rows} rows in ${baseline.chunks} stretches`,
    ...notices.map((notice) => `  ${notice}`),
    errorRate === undefined
      ? `  no ${missingOf(manifest)}: how often it is wrong is not known`
      : `  wrong on ${(100 * errorRate).toFixed(1)} % of ${rows} labelled rows`,
    `  read ${manifestFile} now: ranges are a fifth wider than the data, and only you know what the data does not show`,
    `  then: trimtab register ${folder}`,
  ].join('\n');
}

/** Why nobody knows how often it is wrong. */
function missingOf({ contract, decision }: Manifest): string {
  if (contract.data.label === undefined) return 'labels';
  if (decision === undefined) return 'decision';
  return canBeWrong(decision) ? 'labels' : 'tolerance';
}

/** The decision that the outputs can make, by what the labels are. @throws UsageError */
async function decisionOf(signature: Signature, own: InitOptions): Promise<InferredDecision> {
  const { labelValues } = await import('../../usecases/baseline/label-values.ts');
  const labels = own.label === undefined ? undefined : await labelValues(own.data, own.label);
  const threshold = numberOf(own.threshold, '--threshold');
  const tolerance = numberOf(own.tolerance, '--tolerance');
  try {
    return inferDecision(signature, labels, { output: own.output, threshold, tolerance });
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
