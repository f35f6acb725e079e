import type { BoundInput } from '../../core/contract/bind.ts';
import { NotExactError } from '../../core/explain/ensemble.ts';
import { exactValues } from '../../core/explain/exact.ts';
import type { RowValues, Shares } from '../../core/explain/explanation.ts';
import type { OutputLink } from '../../core/explain/link-function.ts';
import { PART_OUTPUTS, type ParsedTrees, parseTrees } from '../../core/explain/parse-trees.ts';
import type { TimeBudget } from '../../core/explain/time-budget.ts';
import { walkerOf } from '../../core/explain/tree-values.ts';
import type { TensorData } from '../../core/model/tensor.ts';
import type { OnnxModel } from '../../platform/onnx/model.ts';
import { answersOf } from './answered-parts.ts';

type Tensors = Record<string, TensorData>;

/** How far the sum of the trees as they were read may be from what ONNX Runtime adds up in single precision. */
const TOLERANCE = 1e-4;

export interface TreeOptions {
  readonly file: Uint8Array;
  readonly bound: readonly BoundInput[];
  readonly output: string;
  readonly backgroundRows: number;
  /** Most rows of the background in one run. */
  readonly batch: number;
  /** Makes what the graph takes of some of them; what is over fills up the run. */
  readonly feeds: (others: readonly number[]) => Tensors;
  /** Feature -> player; -1 always is the explained row's. */
  readonly playerOf: ArrayLike<number>;
  readonly players: number;
  /** Opens a part of the graph. */
  readonly openPart: (content: Uint8Array) => Promise<OnnxModel>;
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
    const part = await options.openPart(reading.part);
    const { backgroundRows, batch, feeds, players } = options;
    const answers = await answersOf([...Array(backgroundRows).keys()], batch, async (others) => {
      const { [PART_OUTPUTS.columns]: columns } = await part.run(feeds(others), [PART_OUTPUTS.columns]);
      return rowsOf(columns!).slice(0, others.length);
    });
    const background = answers.filter((row) => row !== undefined);
    if (background.length === 0) {
      await part.release();
      throw new NotExactError('the graph up to the trees runs on no row of the background');
    }
    const playerOf = reading.featureOf.map((feature) => (feature === -1 ? -1 : options.playerOf[feature]!));
    return new TreeExplainer(reading, part, { background, playerOf, players });
  }

  /** How a column follows from the trees. @throws NotExactError */
  linkOf(column: number): OutputLink {
    return this.reading.linkOf(column);
  }

  /**
   * Exact values of rows.
   *
   * @param links how what is explained follows from the trees, one a row
   * @throws NotExactError when the trees as they were read do not give the scores that ONNX Runtime gives
   */
  async explain(tensors: Tensors, links: readonly OutputLink[], budget: TimeBudget): Promise<Shares> {
    const { ensemble } = this.reading;
    const { background, playerOf, players } = this.game;
    const outputs = await this.part.run(tensors);
    const rows = rowsOf(outputs[PART_OUTPUTS.columns]!);
    const scores = this.rawScores(outputs, links);
    const found = new Array<RowValues>(rows.length);
    let [complete, backgroundRows, left] = [true, background.length, rows.length];
    for (const outputLink of new Set(links)) {
      const own = [...rows.keys()].filter((i) => links[i] === outputLink);
      const walker = walkerOf(ensemble, playerOf, players, outputLink.raw);
      for (const i of own) {
        const score = walker.score(rows[i]!);
        if (!(Math.abs(score - scores[i]!) <= TOLERANCE * (1 + Math.abs(score))))
          throw new NotExactError(`the trees as they were read give ${score} for row ${i}, ONNX Runtime ${scores[i]}`);
      }
      // Of the time that is left, as much as these rows are of the rows that are left.
      const now = budget.now();
      const until = now + ((budget.until - now) * own.length) / left;
      const game = { outputLink, players, budget: { ...budget, until } };
      const shares = await exactValues(
        walker,
        own.map((i) => rows[i]!),
        background,
        game,
      );
      for (const [k, i] of own.entries()) found[i] = shares.rows[k]!;
      complete &&= shares.complete;
      backgroundRows = Math.min(backgroundRows, shares.backgroundRows);
      left -= own.length;
    }
    return { complete, backgroundRows, rows: found };
  }

  /** Scores of rows on the raw scale, by ONNX Runtime. @param links one a row */
  async score(tensors: Tensors, links: readonly OutputLink[]): Promise<number[]> {
    const outputs = await this.part.run(tensors, [PART_OUTPUTS.scores]);
    return this.rawScores(outputs, links).map((raw, i) => links[i]!.factor * raw + links[i]!.offset);
  }

  async close(): Promise<void> {
    await this.part.release();
  }

  private rawScores(outputs: Tensors, links: readonly OutputLink[]): number[] {
    const { columns, rawColumns } = this.reading.ensemble;
    // Of two classes with one score, the second has it as it is.
    return rowsOf(outputs[PART_OUTPUTS.scores]!).map(
      (row, i) => row[rawColumns === columns ? links[i]!.raw : columns - 1]!,
    );
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
