import type { ConstantTensor, GraphNode, OnnxGraph } from '../onnx/graph.ts';
import { NotExactError } from './ensemble.ts';

/**
 * Where the values of a tensor come from, by reading the graph: which players each element of a row depends on. Only
 * operators that keep rows apart and are known by name are read; a graph with any other is explained by sampling.
 */

/** Players that an element depends on. */
export type Sources = ReadonlySet<number>;

/** A tensor [n, ...rest]: the sources of each element of a row, row-major. */
export interface FeatureDependencies {
  readonly rest: readonly number[];
  readonly cells: readonly Sources[];
}

type Value = FeatureDependencies | ConstantTensor;

const isConstant = (value: Value): value is ConstantTensor => 'values' in value;
const isTensor = (value: Value): value is FeatureDependencies => !isConstant(value);

/** Operators that work on each element by itself; constants beside it set how. */
const UNARY = new Set(
  [
    'Abs Acos Asin Atan Cast Ceil Clip Cos Cosh Elu Erf Exp Floor HardSigmoid Identity IsInf IsNaN LeakyRelu Log Neg Not',
    'Reciprocal Relu Round Selu Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Tan Tanh ThresholdedRelu Binarizer Imputer',
    'LabelEncoder Scaler CategoryMapper',
  ].flatMap((line) => line.split(' ')),
);
/** Operators that work on elements in the same place. */
const NARY = new Set(
  'Add And Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod Mul Or PRelu Pow Sub Sum Where Xor'.split(
    ' ',
  ),
);
/** Operators each of whose results depends on the whole row; results as wide as the row. */
const ROW_WISE = new Set(['Normalizer', 'Softmax', 'LogSoftmax']);

/** Follows the players from the graph's inputs to one tensor. @throws NotExactError naming the operator in the way */
export function featureDependenciesOf(
  graph: OnnxGraph,
  inputs: ReadonlyMap<string, FeatureDependencies>,
  wanted: string,
): FeatureDependencies {
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const known = new Map<string, Value>([...graph.constants, ...inputs]);
  // Nodes stand in an order in which they can be run, so what one needs is known before it.
  const needed = new Set(upstream(makers, wanted));
  for (const node of graph.nodes) {
    if (!needed.has(node)) continue;
    const given = node.inputs.map((name) => (name === '' ? undefined : known.get(name)));
    if (given.some((value, i) => value === undefined && node.inputs[i] !== ''))
      throw new NotExactError(`operator ${node.op} reads ${node.inputs.join(', ')}, which is not all known`);
    const results = follow(
      node,
      given.filter((value) => value !== undefined),
    );
    node.outputs.forEach((name, i) => {
      const result = results[Math.min(i, results.length - 1)];
      if (result !== undefined) known.set(name, result);
    });
  }
  const found = known.get(wanted);
  if (found === undefined || isConstant(found)) throw new NotExactError(`${wanted} does not depend on a feature`);
  return found;
}

/** Nodes that a tensor needs. */
export function* upstream(makers: ReadonlyMap<string, GraphNode>, wanted: string): Generator<GraphNode> {
  const seen = new Set<GraphNode>();
  const open = [wanted];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = makers.get(name);
    if (node === undefined || seen.has(node)) continue;
    seen.add(node);
    yield node;
    open.push(...node.inputs);
  }
}

function follow(node: GraphNode, given: readonly Value[]): Value[] {
  const { op, attributes } = node;
  if (op === 'Constant') return [constantOf(node)];
  const tensors = given.filter(isTensor);
  const [first] = tensors;
  if (first === undefined) {
    if (op === 'Identity' && given[0] !== undefined) return [given[0]];
    throw new NotExactError(`operator ${op} makes a constant`);
  }
  if (UNARY.has(op) && tensors.length === 1 && first === given[0]) return [first];
  if (NARY.has(op)) return [given.reduce((all, next) => broadcast(op, all, next))];
  if (ROW_WISE.has(op) && first.rest.length === 1) return [wholeRow(first, first.rest)];
  switch (op) {
    case 'Concat': {
      const axis = attributes.get('axis')?.int ?? 1;
      if (
        tensors.length === given.length &&
        tensors.every(({ rest }) => rest.length === 1) &&
        (axis === 1 || axis === -1)
      )
        return [side(tensors)];
      break;
    }
    case 'FeatureVectorizer':
      return [side(tensors)];
    case 'OneHotEncoder': {
      const wide = attributes.get('cats_int64s')?.ints.length || attributes.get('cats_strings')?.texts.length || 0;
      return [
        { rest: [...first.rest, wide], cells: first.cells.flatMap((cell) => new Array<Sources>(wide).fill(cell)) },
      ];
    }
    case 'Flatten':
      if ((attributes.get('axis')?.int ?? 1) === 1) return [{ rest: [first.cells.length], cells: first.cells }];
      break;
    case 'Reshape':
      return [reshaped(first, given[1])];
    case 'Squeeze':
    case 'Unsqueeze':
      return [
        { rest: op === 'Squeeze' ? first.rest.filter((size) => size !== 1) : [...first.rest, 1], cells: first.cells },
      ];
    case 'ArrayFeatureExtractor':
    case 'Gather':
      return [picked(node, first, given[1])];
    case 'MatMul':
    case 'Gemm': {
      const [, factors] = given;
      if (factors === undefined || !isConstant(factors) || factors.dims.length !== 2 || first !== given[0]) break;
      const wide = factors.dims[attributes.get('transB')?.int === 1 ? 0 : 1]!;
      if ((attributes.get('transA')?.int ?? 0) === 0) return [wholeRow(first, [wide])];
    }
  }
  throw new NotExactError(`operator ${op} before the trees is not one that can be followed`);
}

/** The union of two sets; one of the two where it holds the other, so that most columns share their sets. */
function union(a: Sources, b: Sources): Sources {
  if (a === b || b.size === 0) return a;
  return a.size === 0 ? b : new Set([...a, ...b]);
}

function wholeRow({ cells }: FeatureDependencies, rest: readonly number[]): FeatureDependencies {
  const all = cells.reduce(union);
  return { rest, cells: new Array<Sources>(rest.reduce((a, b) => a * b, 1)).fill(all) };
}

function side(tensors: readonly FeatureDependencies[]): FeatureDependencies {
  const cells = tensors.flatMap((tensor) => tensor.cells);
  return { rest: [cells.length], cells };
}

const NOBODY: Sources = new Set();

/** Two operands of the same width, or one of them one wide. Constants count by their last dimension. */
function broadcast(op: string, a: Value, b: Value): Value {
  const left = asRow(op, a);
  const right = asRow(op, b);
  if (isConstant(a) && isConstant(b)) throw new NotExactError(`operator ${op} makes a constant`);
  // [n] and [n, 1] would make [n, n], which mixes the rows.
  const ranks = [a, b].filter(isTensor).map(({ rest }) => rest.length);
  const wide = Math.max(left.length, right.length);
  if (new Set(ranks).size > 1 || (ranks[0] === 0 && wide > 1) || ranks[0]! > 1)
    throw new NotExactError(`operator ${op} mixes rows`);
  if ([left, right].some(({ length }) => length !== 1 && length !== wide))
    throw new NotExactError(`operator ${op} has operands of ${left.length} and ${right.length} columns`);
  const cells = Array.from({ length: wide }, (_, i) =>
    union(left[left.length === 1 ? 0 : i]!, right[right.length === 1 ? 0 : i]!),
  );
  return { rest: ranks[0] === 0 ? [] : [wide], cells };
}

function asRow(op: string, value: Value): readonly Sources[] {
  if (!isConstant(value)) return value.cells;
  if (value.dims.slice(0, -1).some((size) => size !== 1))
    throw new NotExactError(`operator ${op} has a constant of several rows`);
  return new Array<Sources>(value.dims.at(-1) ?? 1).fill(NOBODY);
}

function constantOf({ attributes }: GraphNode): ConstantTensor {
  const tensor = attributes.get('value')?.tensor;
  if (tensor !== undefined) return tensor;
  for (const name of ['value_floats', 'value_ints', 'value_float', 'value_int']) {
    const attribute = attributes.get(name);
    if (attribute === undefined) continue;
    const many = name.endsWith('s');
    const values = many
      ? [...attribute.floats, ...attribute.ints]
      : [name === 'value_float' ? attribute.float : attribute.int];
    return {
      name: '',
      dims: many ? [values.length] : [],
      values: () => values,
      integers: () => undefined,
      texts: () => undefined,
    };
  }
  return { name: '', dims: [], values: () => undefined, integers: () => undefined, texts: () => undefined };
}

function reshaped({ cells }: FeatureDependencies, shape: Value | undefined): FeatureDependencies {
  const sizes = shape !== undefined && isConstant(shape) ? shape.values() : undefined;
  // The first dimension stays the rows: -1 or 0 there, and as many elements a row as before.
  const rest = sizes?.slice(1).map((size) => (size === -1 ? cells.length : size));
  if (rest === undefined || sizes![0]! > 0 || rest.reduce((a, b) => a * b, 1) !== cells.length)
    throw new NotExactError('operator Reshape does not keep the rows');
  return { rest, cells };
}

function picked(
  { op, attributes }: GraphNode,
  { rest, cells }: FeatureDependencies,
  indices: Value | undefined,
): FeatureDependencies {
  const numbers = indices !== undefined && isConstant(indices) ? indices.values() : undefined;
  const axis = op === 'Gather' ? (attributes.get('axis')?.int ?? 0) : 1;
  if (numbers === undefined || rest.length !== 1 || (axis !== 1 && axis !== -1))
    throw new NotExactError(`operator ${op} does not pick columns by constants`);
  const chosen = numbers.map((index) => cells[index < 0 ? index + cells.length : index]);
  if (chosen.some((cell) => cell === undefined))
    throw new NotExactError(`operator ${op} picks a column that is not there`);
  const scalar = op === 'Gather' && isConstant(indices!) && indices.dims.length === 0;
  return { rest: scalar ? [] : [chosen.length], cells: chosen as Sources[] };
}
