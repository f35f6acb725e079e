import { setImmediate } from 'node:timers/promises';
import { type BoundInput, bindContract } from '../../core/contract/bind.ts';
import { InputError } from '../../core/contract/input-error.ts';
import { type Background, backgroundOf } from '../../core/explain/background.ts';
import { NotExactError } from '../../core/explain/ensemble.ts';
import type { ExplainOptions, Explanation, Shares } from '../../core/explain/explanation.ts';
import type { OutputLink } from '../../core/explain/link-function.ts';
import { type MaskedSample, type Score, sampledValues } from '../../core/explain/sampled.ts';
import type { TimeBudget } from '../../core/explain/time-budget.ts';
import { Explanations } from '../../core/manifest/explanations.ts';
import type { TensorData } from '../../core/model/tensor.ts';
import { ProtobufError } from '../../core/onnx/protobuf.ts';
import { loadModelBytes } from '../../platform/onnx/model.ts';
import { answersOf } from './answered-parts.ts';
import { assertCompared, assertScores } from './answered-rows.ts';
import { backgroundReader, holdsMissing } from './background-tensors.ts';
import { type ExplainedOutput, explainedOutputOf, explainedRows } from './explained-output.ts';
import { type Explainer, type ExplainerOptions, SEED } from './explainer.ts';
import { batchOf, filledUp, masker } from './masked-batches.ts';
import { rowOutput } from './row-scores.ts';
import { TreeExplainer } from './tree-explainer.ts';

type Tensors = Record<string, TensorData>;

interface SamplingOptions {
  /** @default those of the manifest */
  readonly permutations: number | undefined;
  readonly budget: TimeBudget;
  /** Where the raw score of the trees is explained rather than the output. */
  readonly raw: { readonly trees: TreeExplainer; readonly links: readonly OutputLink[] } | undefined;
}

/** Shares of the rows, and how they were come by. */
interface FoundShares {
  readonly method: Explanation['method'];
  /** From the explained score to the output; undefined where the output itself was explained. */
  readonly link: string | undefined;
  readonly shares: Shares;
  /** Why they are sampled. */
  readonly reason?: string | undefined;
}

/**
 * Explains predictions of one version against its own baseline: exactly where its trees can be read, else by sampling.
 * What that takes is made when it is first asked for, and kept.
 */
export class FeatureExplainer implements Explainer {
  readonly settings: Explanations;
  private readonly bound: readonly BoundInput[];
  private readonly background: Background;
  private readonly backgroundTensors: Tensors;
  /** Feature in the order of the binding -> player; -1: personal, nothing is known about it but the row itself. */
  private readonly playerOf: Int32Array;
  private readonly features: readonly string[];
  /** By output; a reason where there are no trees to read. */
  private readonly trees = new Map<string, Promise<TreeExplainer | NotExactError>>();

  constructor(private readonly options: ExplainerOptions) {
    const { manifest, signature, baseline } = options;
    this.settings = Explanations.parse(manifest.explanations ?? {});
    this.bound = bindContract(manifest.contract, signature);
    const features = this.bound.flatMap(({ spec, features }) =>
      features.map(({ feature }) => ({ ...feature, present: !holdsMissing(spec.type) })),
    );
    const reader = backgroundReader(manifest.contract, signature, this.bound);
    this.background = backgroundOf(baseline, features, this.settings.backgroundRows, reader.admits);
    if (this.background.rows.length === 0 || this.background.unknown.length === features.length)
      throw new InputError(
        'the baseline has no row that the model can be asked about, such as where an integer is missing in all of them: ' +
          'there is nothing to compare with',
      );
    const unknown = new Set(this.background.unknown);
    let player = 0;
    this.playerOf = Int32Array.from(features, ({ name }) => (unknown.has(name) ? -1 : player++));
    this.features = features.map(({ name }) => name).filter((name) => !unknown.has(name));
    this.backgroundTensors = reader.tensorsOf(this.background.rows);
  }

  /**
   * Explains rows.
   *
   * @param tensors the rows as the model takes them
   * @throws InputError when what is asked for is not there
   */
  async explain(tensors: Tensors, rows: number, asked: ExplainOptions = {}): Promise<Explanation> {
    const target = await explainedOutputOf(this.options, { tensors, rows }, asked);
    // Made before the clock starts: only the first explanation of a version has it to do.
    const trees = await this.treesOf(target.output);
    const budgetMs = Math.min(asked.budgetMs ?? this.settings.budgetMs, this.settings.budgetMs);
    const { now = () => performance.now() } = this.options;
    const budget: TimeBudget = { now, pause: () => setImmediate(), until: now() + budgetMs };
    const found = targetLinksOf(trees, target);
    const { links } = found;
    const link = links?.[0]?.link;
    let why = found.reason;
    const wantsOutput = asked.scale === 'output' && link !== undefined && link !== 'identity';
    if (links !== undefined && asked.method !== 'sampled' && !wantsOutput) {
      try {
        const shares = await (trees as TreeExplainer).explain(tensors, links, budget);
        return this.explanation(target, { method: 'exact', link, shares });
      } catch (error) {
        if (!(error instanceof NotExactError)) throw error;
        why = error.message;
      }
    } else if (why === undefined && wantsOutput)
      why = `values of the output itself: ${link} of the trees' sum is no sum`;
    if (asked.method === 'exact')
      throw new InputError(
        `exact values cannot be had: ${why ?? 'there are no trees'}; leave the method out, or sample`,
      );
    // A raw score is asked of the part of the graph that gives it; what it gives needs no reading of the trees.
    const raw = asked.scale === 'raw' && trees instanceof TreeExplainer ? links : undefined;
    if (asked.scale === 'raw' && raw === undefined)
      throw new InputError(`output ${target.output} has no raw score that can be read: ${why}`);
    const scoring = raw === undefined ? undefined : { trees: trees as TreeExplainer, links: raw };
    if (raw === undefined) await assertScores({ model: this.options.model, tensors, rows, target });
    const shares = await this.sample({ tensors, rows }, target, {
      permutations: asked.permutations,
      budget,
      raw: scoring,
    });
    assertCompared(shares, target);
    return this.explanation(target, { method: 'sampled', link: raw && link, shares, reason: why });
  }

  async close(): Promise<void> {
    for (const pending of this.trees.values()) {
      const trees = await pending;
      if (trees instanceof TreeExplainer) await trees.close();
    }
    this.trees.clear();
  }

  private treesOf(output: string): Promise<TreeExplainer | NotExactError> {
    let trees = this.trees.get(output);
    if (trees === undefined) {
      trees = this.openTrees(output);
      this.trees.set(output, trees);
      // A file that could not be read may be there the next time.
      trees.catch(() => this.trees.delete(output));
    }
    return trees;
  }

  private async openTrees(output: string): Promise<TreeExplainer | NotExactError> {
    const { file, manifest, model } = this.options;
    const { threads } = manifest.serving;
    const { batch, fixed } = batchOf(this.bound, manifest.serving.maxBatch);
    const rows = this.background.rows.length;
    try {
      return await TreeExplainer.open({
        file: await file(),
        bound: this.bound,
        output,
        backgroundRows: rows,
        batch: fixed ? batch : rows,
        feeds: this.backgroundFeeds(fixed ? batch : undefined),
        playerOf: this.playerOf,
        players: this.features.length,
        openPart: (content) =>
          model.part?.(content) ?? loadModelBytes(`the trees of output ${output}`, content, threads),
      });
    } catch (error) {
      if (error instanceof NotExactError) return error;
      if (error instanceof ProtobufError) return new NotExactError(`the graph cannot be read: ${error.message}`);
      throw error;
    }
  }

  /** Makes feeds of background rows, filled up to the number that the graph takes. */
  private backgroundFeeds(fixed: number | undefined): (others: readonly number[]) => Tensors {
    const mix = masker(
      this.bound,
      this.playerOf.map(() => 0),
      this.backgroundTensors,
      this.backgroundTensors,
    );
    return (others) => {
      const whole = others.map((other): MaskedSample => ({ row: 0, other, rank: Uint32Array.of(0), coalitionSize: 0 }));
      return mix(fixed === undefined ? whole : filledUp(whole, fixed));
    };
  }

  private sample(
    { tensors, rows }: { readonly tensors: Tensors; readonly rows: number },
    { output, columns }: ExplainedOutput,
    { permutations = this.settings.permutations, budget, raw }: SamplingOptions,
  ): Promise<Shares> {
    const mix = masker(this.bound, this.playerOf, tensors, this.backgroundTensors);
    const { batch, fixed } = batchOf(this.bound, this.options.manifest.serving.maxBatch);
    const ask: Score = async (mixtures) => {
      const padded = fixed ? filledUp(mixtures, batch) : mixtures;
      const feeds = mix(padded);
      if (raw !== undefined) {
        const links = padded.map(({ row }) => raw.links[row]!);
        return (await raw.trees.score(feeds, links)).slice(0, mixtures.length);
      }
      const outputs = await this.options.model.run(feeds, [output]);
      const read = rowOutput(output, outputs[output]!, padded.length);
      return mixtures.map(({ row }, i) => read.score(i, columns[row]!));
    };
    const score: Score = async (mixtures) => (await answersOf(mixtures, batch, ask)).map((each) => each ?? Number.NaN);
    const background = this.background.rows.length;
    const players = this.features.length;
    return sampledValues(score, { rows, background, players, permutations, batch, seed: SEED, budget });
  }

  private explanation(target: ExplainedOutput, found: FoundShares): Explanation {
    const { method, link = 'identity', shares, reason } = found;
    const { output, columns, predicted } = target;
    return {
      method,
      output,
      column: predicted ? null : columns[0]!,
      scale: link === 'identity' ? 'output' : 'raw',
      link,
      background: this.background.source,
      features: this.features,
      fixed: this.background.unknown,
      ...shares,
      rows: explainedRows(shares.rows, target),
      ...(reason === undefined ? {} : { reason }),
    };
  }
}

/** How what is explained follows from the trees, row by row. */
function targetLinksOf(
  trees: TreeExplainer | NotExactError,
  { columns }: ExplainedOutput,
): { links?: readonly OutputLink[]; reason?: string } {
  if (!(trees instanceof TreeExplainer)) return { reason: trees.message };
  try {
    const byColumn = new Map([...new Set(columns)].map((column) => [column, trees.linkOf(column)]));
    const [name, other] = new Set([...byColumn.values()].map(({ link }) => link));
    if (other !== undefined) return { reason: `its columns follow from the trees by ${name} and by ${other}` };
    return { links: columns.map((column) => byColumn.get(column)!) };
  } catch (error) {
    if (error instanceof NotExactError) return { reason: error.message };
    throw error;
  }
}
