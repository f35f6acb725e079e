import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { MISSING_TOKENS } from '../../core/contract/cells/literals.ts';
import { Contract } from '../../core/contract/contract.ts';
import { columnNamed, type DataColumns } from '../../core/contract/data-columns.ts';
import type { Signature } from '../../core/model/signature.ts';
import { featureNames } from '../../core/onnx/feature-names.ts';
import { absentTokens, isLabelName, type NumberFacts } from '../../core/schema-inference/column-kinds.ts';
import type { LabelValues } from '../../core/schema-inference/decision-facts.ts';
import { type InferOptions, type InferredContract, inferContract } from '../../core/schema-inference/infer.ts';
import { InferenceError } from '../../core/schema-inference/inference-error.ts';
import type { LabelGuess } from '../../core/schema-inference/label-column.ts';
import {
  columnsToAsk,
  type GraphClasses,
  type LikelyLabels,
  likelyLabels,
} from '../../core/schema-inference/likely-labels.ts';
import { columnsIn } from '../../core/schema-inference/pick-columns.ts';
import { manifestByHand, rowProblem } from '../../core/schema-inference/row-inputs.ts';
import { readJsonLines } from '../../platform/json-lines.ts';
import type { ExaminedModel } from '../../platform/onnx/examine.ts';
import { describeLeftOut, type FileProfile } from '../validation/file-profile.ts';
import { numberFacts } from '../validation/number-facts.ts';
import { type ProfiledFile, type ProfileOptions, withProfiledFile } from '../validation/profile-file.ts';
import type { Draft } from './draft.ts';
import { contractOfRequests, wholeInputs } from './infer-contract.ts';
import { labelValues } from './label-values.ts';
import { inferColumns, type NamedColumns } from './reference-columns.ts';
import { withinResources } from './reference-resources.ts';
import { wholeExtremes } from './whole-extremes.ts';

/** What somebody says of the data. */
export interface DraftOptions
  extends Omit<InferOptions, 'extremes' | 'facts' | 'guessed' | 'labels' | 'named'>,
    NamedColumns {
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
function draftOfTable(file: string, signature: Signature, options: TableOptions): Promise<Draft> {
  // A text is allowed as a contract reads it: NA is one.
  const draft = (missingTokens?: readonly string[]): Promise<Draft | { readonly tokens: readonly string[] }> =>
    withProfiledFile(file, { literalText: true, missingTokens }, async (profiled) => {
      const tokens = missingTokens === undefined ? tokensOf(profiled, signature, options) : [];
      return tokens.length > 0 ? { tokens } : draftOfProfiled(profiled, signature, { ...options, missingTokens });
    });
  return withinResources(options.dataFile, async () => {
    const first = await draft();
    // What a column holds can be told only when its numbers are read as such.
    const drafted = 'tokens' in first ? await draft([...MISSING_TOKENS, ...first.tokens]) : first;
    if ('tokens' in drafted) throw new RangeError('words for a missing number are asked for once');
    return drafted;
  });
}

/** Words for a missing number that alone make text of columns of numbers, where the graph takes them as numbers. */
function tokensOf(
  { table, profile }: ProfiledFile,
  { inputs }: Signature,
  { label, classes }: Pick<TableOptions, 'label' | 'classes'>,
): readonly string[] {
  const texts = inputs.filter(({ type }) => type === 'string');
  // Which columns an input of several texts takes is not known yet.
  if (texts.some((spec) => columnsIn(spec) !== 1)) return [];
  const named = new Set(texts.map(({ name }) => name));
  const found = new Map<string, string>();
  const values = new Set([...classes.values()].flatMap((list) => list.map((name) => String(name).toLowerCase())));
  for (const { name, kind } of table.columns) {
    const column = profile.columns[name]!;
    const tokens = kind === 'text' && !named.has(name) ? absentTokens(column) : [];
    for (const token of tokens) found.set(token.toLowerCase(), token);
    // A class may be called none.
    if (tokens.length === 0 && column.kind === 'categorical' && (name === label || isLabelName(name)))
      for (const value of column.categories) values.add(value.toLowerCase());
  }
  return [...found].flatMap(([word, token]) => (values.has(word) ? [] : [token]));
}

async function draftOfProfiled(
  profiled: ProfiledFile,
  signature: Signature,
  options: TableOptions & Pick<ProfileOptions, 'missingTokens'>,
): Promise<Draft> {
  const { duck, table, profile } = profiled;
  assertRecords(profile);
  const facts = await numberFacts(profiled);
  const graph = { outputs: signature.outputs, classes: options.classes };
  const extremes = await wholeExtremes(profiled);
  const stated: InferOptions = { ...options, facts, extremes, labels: await labelsIn(profiled, graph, facts) };
  const first = inferContract(signature, profile, stated);
  const { missingTokens } = options;
  const { columns, uncertain } = await certainColumns(profiled, options, first.likely);
  const guesses = { ...first.likely, ...(uncertain === undefined ? {} : { time: undefined }) };
  const guessed = Object.entries(guesses).filter(([, name]) => name !== undefined);
  const { contract, taken, order, constant, hints, swallowed, guess } =
    guessed.length === 0
      ? first
      : inferContract(signature, profile, {
          ...stated,
          ...Object.fromEntries(guessed),
          guessed: new Set(guessed.map(([, name]) => name)),
        });
  const label = columnNamed(contract.data, 'label');
  const labels = label === undefined ? undefined : await labelValues(duck, table, label);
  return {
    contract: Contract.parse({
      ...contract,
      data: { ...contract.data, ...columns, ...(missingTokens === undefined ? {} : { missingTokens }) },
      file: { ...contract.file, delimiter: profile.delimiter ?? undefined },
    }),
    taken,
    ...(order === undefined ? {} : { order }),
    constant,
    labels,
    // An identifier that was likely is taken for one by now.
    spare: first.spare,
    swallowed,
    ...(guess === undefined ? {} : { guess: await withRivals(profiled, { contract, facts, labels, guess }) }),
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
      ...(missingTokens === undefined
        ? []
        : [
            `${missingTokens
              .slice(MISSING_TOKENS.length)
              .map((token) => `'${token}'`)
              .join(
                ', ',
              )} in columns of numbers is taken for a missing one: data.missingTokens of the contract says so`,
          ]),
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

/** Columns whose values are counted, of those that may be the ground truth in the place of a guess. */
const MAX_COUNTED = 20;

interface GuessFacts extends Pick<InferredContract, 'contract'>, Pick<Draft, 'labels'> {
  readonly facts: ReadonlyMap<string, NumberFacts>;
  readonly guess: LabelGuess;
}

/** With the features of whole numbers that have as many values as the guess: classes may be numbered otherwise there. */
async function withRivals(
  { duck, table }: ProfiledFile,
  { contract, facts, labels, guess }: GuessFacts,
): Promise<LabelGuess> {
  // By its name as well as by its values is enough, if the graph does well on it.
  if (!guess.decides || guess.byName || labels === undefined) return guess;
  const rivals = new Set(guess.rivals);
  const whole = contract.features.filter(({ name, index }) => index !== undefined && facts.get(name)?.whole === true);
  for (const { name } of whole.slice(0, MAX_COUNTED)) {
    const found = await labelValues(duck, table, name);
    if (found !== undefined && !found.more && found.values.length === labels.values.length) rivals.add(name);
  }
  return { ...guess, rivals: [...rivals] };
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
