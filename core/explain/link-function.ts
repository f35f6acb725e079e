import type { ConstantTensor, GraphNode, OnnxGraph } from '../onnx/graph.ts';
import { type Ensemble, ensembleScores, isEnsemble, NotExactError } from './ensemble.ts';
import { upstream } from './feature-dependencies.ts';

/** A column of an output as a raw score of the trees: link(factor * raw + offset). */
export interface OutputLink {
  /** Which raw score. */
  readonly raw: number;
  readonly factor: number;
  readonly offset: number;
  /** Functions on the way, in words: `identity`, `logistic`, `softmax`. */
  readonly link: string;
}

const LINKS = {
  NONE: 'identity',
  LOGISTIC: 'logistic',
  SOFTMAX: 'softmax',
  SOFTMAX_ZERO: 'softmax',
  PROBIT: 'probit',
} as const;

/** The one ensemble that an output depends on. @throws NotExactError when there is none, or several */
export function ensembleBehind(graph: OnnxGraph, output: string): GraphNode {
  const found = [...upstream(makersOf(graph), output)].filter(isEnsemble);
  if (found.length !== 1)
    throw new NotExactError(`output ${output} depends on ${found.length === 0 ? 'no' : found.length} tree ensembles`);
  return found[0]!;
}

export const makersOf = (graph: OnnxGraph): Map<string, GraphNode> =>
  new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));

/**
 * Follows the raw scores of a tree ensemble to one column of an output.
 *
 * @param trees the ensemble, and its node in the graph
 * @throws NotExactError naming the operator in the way
 */
export function outputLinkOf(
  graph: OnnxGraph,
  { node, ensemble }: { readonly node: GraphNode; readonly ensemble: Ensemble },
  output: string,
  column: number,
): OutputLink {
  const known = new Map<string, readonly OutputLink[]>([[ensembleScores(node), scoreColumns(ensemble)]]);
  const constants = new Map<string, ConstantTensor>(graph.constants);
  const needed = new Set(upstream(makersOf(graph), output));
  for (const each of graph.nodes) {
    if (!needed.has(each) || each === node) continue;
    if (each.op === 'Constant') {
      const tensor = each.attributes.get('value')?.tensor;
      if (tensor !== undefined) constants.set(each.outputs[0]!, tensor);
    } else if (each.inputs.some((name) => known.has(name))) known.set(each.outputs[0]!, follow(each, known, constants));
  }
  const outputLink = known.get(output)?.[column];
  if (outputLink === undefined)
    throw new NotExactError(`column ${column} of output ${output} is no score of the trees`);
  return outputLink;
}

function scoreColumns({ columns, rawColumns, transform, weights }: Ensemble): OutputLink[] {
  const link = LINKS[transform];
  if (rawColumns === columns) return Array.from({ length: columns }, (_, raw) => ({ raw, factor: 1, offset: 0, link }));
  // ONNX Runtime gives the first of two classes what is left of the second: 1 - s where all weights are probabilities.
  const shares = transform === 'NONE' && [...weights.values()].flat().every(([, weight]) => weight >= 0);
  return [
    { raw: 0, factor: -1, offset: shares ? 1 : 0, link },
    { raw: 0, factor: 1, offset: 0, link },
  ];
}

function follow(
  { op, inputs, attributes }: GraphNode,
  known: ReadonlyMap<string, readonly OutputLink[]>,
  constants: ReadonlyMap<string, ConstantTensor>,
): readonly OutputLink[] {
  const scores = inputs.map((name) => known.get(name));
  const [first, second] = scores;
  const number = (i: number): number | undefined => {
    const values = constants.get(inputs[i] ?? '')?.values();
    return values?.length === 1 ? values[0] : undefined;
  };
  switch (op) {
    case 'Identity':
    case 'Cast':
    case 'Reshape':
    case 'Flatten':
    case 'Squeeze':
    case 'Unsqueeze':
      if (first !== undefined) return first;
      break;
    case 'Concat':
      if (scores.every((each) => each !== undefined) && [1, -1].includes(attributes.get('axis')?.int ?? 1))
        return scores.flatMap((each) => each!);
      break;
    case 'Gather':
    case 'ArrayFeatureExtractor': {
      const indices = constants.get(inputs[1] ?? '')?.values();
      const along = op === 'ArrayFeatureExtractor' || [1, -1].includes(attributes.get('axis')?.int ?? 0);
      const chosen = along ? indices?.map((index) => first?.at(index)) : undefined;
      if (chosen?.every((outputLink) => outputLink !== undefined)) return chosen as OutputLink[];
      break;
    }
    case 'Sigmoid':
      if (first?.every(({ link }) => link === 'identity'))
        return first.map((outputLink) => ({ ...outputLink, link: 'logistic' }));
      break;
    case 'Softmax':
      if (first !== undefined && first.length > 1 && first.every(({ link }) => link === 'identity'))
        return first.map((outputLink) => ({ ...outputLink, link: 'softmax' }));
      break;
    case 'Neg':
      if (first?.every(({ link }) => link === 'identity')) return first.map((outputLink) => scaled(outputLink, -1, 0));
      break;
    case 'Sub':
      // 1 - logistic(s) is logistic(-s).
      if (second?.every(({ link }) => link === 'logistic') && number(0) === 1)
        return second.map(({ raw, factor, offset, link }) => ({ raw, factor: -factor, offset: -offset, link }));
      if (second?.every(({ link }) => link === 'identity') && number(0) !== undefined)
        return second.map((outputLink) => scaled(outputLink, -1, number(0)!));
      return affine(op, first, number(1));
    case 'Add':
    case 'Mul':
      return first === undefined ? affine(op, second, number(0)) : affine(op, first, number(1));
    case 'Div':
      return affine(op, first, number(1));
  }
  throw new NotExactError(`operator ${op} behind the trees is not one that can be followed`);
}

const scaled = (outputLink: OutputLink, factor: number, offset: number): OutputLink => ({
  ...outputLink,
  factor: outputLink.factor * factor,
  offset: outputLink.offset * factor + offset,
});

/** What operators with a constant make of a score: factor * score + offset. */
const AFFINE = {
  Add: (constant: number) => ({ factor: 1, offset: constant }),
  Sub: (constant: number) => ({ factor: 1, offset: -constant }),
  Mul: (constant: number) => ({ factor: constant, offset: 0 }),
  Div: (constant: number) => ({ factor: 1 / constant, offset: 0 }),
};

function affine(
  op: keyof typeof AFFINE,
  links: readonly OutputLink[] | undefined,
  number: number | undefined,
): readonly OutputLink[] {
  const refused = new NotExactError(`operator ${op} behind the trees is not one that can be followed`);
  if (links === undefined || number === undefined) throw refused;
  const { factor, offset } = AFFINE[op](number);
  const changes = factor !== 1 || offset !== 0;
  if (changes && !links.every(({ link }) => link === 'identity')) throw refused;
  return links.map((outputLink) => scaled(outputLink, factor, offset));
}
