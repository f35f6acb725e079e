import { setImmediate } from 'node:timers/promises';
import { type BoundInput, bindContract } from '../../core/contract/bind.ts';
import type { Feature } from '../../core/contract/contract.ts';
import { allocate } from '../../core/contract/elements.ts';
import { InputError } from '../../core/contract/input-error.ts';
import { bigRange, numberRange } from '../../core/contract/integer-range.ts';
import { ProtocolError } from '../../core/errors/protocol-error.ts';
import { backgroundOf } from '../../core/explain/background.ts';
import type { ExplainOptions, Explanation } from '../../core/explain/explanation.ts';
import { cellNames, cellOf, cellsIn, type Grid, gridOf, sideFor } from '../../core/explain/grid.ts';
import { type MaskedSample, type Score, sampledValues } from '../../core/explain/sampled.ts';
import { Explanations } from '../../core/manifest/explanations.ts';
import { halfBits } from '../../core/model/half.ts';
import type { TensorType } from '../../core/model/signature.ts';
import type { TensorData } from '../../core/model/tensor.ts';
import { answersOf } from './answered-parts.ts';
import { assertCompared, assertScores } from './answered-rows.ts';
import { type ExplainedOutput, explainedOutputOf, explainedRows } from './explained-output.ts';
import { type Explainer, type ExplainerOptions, SEED } from './explainer.ts';
import { filledUp, MAX_ELEMENTS, repeated } from './masked-batches.ts';
import { rowOutput } from './row-scores.ts';

type Tensors = Record<string, TensorData>;

/** Levels that the place of a cell is filled with: few, for each costs as many runs as the row itself. */
const LEVELS = 5;

/** An input that is cut into cells, and what stands in the place of one that is not taken. */
interface Cut {
  readonly input: BoundInput;
  /** In the input's own elements. */
  readonly levels: readonly (number | bigint)[];
}

/**
 * Explains predictions of a model that has no features but a whole tensor (a picture, a matrix, an embedding): the
 * players are the cells of a grid over it. A cell that is not taken is flat, of a level that means of the reference
 * have, for of a whole tensor a baseline keeps nothing else. How fine the grid is follows from what a run takes: with
 * one there and back of every row, at least, the values are there within the budget, or are refused.
 */
export class ImageExplainer implements Explainer {
  readonly settings: Explanations;
  private readonly bound: readonly BoundInput[];
  private readonly cuts: readonly Cut[];

  /** @throws InputError when no input can be cut whose reference is known */
  constructor(private readonly options: ExplainerOptions) {
    const { manifest, signature, baseline } = options;
    this.settings = Explanations.parse(manifest.explanations ?? {});
    this.bound = bindContract(manifest.contract, signature);
    this.cuts = this.bound.flatMap((input) => {
      const { name, type, shape } = input.spec;
      const mean = { name: `${name}.mean`, type: 'float', personal: 'no' } as Feature;
      const cuttable = input.columns === 0 && input.rule?.personal === 'no' && shape.length >= 2 && shape.length <= 4;
      if (!cuttable || type === 'string' || type === 'bool') return [];
      const most = Math.min(LEVELS, this.settings.backgroundRows);
      const levels = backgroundOf(baseline, [mean], most).rows.flatMap(([value]) =>
        typeof value === 'number' ? [levelOf(type, value)] : [],
      );
      return levels.length === 0 ? [] : [{ input, levels }];
    });
    if (this.cuts.length === 0)
      throw new InputError(
        'the contract has no feature that the baseline knows, nor a tensor of numbers with a summary in it: ' +
          'there is nothing to explain by',
      );
  }

  /**
   * @throws InputError when what is asked for is not there
   * @throws ProtocolError 504 when not even the coarsest grid is done within the budget
   */
  async explain(tensors: Tensors, rows: number, asked: ExplainOptions = {}): Promise<Explanation> {
    const target = await explainedOutputOf(this.options, { tensors, rows }, asked);
    if (asked.method === 'exact')
      throw new InputError('exact values cannot be had of a tensor: leave the method out, or sample');
    if (asked.scale === 'raw')
      throw new InputError(`output ${target.output} has no raw score that can be read: the model has no features`);
    // The largest is what the others are about.
    const cut = this.cuts.reduce((a, b) => (sizeOf(tensors, b) > sizeOf(tensors, a) ? b : a));
    const { name } = cut.input.spec;
    const { shape } = tensors[name]!;
    const side = asked.grid ?? this.settings.grid;
    const { now = () => performance.now() } = this.options;
    const until = now() + Math.min(asked.budgetMs ?? this.settings.budgetMs, this.settings.budgetMs);
    const whole = gridOf(shape, 1);
    if (whole === undefined) throw new InputError(`input ${name} has shape [${shape}], which cannot be cut into cells`);

    const started = now();
    const scoring = this.scoring(tensors, cut, target);
    const runMs = await fastest(now, () => scoring(whole).score([WHOLE]));
    const parts = sideFor(shape, { side, rows, runMs, leftMs: until - now() });
    if (parts === undefined) throw tooSlow(runMs, rows, until - started);
    const grid = gridOf(shape, parts)!;
    const { score, batch } = scoring(grid);
    const answered: Score = async (mixtures) =>
      (await answersOf(mixtures, batch, score)).map((each) => each ?? Number.NaN);
    const shares = await sampledValues(answered, {
      rows,
      background: cut.levels.length,
      players: cellsIn(grid),
      permutations: asked.permutations ?? this.settings.permutations,
      batch,
      seed: SEED,
      budget: { now, pause: () => setImmediate(), until },
    });
    // Asked only now: a run of a picture may be much of the budget.
    if (shares.backgroundRows === 0) await assertScores({ model: this.options.model, tensors, rows, target });
    assertCompared(shares, target);
    return {
      method: 'sampled',
      output: target.output,
      column: target.predicted ? null : target.columns[0]!,
      scale: 'output',
      link: 'identity',
      background: 'levels',
      features: cellNames(name, grid),
      fixed: [],
      grid: { input: name, axes: grid.axes, edges: grid.edges },
      ...shares,
      rows: explainedRows(shares.rows, target),
      reason: `cells of input ${name} are explained by sampling`,
    };
  }

  async close(): Promise<void> {}

  /** How mixtures of rows and flat cells are scored. */
  private scoring(tensors: Tensors, { input, levels }: Cut, { output, columns }: ExplainedOutput) {
    const { name, type, shape: declared } = input.spec;
    const own = tensors[name]!;
    const width = own.data.length / own.shape[0]!;
    // A graph of a fixed number of rows takes just so many.
    const fixed = declared[0]! > 0 ? declared[0] : undefined;
    const batch =
      fixed ?? Math.max(1, Math.min(this.options.manifest.serving.maxBatch, Math.floor(MAX_ELEMENTS / width)));
    return (grid: Grid): { score: Score; batch: number } => {
      const cells = cellOf(grid, own.shape);
      const feeds = (mixtures: readonly MaskedSample[]): Tensors => {
        const data = allocate(type, mixtures.length * width) as unknown[];
        mixtures.forEach(({ row, other, rank, coalitionSize }, i) => {
          for (let at = 0; at < width; at++)
            data[i * width + at] = rank[cells[at]!]! < coalitionSize ? own.data[row * width + at] : levels[other];
        });
        const mixed = {
          type,
          shape: [mixtures.length, ...own.shape.slice(1)],
          data: data as unknown as TensorData['data'],
        };
        const rest = this.bound.filter(({ spec }) => spec.name !== name);
        return {
          ...Object.fromEntries(rest.map(({ spec }) => [spec.name, repeated(tensors[spec.name]!, mixtures)])),
          [name]: mixed,
        };
      };
      const score: Score = async (mixtures) => {
        const padded = fixed ? filledUp(mixtures, fixed) : mixtures;
        const outputs = await this.options.model.run(feeds(padded), [output]);
        const read = rowOutput(output, outputs[output]!, padded.length);
        return mixtures.map(({ row }, i) => read.score(i, columns[row]!));
      };
      return { score, batch };
    };
  }
}

/** A row that is taken whole. */
const WHOLE: MaskedSample = { row: 0, other: 0, rank: Uint32Array.of(0), coalitionSize: 1 };

/** The shorter of two tries: the first may have to be warmed up for. */
async function fastest(now: () => number, run: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  while (times.length < 2) {
    const at = now();
    await run();
    times.push(now() - at);
  }
  return Math.min(...times);
}

const sizeOf = (tensors: Tensors, { input }: Cut): number => tensors[input.spec.name]!.data.length;

/** A level as an element of the input's type. */
function levelOf(type: TensorType, level: number): number | bigint {
  if (type === 'float16') return halfBits(level);
  if (bigRange(type) !== undefined) return BigInt(Math.round(level));
  const range = numberRange(type);
  return range === undefined ? level : Math.min(range.highest, Math.max(range.lowest, Math.round(level)));
}

const tooSlow = (runMs: number, rows: number, budgetMs: number): ProtocolError =>
  new ProtocolError(
    504,
    `a run of one row takes ${Math.ceil(runMs)} ms, and explaining ${rows} of them takes ${10 * rows} runs at least: more ` +
      `than the ${Math.round(budgetMs)} ms there are; send fewer or smaller rows, or raise explanations.budgetMs`,
  );
