import { Contract } from '../../core/contract/contract.ts';
import { columnNamed } from '../../core/contract/data-columns.ts';
import { Manifest } from '../../core/manifest/manifest.ts';
import type { Baseline, ReferencePerformance } from '../../core/profile/profile.ts';
import { besideConstant } from '../../core/quality/beside-constant.ts';
import { noBetterThanConstant } from '../../core/quality/no-better-than-constant.ts';
import type { LabelGuess } from '../../core/schema-inference/label-column.ts';
import { labelDoubt, labelHint, labelQuestion, spareQuestion } from '../../core/schema-inference/label-doubt.ts';
import type { DecisionWishes } from '../../core/schema-inference/score-decision.ts';
import type { ExaminedModel } from '../../platform/onnx/examine.ts';
import { baselineOfReference } from './build-baseline.ts';
import type { Draft } from './draft.ts';
import { type DraftOptions, draftContract } from './draft-contract.ts';
import { inferOutputs } from './infer-outputs.ts';
import { sampleReference } from './reference-sample.ts';
import { withReference } from './reference-table.ts';
import { doesWellOn } from './rival-labels.ts';

/** What somebody says of the data and of the outputs. */
export interface InferModelOptions extends DraftOptions {
  readonly wishes: DecisionWishes;
}

/** A manifest as graph and reference data suggest it, its baseline, and what was taken for what. */
export interface InferredModel {
  readonly draft: Draft;
  readonly manifest: Manifest;
  /** Of the decision, in sentences. */
  readonly notes: readonly string[];
  readonly baseline: Baseline;
}

/**
 * Infers a model of a graph and reference data. A label that nobody has stated is taken only where the graph is surely
 * better on it than a constant answer: else it is none, or asked for where it decided which columns are features.
 *
 * @throws InferenceError when graph and data do not go together, or something has to be asked
 * @throws InferDecisionError when what is wished for does not go with the graph
 * @throws ReferenceRunError when the graph fails on all rows
 */
export async function inferModel(examined: ExaminedModel, options: InferModelOptions): Promise<InferredModel> {
  const given = { examined, options };
  const made = await modelOf(await draftContract(examined, options), given);
  const sure = await withoutDoubt(made, given);
  return sure.contract === made.draft.contract ? { ...made, draft: sure } : modelOf(sure, given);
}

interface Given {
  readonly examined: ExaminedModel;
  readonly options: InferModelOptions;
}

const modelOf = (draft: Draft, { examined, options }: Given): Promise<InferredModel> =>
  withReference(options.dataFile, { contract: draft.contract, signature: examined.signature }, async (table) => {
    const { signature, open, classes } = examined;
    const { model, dataFile, wishes } = options;
    const { contract, preprocess, labels } = draft;
    const drafted = Manifest.parse({ name: model, contract, ...(preprocess ? { preprocess } : {}) });
    const known = { dataFile, table, open, signature, label: columnNamed(contract.data, 'label') };
    const { notes, ...decided } = await inferOutputs({
      ...known,
      ...{ manifest: drafted, labels, classes: classes(), wishes },
    });
    const manifest = { ...drafted, ...decided, outputs: [...decided.outputs] };
    const baseline = await baselineOfReference(table, { dataFile, open, manifest, signature, now: new Date() });
    return { draft, manifest, notes, baseline };
  });

/** The draft, without its label where that is doubtful. @throws InferenceError where something has to be asked */
async function withoutDoubt(made: InferredModel, given: Given): Promise<Draft> {
  const { draft, manifest, baseline } = made;
  const { guess, spare, swallowed, contract } = draft;
  const wide = contract.features.flatMap(({ name, index }) => (index === undefined ? [] : [name]));
  const { surely, likely } = besideOf(baseline.performance);
  const said = besideText(made);
  const asGood = surely && guess?.decides ? await rivalsAsGood(guess, manifest, given) : [];
  // A name is worth something, where nothing else hangs on it.
  const better = guess?.byName && !guess.decides ? likely : surely;
  const doubt = guess && labelDoubt(guess, { better, said, asGood });
  const named = guess?.byName === true && !guess.outdone;
  if (spare.length > 0 && !surely && (guess === undefined || named)) throw spareQuestion(spare, wide, said);
  if (guess !== undefined && doubt !== undefined) {
    if (guess.decides) throw labelQuestion(guess, doubt, wide);
    return withoutLabel(draft, guess, labelHint(guess, doubt));
  }
  return surely || swallowed.length === 0 ? draft : { ...draft, notices: [...draft.notices, ...swallowed] };
}

/** Whether a graph is better than a constant answer: surely, and as far as its reference goes. */
function besideOf(performance: ReferencePerformance | undefined): { surely: boolean; likely: boolean } {
  if (performance === undefined) return { surely: false, likely: false };
  const { better, remark } = besideConstant(performance);
  return {
    surely: better,
    likely: better || (remark === undefined && noBetterThanConstant(performance) === undefined),
  };
}

/** How the graph does beside a constant answer, where it is not surely better. */
function besideText({ draft, manifest, baseline }: InferredModel): string {
  const { performance } = baseline;
  if (manifest.decision === undefined) return 'the graph makes no decision that it could be held against';
  if (columnNamed(draft.contract.data, 'label') === undefined)
    return 'no column is known to be the ground truth that would show it';
  if (performance === undefined) return 'no row of it has anything that the graph could have decided';
  const { remark } = besideConstant(performance);
  const plain = noBetterThanConstant(performance);
  if (plain !== undefined) return `the graph is ${plain}`;
  return remark ?? `on ${performance.rows} rows the graph is not surely better than a constant answer`;
}

/** More drafts than this are not made to find out. */
const MAX_RIVALS = 3;

/** Rivals on which the graph is surely better than a constant answer, too, or of which nobody knows. */
async function rivalsAsGood(
  { rivals }: LabelGuess,
  { decision, outputs }: Manifest,
  { examined, options }: Given,
): Promise<string[]> {
  const found = rivals.slice(MAX_RIVALS);
  const { signature, open } = examined;
  for (const label of rivals.slice(0, MAX_RIVALS)) {
    const { contract, labels } = await draftContract(examined, { ...options, label });
    const well = await withReference(options.dataFile, { contract, signature }, async (table) => {
      if (table === undefined || labels === undefined || decision === undefined) return undefined;
      const manifest = { name: options.model, contract };
      const { sample } = await sampleReference({ dataFile: options.dataFile, table, open, signature, manifest, label });
      return doesWellOn({ sample, labels }, decision, outputs);
    });
    if (well !== false) found.push(label);
  }
  return found;
}

function withoutLabel(draft: Draft, { label }: LabelGuess, hint: string): Draft {
  const { label: _, extra, ...data } = draft.contract.data;
  return {
    ...draft,
    contract: Contract.parse({ ...draft.contract, data: { ...data, extra: [...extra, label] } }),
    taken: draft.taken.map((each) =>
      each.column === label ? { column: label, as: 'extra', why: 'no input takes it' } : each,
    ),
    labels: undefined,
    notices: [...draft.notices, hint],
  };
}
