import type { Attribute, GraphNode } from '../onnx/graph.ts';

/** How a split compares the value x of its column with its threshold t: x <= t goes the true way for LEQ. */
export const MODES = ['LEQ', 'LT', 'GTE', 'GT', 'EQ', 'NEQ', 'MEMBER'] as const;
export type Mode = (typeof MODES)[number];

/** What is done with the scores after the trees; v5 numbers them in this order. */
export const TRANSFORMS = ['NONE', 'SOFTMAX', 'LOGISTIC', 'SOFTMAX_ZERO', 'PROBIT'] as const;
export type Transform = (typeof TRANSFORMS)[number];

/** Why something cannot be read exactly; said to the caller beside sampled values. */
export class NotExactError extends Error {
  override readonly name = 'NotExactError';
}

/**
 * A tree ensemble as arrays, one entry a node. A node is a leaf when `column` is -1; `yes` and `no` are node numbers.
 */
export interface Ensemble {
  /** First node of every tree. */
  readonly roots: Int32Array;
  readonly column: Int32Array;
  /** Index into MODES. */
  readonly mode: Uint8Array;
  readonly threshold: Float64Array;
  readonly yes: Int32Array;
  readonly no: Int32Array;
  /** 1 where a missing value (NaN) goes the true way whatever the comparison says. */
  readonly missingYes: Uint8Array;
  /** Sets of MEMBER splits, by node. */
  readonly members: ReadonlyMap<number, ReadonlySet<number>>;
  /** Leaf -> [raw column, weight] pairs. */
  readonly weights: ReadonlyMap<number, readonly (readonly [number, number])[]>;
  readonly transform: Transform;
  /** Scores that the trees themselves give; 1 where a classifier derives its first class from the second. */
  readonly rawColumns: number;
  /** Columns of the node's output of scores. */
  readonly columns: number;
  /** Added to each raw column. */
  readonly base: readonly number[];
  /** What sums of leaves are multiplied with: 1, or for averages one over the number of trees. */
  readonly factor: number;
}

/** Deepest tree that is read; each level is a level of the call stack. */
const MAX_DEPTH = 500;

export const isEnsemble = ({ op, domain }: GraphNode): boolean =>
  domain === 'ai.onnx.ml' && ['TreeEnsembleClassifier', 'TreeEnsembleRegressor', 'TreeEnsemble'].includes(op);

/** The output of an ensemble node that holds its scores. */
export const ensembleScores = (node: GraphNode): string =>
  node.outputs[node.op === 'TreeEnsembleClassifier' ? 1 : 0] ?? '';

/**
 * Reads a tree ensemble: TreeEnsembleClassifier and TreeEnsembleRegressor of ai.onnx.ml 1 to 4, TreeEnsemble of 5.
 *
 * @throws NotExactError when it is none that sums its trees, or its nodes do not make trees
 */
export function readEnsemble(node: GraphNode): Ensemble {
  const ensemble = node.op === 'TreeEnsemble' ? readFive(node) : readOlder(node);
  assertTrees(ensemble);
  return ensemble;
}

/** Numbers of an attribute, or of the tensor that stands for it where doubles are wanted. */
export function numbersOf({ attributes }: GraphNode, name: string): readonly number[] {
  const tensor = (attributes.get(`${name}_as_tensor`) ?? attributes.get(name))?.tensor?.values();
  if (tensor !== undefined) return tensor;
  const attribute = attributes.get(name);
  if (attribute === undefined) return [];
  return attribute.floats.length > 0 ? attribute.floats : attribute.ints;
}

const textOf = (attribute: Attribute | undefined, otherwise: string): string => attribute?.text || otherwise;

function readOlder(node: GraphNode): Ensemble {
  const classifier = node.op === 'TreeEnsembleClassifier';
  const prefix = classifier ? 'class' : 'target';
  const { attributes } = node;
  const trees = numbersOf(node, 'nodes_treeids');
  const ids = numbersOf(node, 'nodes_nodeids');
  const modes = attributes.get('nodes_modes')?.texts ?? [];
  const columns = numbersOf(node, 'nodes_featureids');
  const thresholds = numbersOf(node, 'nodes_values');
  const tracks = numbersOf(node, 'nodes_missing_value_tracks_true');
  const numbers = new Map<number, number>();
  for (let i = 0; i < trees.length; i++) numbers.set(trees[i]! * 0x4000000 + ids[i]!, i);
  const at = (tree: number, id = -1): number => numbers.get(tree * 0x4000000 + id) ?? -1;
  const yesIds = numbersOf(node, 'nodes_truenodeids');
  const noIds = numbersOf(node, 'nodes_falsenodeids');
  const leaf = (i: number): boolean => modes[i] === 'LEAF';
  const yes = Int32Array.from(trees, (tree, i) => (leaf(i) ? -1 : at(tree, yesIds[i])));
  const no = Int32Array.from(trees, (tree, i) => (leaf(i) ? -1 : at(tree, noIds[i])));
  const roots = rootsOf(trees, yes, no);

  const weights = new Map<number, [number, number][]>();
  const leafTrees = numbersOf(node, `${prefix}_treeids`);
  const leafIds = numbersOf(node, `${prefix}_nodeids`);
  const targets = numbersOf(node, `${prefix}_ids`);
  const values = numbersOf(node, `${prefix}_weights`);
  const labels = Math.max(
    attributes.get('classlabels_int64s')?.ints.length ?? 0,
    attributes.get('classlabels_strings')?.texts.length ?? 0,
  );
  // A classifier of two labels whose leaves name one of them: the other's score follows from it.
  const single = classifier && labels <= 2 && new Set(targets).size === 1;
  for (let i = 0; i < leafTrees.length; i++) {
    const leafNode = at(leafTrees[i]!, leafIds[i]);
    const list = weights.get(leafNode) ?? [];
    list.push([single ? 0 : targets[i]!, values[i]!]);
    weights.set(leafNode, list);
  }
  const aggregate = textOf(attributes.get('aggregate_function'), 'SUM');
  if (aggregate !== 'SUM' && aggregate !== 'AVERAGE')
    throw new NotExactError(`the trees are combined by ${aggregate}, which is no sum`);
  const columnCount = classifier ? Math.max(labels, 1) : attributes.get('n_targets')?.int || 1;
  const rawColumns = single ? 1 : columnCount;
  const base = numbersOf(node, 'base_values');
  return {
    roots,
    column: Int32Array.from(columns, (column, i) => (leaf(i) ? -1 : column)),
    mode: Uint8Array.from(trees, (_, i) => (leaf(i) ? 0 : modeNumber(modes[i]!.replace(/^BRANCH_/, '')))),
    threshold: Float64Array.from(trees, (_, i) => thresholds[i] ?? 0),
    yes,
    no,
    missingYes: Uint8Array.from(trees, (_, i) => tracks[i] ?? 0),
    members: new Map(),
    weights,
    transform: transformOf(textOf(attributes.get('post_transform'), 'NONE')),
    rawColumns,
    columns: columnCount,
    base: Array.from({ length: rawColumns }, (_, i) => (single ? base.at(-1) : base[i]) ?? 0),
    factor: aggregate === 'AVERAGE' ? 1 / roots.length : 1,
  };
}

/** TreeEnsemble of ai.onnx.ml 5: splits and leaves are numbered apart. */
function readFive(node: GraphNode): Ensemble {
  const { attributes } = node;
  const columns = numbersOf(node, 'nodes_featureids');
  const splits = columns.length;
  const modes = numbersOf(node, 'nodes_modes');
  const thresholds = numbersOf(node, 'nodes_splits');
  const tracks = numbersOf(node, 'nodes_missing_value_tracks_true');
  const targets = numbersOf(node, 'leaf_targetids');
  const values = numbersOf(node, 'leaf_weights');
  const total = splits + targets.length;
  const child = (which: string): Int32Array => {
    const ids = numbersOf(node, `nodes_${which}nodeids`);
    const leaves = numbersOf(node, `nodes_${which}leafs`);
    return Int32Array.from({ length: total }, (_, i) => (i < splits ? ids[i]! + (leaves[i] === 1 ? splits : 0) : -1));
  };
  const yes = child('true');
  const no = child('false');
  const aggregate = attributes.get('aggregate_function')?.int ?? 1;
  if (aggregate > 1)
    throw new NotExactError(`the trees are combined by ${['MIN', 'MAX'][aggregate - 2]}, which is no sum`);
  const rawColumns = attributes.get('n_targets')?.int || 1;
  // A tree of one leaf is a split both of whose ways lead to that leaf.
  const roots = Int32Array.from(numbersOf(node, 'tree_roots'));
  return {
    roots,
    column: Int32Array.from({ length: total }, (_, i) => (i < splits ? columns[i]! : -1)),
    mode: Uint8Array.from({ length: total }, (_, i) => (i < splits ? (modes[i] ?? 0) : 0)),
    threshold: Float64Array.from({ length: total }, (_, i) => thresholds[i] ?? 0),
    yes,
    no,
    missingYes: Uint8Array.from({ length: total }, (_, i) => tracks[i] ?? 0),
    members: membersOf(modes, numbersOf(node, 'membership_values')),
    weights: new Map(values.map((value, i) => [splits + i, [[targets[i]!, value] as const]])),
    transform: TRANSFORMS[attributes.get('post_transform')?.int ?? 0] ?? 'NONE',
    rawColumns,
    columns: rawColumns,
    base: new Array<number>(rawColumns).fill(0),
    factor: aggregate === 0 ? 1 / roots.length : 1,
  };
}

/** Sets of members in the order of their nodes, each ended by NaN. */
function membersOf(modes: readonly number[], values: readonly number[]): Map<number, Set<number>> {
  const members = new Map<number, Set<number>>();
  let at = 0;
  modes.forEach((mode, node) => {
    if (MODES[mode] !== 'MEMBER') return;
    const set = new Set<number>();
    for (; at < values.length && !Number.isNaN(values[at]); at++) set.add(values[at]!);
    at++;
    members.set(node, set);
  });
  return members;
}

/** The nodes that nothing leads to, one a tree. */
function rootsOf(trees: readonly number[], yes: Int32Array, no: Int32Array): Int32Array {
  const led = new Uint8Array(trees.length);
  for (const children of [yes, no]) for (const child of children) if (child >= 0) led[child] = 1;
  return Int32Array.from(trees.keys()).filter((i) => led[i] === 0);
}

function modeNumber(name: string): number {
  const number = MODES.indexOf(name as Mode);
  if (number === -1) throw new NotExactError(`a split compares by ${name}, known are ${MODES.join(', ')}`);
  return number;
}

function transformOf(name: string): Transform {
  const found = TRANSFORMS.find((transform) => transform === name);
  if (found === undefined) throw new NotExactError(`the scores go through ${name}, known are ${TRANSFORMS.join(', ')}`);
  return found;
}

/** Every split must lead on, and no way may come back: a damaged file would never end. */
function assertTrees({ roots, column, yes, no }: Ensemble): void {
  const seen = new Uint8Array(column.length);
  for (const root of roots) {
    const open: [number, number][] = [[root, 0]];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const [node, depth] = next;
      const unknown = node < 0 || node >= column.length;
      if (unknown || depth > MAX_DEPTH || seen[node]! > 1)
        throw new NotExactError(
          unknown ? 'a split leads nowhere' : 'the nodes are no trees, or deeper than 500 splits',
        );
      seen[node]!++;
      if (column[node] === -1) continue;
      open.push([yes[node]!, depth + 1], [no[node]!, depth + 1]);
    }
  }
}
