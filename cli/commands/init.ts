import { existsSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command as Program } from 'commander';
import { Contract } from '../../core/contract/contract.ts';
import { Manifest } from '../../core/manifest/manifest.ts';
import { ModelName } from '../../core/model/names.ts';
import type { Signature } from '../../core/model/signature.ts';
import type { ReferencePerformance } from '../../core/profile/profile.ts';
import { inferContract } from '../../core/schema-inference/infer.ts';
import type { InferredDecision } from '../../core/schema-inference/infer-decision.ts';
import { InferDecisionError } from '../../core/schema-inference/infer-decision-error.ts';
import { readJsonLines } from '../../platform/json-lines.ts';
import { MODEL_FILES } from '../../platform/model-folder.ts';
import type { ExaminedModel } from '../../platform/onnx/examine.ts';
import type { Draft } from '../../usecases/baseline/infer-contract.ts';
import type { ModelFolderView } from '../../usecases/baseline/model-folder-view.ts';
import { describeLeftOut } from '../../usecases/validation/file-profile.ts';
import { profileAnyFile } from '../../usecases/validation/profile-file.ts';
import { type GlobalOptions, type Io, print } from '../context.ts';
import { UsageError } from '../errors.ts';
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
  for (const file of [own.model, own.data]) if (!existsSync(file)) throw new UsageError(`no such file: ${file}`);
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
  const { signature, file, unrepaired, repairs } = examined;
  const { notices, ...draft } = await draftOf(signature, own);
  const { notes, ...decision } = await decisionOf(examined, Manifest.parse({ name, ...draft }), own);
  const manifest = Manifest.parse({ name, ...draft, ...decision });
  await mkdir(folder, { recursive: true });
  const model = path.join(folder, MODEL_FILES.model);
  // As it was given: it is repaired wherever it is opened, and only a graph that was not can tell what it was.
  if (path.resolve(model) !== path.resolve(own.model)) await copyFile(unrepaired, model);
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
    repairs: [...repairs],
    notes: [...notes],
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

function formatInitialised(view: ModelFolderView): string {
  const { folder, manifestFile, notices, repairs, notes, manifest, baseline } = view;
  const { contract, preprocess } = manifest;
  const parts = [
    `${contract.features.length} features`,
    ...contract.tensors.map(({ name }) => `tensor ${name}${preprocess?.[name] ? ' (of pictures)' : ''}`),
  ];
  return [
    `${folder}: ${parts.join(', ')}, baseline of ${baseline.rows} rows in ${baseline.chunks} stretches`,
    ...notices.map((notice) => `  ${notice}`),
    ...repairs.map(({ done }) => `  repaired: ${done}`),
    ...notes.map((note) => `  ${note}`),
    `  ${performanceText(manifest, baseline.performance)}`,
    `  read ${manifestFile} now: ranges are a fifth wider than the data, and only you know what the data does not show`,
    `  then: trimtab register ${folder}`,
  ].join('\n');
}

/** How good it is on its own reference, or why nobody knows. */
function performanceText({ contract, decision }: Manifest, performance: ReferencePerformance | null): string {
  if (decision === undefined) return 'no decision: how good it is is not known';
  if (performance === null)
    return contract.data.label === undefined
      ? 'no --label: how good it is is not known'
      : 'no row has a label that the decision could be: how good it is is not known';
  const { rows, errorRate, mae, rmse, withoutScore = 0 } = performance;
  const labelled = `${rows} labelled rows${withoutScore > 0 ? `, ${withoutScore} of them without a number` : ''}`;
  const wrong = errorRate === undefined ? [] : [`wrong on ${(100 * errorRate).toFixed(1)} % of ${labelled}`];
  if (mae === undefined || rmse === undefined) return wrong.join() || `${labelled}, and no error that can be measured`;
  const off = `off by ${mae.toPrecision(3)} on average (MAE), RMSE ${rmse.toPrecision(3)}`;
  return [off, ...(wrong.length > 0 ? wrong : [`over ${labelled}`])].join(', ');
}

/** The decision that the outputs can make. @throws UsageError */
async function decisionOf(
  { signature, file, classes }: ExaminedModel,
  manifest: Manifest,
  own: InitOptions,
): Promise<InferredDecision> {
  const { inferOutputs } = await import('../../usecases/baseline/infer-outputs.ts');
  const threshold = numberOf(own.threshold, '--threshold');
  const tolerance = numberOf(own.tolerance, '--tolerance');
  try {
    return await inferOutputs({
      dataFile: own.data,
      modelFile: file,
      signature,
      manifest,
      label: own.label,
      classes: classes(),
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
