import { setImmediate } from 'node:timers/promises';
import { type BoundInput, bindContract } from '../../core/contract/bind.ts';
import { compileCheck } from '../../core/contract/check.ts';
import { InputError } from '../../core/contract/input-error.ts';
import type { RawTensor } from '../../core/contract/raw-tensor.ts';
import { type Background, backgroundOf } from '../../core/explain/background.ts';
import { NotExactError } from '../../core/explain/ensemble.ts';
import type { ExplainOptions, Explanation, Shares } from '../../core/explain/explanation.ts';
import type { OutputLink } from '../../core/explain/link-function.ts';
import { type Score, sampledValues } from '../../core/explain/sampled.ts';
import type { TimeBudget } from '../../core/explain/time-budget.ts';
import { Explanations } from '../../core/manifest/explanations.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import type { Signature, TensorType } from '../../core/model/signature.ts';
import type { TensorData } from '../../core/model/tensor.ts';
import { ProtobufError } from '../../core/onnx/protobuf.ts';
import { type ExplainedOutput, explainedOutputOf } from './explained-output.ts';
import { type Explainer, type ExplainerOptions, SEED } from './explainer.ts';
import { batchOf, masker } from './masked-batches.ts';
import { TreeExplainer } from './tree-explainer.ts';

type Tensors = Record<string, TensorData>;

interface SamplingOptions {
  /** @default those of the manifest */
  readonly permutations: number | undefined;
  readonly budget: TimeBudget;
  /** Where the raw score of the trees is explained rather than the output. */
  readonly raw: { readonly trees: TreeExplainer; readonly outputLink: OutputLink } | undefined;
}

/** Shares of the rows, and how they were come by. */
interface FoundShares {
  readonly method: Explanation['method'];
  /** From the explained score to the output; undefined where the output itself was explained. */
  readonly outputLink: OutputLink | undefined;
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
    const features = this.bound.flatMap((input) => input.features.map(({ feature }) => feature));
    this.background = backgroundOf(baseline, features, this.settings.backgroundRows);
    const unknown = new Set(this.background.unknown);
    let player = 0;
    this.playerOf = Int32Array.from(features, ({ name }) => (unknown.has(name) ? -1 : player++));
    this.features = features.map(({ name }) => name).filter((name) => !unknown.has(name));
    this.backgroundTensors = tensorsOf(manifest, signature, this.bound, this.background.rows);
  }

  /**
   * Explains rows.
   *
   * @param tensors the rows as the model takes them
   * @throws InputError when what is asked for is not there
   */
  async explain(tensors: Tensors, rows: number, asked: ExplainOptions = {}): Promise<Explanation> {
    const target = explainedOutputOf(this.options, asked);
    // Made before the clock starts: only the first explanation of a version has it to do.
    const trees = await this.treesOf(target.output);
    const budgetMs = Math.min(asked.budgetMs ?? this.settings.budgetMs, this.settings.budgetMs);
    const { now = () => performance.now() } = this.options;
    const budget: TimeBudget = { now, pause: () => setImmediate(), until: now() + budgetMs };
    const found = targetLinkOf(trees, target);
    const { reason } = found;
    let { outputLink } = found;
    let why = reason;
    const wantsOutput = asked.scale === 'output' && outputLink !== undefined && outputLink.link !== 'identity';
    if (outputLink !== undefined && asked.method !== 'sampled' && !wantsOutput) {
      try {
        const shares = await (trees as TreeExplainer).explain(tensors, outputLink, budget);
        return this.explanation(target, { method: 'exact', outputLink, shares });
      } catch (error) {
        if (!(error instanceof NotExactError)) throw error;
        why = error.message;
        outputLink = undefined;
      }
    } else if (why === undefined && wantsOutput)
      why = `values of the output itself: ${outputLink!.link} of the trees' sum is no sum`;
    if (asked.method === 'exact')
      throw new InputError(
        `exact values cannot be had: ${why ?? 'there are no trees'}; leave the method out, or sample`,
      );
    // A raw score is asked of the part of the graph that gives it; what it gives needs no reading of the trees.
    const raw = asked.scale === 'raw' && trees instanceof TreeExplainer ? found.outputLink : undefined;
    if (asked.scale === 'raw' && raw === undefined)
      throw new InputError(`output ${target.output} has no raw score that can be read: ${why}`);
    const scoring = raw === undefined ? undefined : { trees: trees as TreeExplainer, outputLink: raw };
    const shares = await this.sample({ tensors, rows }, target, {
      permutations: asked.permutations,
      budget,
      raw: scoring,
    });
    return this.explanation(target, { method: 'sampled', outputLink: raw, shares, reason: why });
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
    const { file, manifest } = this.options;
    try {
      return await TreeExplainer.open({
        file: await file(),
        bound: this.bound,
        output,
        background: this.backgroundTensors,
        playerOf: this.playerOf,
        players: this.features.length,
        threads: manifest.serving.threads,
      });
    } catch (error) {
      if (error instanceof NotExactError) return error;
      if (error instanceof ProtobufError) return new NotExactError(`the graph cannot be read: ${error.message}`);
      throw error;
    }
  }

  private sample(
    { tensors, rows }: { readonly tensors: Tensors; readonly rows: number },
    { output, column }: ExplainedOutput,
    { permutations = this.settings.permutations, budget, raw }: SamplingOptions,
  ): Promise<Shares> {
    const mix = masker(this.bound, this.playerOf, tensors, this.backgroundTensors);
    const batch = batchOf(this.bound, this.options.manifest.serving.maxBatch);
    const fixed = batch === this.bound.find(({ columns }) => columns > 0)?.spec.shape[0];
    const score: Score = async (mixtures) => {
      // A graph of a fixed number of rows is filled up with the last one.
      const padded = fixed ? Array.from({ length: batch }, (_, i) => mixtures[i] ?? mixtures.at(-1)!) : mixtures;
      const feeds = mix(padded);
      if (raw !== undefined) return (await raw.trees.score(feeds, raw.outputLink)).slice(0, mixtures.length);
      const { data } = (await this.options.model.run(feeds, [output]))[output]!;
      const width = data.length / padded.length;
      return mixtures.map((_, i) => Number(data[i * width + column]));
    };
    const background = this.background.rows.length;
    const players = this.features.length;
    return sampledValues(score, { rows, background, players, permutations, batch, seed: SEED, budget });
  }

  private explanation(
    { output, column }: ExplainedOutput,
    { method, outputLink, shares, reason }: FoundShares,
  ): Explanation {
    const link = outputLink?.link ?? 'identity';
    return {
      method,
      output,
      column,
      scale: link === 'identity' ? 'output' : 'raw',
      link,
      background: this.background.source,
      features: this.features,
      fixed: this.background.unknown,
      ...shares,
      ...(reason === undefined ? {} : { reason }),
    };
  }
}

function targetLinkOf(
  trees: TreeExplainer | NotExactError,
  { column }: ExplainedOutput,
): { outputLink?: OutputLink; reason?: string } {
  if (!(trees instanceof TreeExplainer)) return { reason: trees.message };
  try {
    return { outputLink: trees.linkOf(column) };
  } catch (error) {
    if (error instanceof NotExactError) return { reason: error.message };
    throw error;
  }
}

/** Background rows as the model takes them; what they have is what the reference had, so nothing is refused. */
function tensorsOf(
  { contract }: Manifest,
  signature: Signature,
  bound: readonly BoundInput[],
  rows: Background['rows'],
): Tensors {
  const lenient = {
    ...contract,
    features: contract.features.map((feature) => ({
      ...feature,
      missing: 'allow' as const,
      onViolation: 'flag' as const,
    })),
  };
  const inputs = new Map<string, RawTensor>();
  let from = 0;
  for (const { spec, columns } of bound) {
    if (columns === 0) {
      // The row's own is used for it: nothing is read of what stands here.
      inputs.set(spec.name, { shape: [0], data: [] });
      continue;
    }
    const first = from;
    const shape = spec.shape.length === 1 ? [rows.length] : [rows.length, columns];
    inputs.set(spec.name, {
      shape,
      data: rows.flatMap((row) => row.slice(first, first + columns).map(filled(spec.type))),
    });
    from += columns;
  }
  return compileCheck(lenient, signature).run(inputs, false).tensors;
}

/** Personal features have no value here, and none is ever read: anything that the tensor takes will do. */
function filled(type: TensorType): (value: unknown) => unknown {
  const blank = blankOf(type);
  return (value) => (value === undefined ? blank : value);
}

function blankOf(type: TensorType): string | boolean | bigint | number {
  if (type === 'string') return '';
  if (type === 'bool') return false;
  return type === 'int64' || type === 'uint64' ? 0n : 0;
}
