import type { BoundInput } from '../../core/contract/bind.ts';
import { NotExactError } from '../../core/explain/ensemble.ts';
import { exactValues } from '../../core/explain/exact.ts';
import type { Shares } from '../../core/explain/explanation.ts';
import type { OutputLink } from '../../core/explain/link-function.ts';
import { PART_OUTPUTS, type ParsedTrees, parseTrees } from '../../core/explain/parse-trees.ts';
import type { TimeBudget } from '../../core/explain/time-budget.ts';
import { walkerOf } from '../../core/explain/tree-values.ts';
import type { TensorData } from '../../core/model/tensor.ts';
import { loadModelBytes, type OnnxModel } from '../../platform/onnx/model.ts';

type Tensors = Record<string, TensorData>;

/** How far the sum of the trees as they were read may be from what ONNX Runtime adds up in single precision. */
const TOLERANCE = 1e-4;

export interface TreeOptions {
  readonly file: Uint8Array;
  readonly bound: readonly BoundInput[];
  readonly output: string;
  readonly background: Tensors;
  /** Feature -> player; -1 always is the explained row's. */
  readonly playerOf: ArrayLike<number>;
  readonly players: number;
  readonly threads: number;
}

/** What rows are explained against, and by whom: the game whose Shapley values are wanted. */
interface Game {
  /** Background rows as the trees take them. */
  readonly background: readonly Float64Array[];
  /** Column of the trees -> player; -1 always is the explained row's. */
  readonly playerOf: Int32Array;
  readonly players: number;
}

/** The tree ensemble behind one output, ready to explain rows exactly. */
export class TreeExplainer {
  private constructor(
    private readonly reading: ParsedTrees,
    /** The graph up to the trees, and their raw scores. */
    private readonly part: OnnxModel,
    private readonly game: Game,
  ) {}

  /** @throws NotExactError with the reason when values cannot be exact */
  static async open(options: TreeOptions): Promise<TreeExplainer> {
    const reading = parseTrees(options.file, options.bound, options.output);
    const part = await loadModelBytes(`the trees of output ${options.output}`, reading.part, options.threads);
    const { [PART_OUTPUTS.columns]: columns } = await part.run(options.background, [PART_OUTPUTS.columns]);
    const playerOf = reading.featureOf.map((feature) => (feature === -1 ? -1 : options.playerOf[feature]!));
    return new TreeExplainer(reading, part, { background: rowsOf(columns!), playerOf, players: options.players });
  }

  /** How a column follows from the trees. @throws NotExactError */
  linkOf(column: number): OutputLink {
    return this.reading.linkOf(column);
  }

  /**
   * Exact values of rows.
   *
   * @throws NotExactError when the trees as they were read do not give the scores that ONNX Runtime gives
   */
  async explain(tensors: Tensors, outputLink: OutputLink, budget: TimeBudget): Promise<Shares> {
    const { ensemble } = this.reading;
    const { background, playerOf, players } = this.game;
    const outputs = await this.part.run(tensors);
    const rows = rowsOf(outputs[PART_OUTPUTS.columns]!);
    const walker = walkerOf(ensemble, playerOf, players, outputLink.raw);
    const scores = this.scoresIn(outputs, outputLink);
    rows.forEach((row, i) => {
      const own = walker.score(row);
      if (!(Math.abs(own - scores[i]!) <= TOLERANCE * (1 + Math.abs(own))))
        throw new NotExactError(`the trees as they were read give ${own} for row ${i}, ONNX Runtime ${scores[i]}`);
    });
    return exactValues(walker, rows, background, { outputLink, players, budget });
  }

  /** Scores of rows on the raw scale, by ONNX Runtime. */
  async score(tensors: Tensors, outputLink: OutputLink): Promise<number[]> {
    const outputs = await this.part.run(tensors, [PART_OUTPUTS.scores]);
    return this.scoresIn(outputs, outputLink).map((raw) => outputLink.factor * raw + outputLink.offset);
  }

  async close(): Promise<void> {
    await this.part.release();
  }

  private scoresIn(outputs: Tensors, { raw }: OutputLink): number[] {
    const { columns, rawColumns } = this.reading.ensemble;
    // Of two classes with one score, the second has it as it is.
    const at = rawColumns === columns ? raw : columns - 1;
    return rowsOf(outputs[PART_OUTPUTS.scores]!).map((row) => row[at]!);
  }
}

/** A tensor [n, k] or [n] as rows of numbers. */
function rowsOf({ shape, data }: TensorData): Float64Array[] {
  const [rows] = shape;
  const width = data.length / rows!;
  return Array.from({ length: rows! }, (_, i) =>
    Float64Array.from({ length: width }, (_, j) => Number(data[i * width + j])),
  );
}
