import { statedInteger } from '../model/stated-number.ts';
import { attributeOf, type GraphNode, type OnnxGraph, readGraph } from './graph.ts';

/** Names of classes, in the order of the columns; integers beyond 2^53 are their digits as text. */
export type ClassList = readonly (string | number)[];

/** Passes labels on as they are. */
const LABEL_CARRIERS = new Set(['Identity', 'Cast', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze']);
/** Passes scores on with their columns in their order. */
const SCORE_CARRIERS = new Set([...LABEL_CARRIERS, 'Normalizer', 'Softmax', 'Sigmoid', 'Mul', 'Div', 'Add', 'Sub']);
const CLASSIFIERS = new Set(['LinearClassifier', 'SVMClassifier', 'TreeEnsembleClassifier']);
const LABELS = ['classlabels_strings', 'classlabels_int64s', 'classlabels_ints'] as const;

/**
 * Which classes a graph itself names, by output: of labels those that can come, of scores those of the columns. They
 * are in its ZipMap, its classifier, the table that the label is looked up in. An output whose classes the graph does
 * not name is not there.
 *
 * @param file as it was given: a repair takes the names in a ZipMap out
 * @throws ProtobufError
 */
export function classListsOf(file: Uint8Array): Map<string, ClassList> {
  const graph = readGraph(file);
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const lists = new Map<string, ClassList>();
  const others: string[] = [];
  for (const { name } of graph.outputs) {
    const list = listBehind(name, graph, makers);
    if (list === undefined) others.push(name);
    else lists.set(name, list);
  }
  // Scores that are worked out further have the classes of the label, where the graph has one kind of them.
  const [first, ...rest] = [...lists.values()];
  if (first !== undefined && rest.every((each) => each.join('\n') === first.join('\n')))
    for (const name of others) lists.set(name, first);
  return lists;
}

/** The classes that a node of a classifier or a ZipMap names. */
export function namedClasses(node: GraphNode): ClassList | undefined {
  for (const name of LABELS) {
    const found = attributeOf(node, name);
    if (found === undefined) continue;
    if (found.texts.length > 0) return found.texts;
    if (found.ints.length > 0) return found.integers().map(statedInteger);
  }
  return undefined;
}

function listBehind(output: string, graph: OnnxGraph, makers: ReadonlyMap<string, GraphNode>): ClassList | undefined {
  let name = output;
  let scores = false;
  const seen = new Set<string>();
  while (!seen.has(name)) {
    seen.add(name);
    const node = makers.get(name);
    if (node === undefined) return undefined;
    const { op, inputs } = node;
    if (op === 'ZipMap') return namedClasses(node);
    if (CLASSIFIERS.has(op)) return !scores || node.outputs[1] === name ? namedClasses(node) : undefined;
    if (op === 'ArrayFeatureExtractor' || op === 'Gather') return scores ? undefined : tableOf(graph, inputs[0]!);
    if (op === 'LabelEncoder') return scores ? undefined : encoded(node);
    if (!SCORE_CARRIERS.has(op)) return undefined;
    scores ||= !LABEL_CARRIERS.has(op);
    name = inputs.find((input) => makers.has(input)) ?? inputs[0] ?? '';
  }
  return undefined;
}

const tableOf = ({ constants }: OnnxGraph, name: string): ClassList | undefined => {
  const table = constants.get(name);
  return table?.texts() ?? table?.integers()?.map(statedInteger) ?? table?.values();
};

/** What numbers 0, 1, 2, … become. */
function encoded(node: GraphNode): ClassList | undefined {
  const keys = attributeOf(node, 'keys_int64s')?.ints ?? [];
  const texts = attributeOf(node, 'values_strings')?.texts ?? [];
  const values: ClassList =
    texts.length > 0 ? texts : (attributeOf(node, 'values_int64s')?.integers().map(statedInteger) ?? []);
  if (keys.length === 0 || keys.length !== values.length) return undefined;
  const order = keys.map((key, i) => [key, values[i]!] as const).toSorted(([a], [b]) => a - b);
  return order.every(([key], i) => key === i) ? order.map(([, value]) => value) : undefined;
}
