import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Contract } from '../../core/contract/contract.ts';
import { columnNamed, type DataColumns } from '../../core/contract/data-columns.ts';
import type { Signature } from '../../core/model/signature.ts';
import { featureNames } from '../../core/onnx/feature-names.ts';
import type { NumberFacts } from '../../core/schema-inference/column-kinds.ts';
import type { LabelValues } from '../../core/schema-inference/decision-facts.ts';
import { type InferOptions, type InferredContract, inferContract } from '../../core/schema-inference/infer.ts';
import { InferenceError } from '../../core/schema-inference/inference-error.ts';
import {
  columnsToAsk,
  type GraphClasses,
  type LikelyLabels,
  likelyLabels,
} from '../../core/schema-inference/likely-labels.ts';
import { manifestByHand, rowProblem } from '../../core/schema-inference/row-inputs.ts';
import { readJsonLines } from '../../platform/json-lines.ts';
import type { ExaminedModel } from '../../platform/onnx/examine.ts';
import { describeLeftOut, type FileProfile } from '../validation/file-profile.ts';
import { numberFacts } from '../validation/number-facts.ts';
import { type ProfiledFile, withProfiledFile } from '../validation/profile-file.ts';
import type { Draft } from './draft.ts';
import { contractOfRequests, wholeInputs } from './infer-contract.ts';
import { labelValues } from './label-values.ts';
import { inferColumns, type NamedColumns } from './reference-columns.ts';
import { withinResources } from './reference-resources.ts';

/** What somebody says of the data. */
export interface DraftOptions extends Omit<InferOptions, 'facts' | 'guessed' | 'labels' | 'named'>, NamedColumns {
  /** Name of the model. */
  readonly model: string;
  readonly dataFile: string;
}

/**
 * The contract as the data suggests it: of a table its columns, of requests their tensors as well.
 *
 * @throws InferenceError when graph and data do not go together, with what to do
 * @throws ReferenceTooLargeError when memory or disk does not suffice
 */
export async function draftContract(
  { signature, inspection, file, classes }: ExaminedModel,
  options: DraftOptions,
): Promise<Draft> {
  const { dataFile, model } = options;
  const problem = rowProblem(
    signature,
    new Set(inspection.inputs.filter(({ shape }) => shape === undefined).map(({ name }) => name)),
  );
  if (problem !== undefined)
    throw new InferenceError(
      `${problem}. Write models/${model}/model.json by hand, with model.onnx beside it, then register that folder; ` +
        `it is served by v2 and by v1's inputs:\n${manifestByHand(model, signature)}`,
    );
  const requests = /\.(jsonl|ndjson)$/.test(dataFile);
  const wholes = wholeInputs(signature, requests ? await firstLine(dataFile) : undefined);
  const named = featureNames(await readFile(file));
  const draft = (source: string, part: Signature) =>
    draftOfTable(source, part, { ...options, named, classes: classes() });
  const [whole] = wholes;
  if (whole === undefined) return draft(dataFile, signature);
  if (requests) {
    const { id, time, label, ignore = [], features = [], strict } = options;
    const stated = [id, time, label, ...ignore, ...features].filter((name) => name !== undefined);
    return contractOfRequests(dataFile, signature, wholes, { strict, stated, draft });
  }
  throw new InferenceError(
    `input ${whole.name} takes [${whole.shape}] (-1: any), which no column of a table holds: give requests with ` +
      `--data, a line of JSON each, such as {"${whole.name}": …} in a .jsonl file`,
  );
}

async function firstLine(file: string): Promise<Record<string, unknown> | undefined> {
  for await (const line of readJsonLines(file)) return line;
  return undefined;
}

type TableOptions = DraftOptions & Pick<InferOptions, 'named'> & Pick<GraphClasses, 'classes'>;

/** Of a table: types and ranges of features as they are, and of other columns what is certain. */
const draftOfTable = (file: string, signature: Signature, options: TableOptions): Promise<Draft> =>
  // A text is allowed as a contract reads it: NA is one.
  withinResources(options.dataFile, () =>
    withProfiledFile(file, { literalText: true }, (profiled) => draftOfProfiled(profiled, signature, options)),
  );

async function draftOfProfiled(profiled: ProfiledFile, signature: Signature, options: TableOptions): Promise<Draft> {
  const { duck, table, profile } = profiled;
  assertRecords(profile);
  const facts = await numberFacts(profiled);
  const graph = { outputs: signature.outputs, classes: options.classes };
  const stated: InferOptions = { ...options, facts, labels: await labelsIn(profiled, graph, facts) };
  const first = inferContract(signature, profile, stated);
  const { columns, uncertain } = await certainColumns(profiled, options, first.likely);
  const guesses = { ...first.likely, ...(uncertain === undefined ? {} : { time: undefined }) };
  const guessed = Object.entries(guesses).filter(([, name]) => name !== undefined);
  const { contract, taken, order, constant, hints } =
    guessed.length === 0
      ? first
      : inferContract(signature, profile, {
          ...stated,
          ...Object.fromEntries(guessed),
          guessed: new Set(guessed.map(([, name]) => name)),
        });
  const label = columnNamed(contract.data, 'label');
  return {
    contract: Contract.parse({
      ...contract,
      data: { ...contract.data, ...columns },
      file: { ...contract.file, delimiter: profile.delimiter ?? undefined },
    }),
    taken,
    ...(order === undefined ? {} : { order }),
    constant,
    labels: label === undefined ? undefined : await labelValues(duck, table, label),
    notices: [
      // The contract has the delimiter already.
      ...describeLeftOut(path.basename(options.dataFile), { ...profile, delimiter: null }),
      ...(uncertain === undefined
        ? []
        : [
            `${uncertain} may be the time of a row, but could be read only by guessing: --time ${uncertain} with --time-zone, ` +
              'and --time-format where it is not ISO 8601',
          ]),
      ...hints,
    ],
  };
}

/** Columns that may be the ground truth by their values. */
async function labelsIn(
  { duck, table, profile }: ProfiledFile,
  graph: GraphClasses,
  facts: ReadonlyMap<string, NumberFacts>,
): Promise<LikelyLabels> {
  const values = new Map<string, LabelValues['values']>();
  for (const name of columnsToAsk(graph, profile, facts)) {
    const found = await labelValues(duck, table, name);
    if (found !== undefined && !found.more) values.set(name, found.values);
  }
  return likelyLabels(graph, profile, { facts, values });
}

/** @throws InferenceError for JSON that has the columns, or the rows by a key, in one record, as pandas writes by default */
function assertRecords({ rows, columns, array }: FileProfile): void {
  const texts = Object.values(columns).map((column) => (column.kind === 'categorical' ? column.categories[0] : ''));
  const nested = texts.length > 0 && texts.every((text) => text === 'an object' || text === 'a list');
  if (array && rows === 1 && nested)
    throw new InferenceError(
      `the data is one record whose ${texts.length} values are objects or lists of JSON: expected a record a row, ` +
        "[{…}, {…}], as pandas writes with to_json(…, orient='records')",
    );
}

/** Rules for the columns that are stated or likely; a likely time that could be read only by guessing is none. */
async function certainColumns(
  { duck, table }: ProfiledFile,
  options: TableOptions,
  likely: InferredContract['likely'],
): Promise<{ columns: Pick<DataColumns, 'id' | 'time'>; uncertain?: string }> {
  try {
    return { columns: await inferColumns(duck, table, { ...options, ...likely }) };
  } catch (error) {
    if (!(error instanceof InferenceError) || likely.time === undefined) throw error;
    const columns = await inferColumns(duck, table, { ...options, ...likely, time: undefined });
    return { columns, uncertain: likely.time };
  }
}
