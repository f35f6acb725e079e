import type { BoundInput } from '../contract/bind.ts';
import { type OnnxGraph, readGraph } from '../onnx/graph.ts';
import { withoutAttribute, writePart } from '../onnx/part.ts';
import { type Ensemble, ensembleScores, NotExactError, readEnsemble } from './ensemble.ts';
import { type FeatureDependencies, featureDependenciesOf, upstream } from './feature-dependencies.ts';
import { ensembleBehind, makersOf, type OutputLink, outputLinkOf } from './link-function.ts';

/** A tree ensemble found inside a graph, and what explaining it takes. */
export interface ParsedTrees {
  readonly ensemble: Ensemble;
  /** How a column of the output follows from a raw score. @throws NotExactError */
  linkOf(column: number): OutputLink;
  /** Column of the ensemble -> feature in the order of the contract's binding; -1: no feature. */
  readonly featureOf: Int32Array;
  /**
   * The graph up to the ensemble, without its transform, as a model of its own: `columns` [n, k] is what enters the
   * trees, `scores` [n, m] are the raw scores as ONNX Runtime adds them up.
   */
  readonly part: Uint8Array;
}

/** Outputs of {@link ParsedTrees.part}. */
export const PART_OUTPUTS = { columns: 'trimtab:columns', scores: 'trimtab:scores' } as const;

/**
 * Finds the tree ensemble behind an output, and which feature each of its columns comes from. Exact values
 * are possible when each comes from one feature only, through whatever scaling, imputing or encoding.
 *
 * @param file  bytes of the .onnx file
 * @param bound the contract bound to the graph's inputs
 * @throws NotExactError with the reason when there is no such ensemble
 * @throws ProtobufError when the file is damaged
 */
export function parseTrees(file: Uint8Array, bound: readonly BoundInput[], output: string): ParsedTrees {
  const graph = readGraph(file);
  const node = ensembleBehind(graph, output);
  const ensemble = readEnsemble(node);
  const { rest, cells } = featureDependenciesOf(graph, inputOrigins(bound), node.inputs[0]!);
  if (rest.length !== 1) throw new NotExactError('what enters the trees is no table');
  const names = bound.flatMap(({ features }) => features.map(({ feature }) => feature.name));
  const featureOf = Int32Array.from(cells, (sources, i) => {
    if (sources.size > 1)
      throw new NotExactError(
        `column ${i} of the trees is made of ${[...sources]
          .slice(0, 5)
          .map((feature) => names[feature])
          .join(', ')}${sources.size > 5 ? ', …' : ''}`,
      );
    return [...sources][0] ?? -1;
  });
  if (ensemble.column.some((own) => own >= featureOf.length))
    throw new NotExactError(`the trees read more columns than the ${featureOf.length} that enter them`);
  const linkOf = (column: number): OutputLink => outputLinkOf(graph, { node, ensemble }, output, column);
  return { ensemble, linkOf, featureOf, part: partOf(graph, node) };
}

/** Features are numbered in the order of the binding, which is that of `Check.features`. */
function inputOrigins(bound: readonly BoundInput[]): Map<string, FeatureDependencies> {
  const origins = new Map<string, FeatureDependencies>();
  let number = 0;
  for (const { spec, features, columns } of bound) {
    if (columns === 0) continue;
    const cells = features.map(() => new Set([number++]));
    origins.set(spec.name, { rest: spec.shape.length === 1 ? [] : [columns], cells });
  }
  return origins;
}

function partOf(graph: OnnxGraph, node: ReturnType<typeof ensembleBehind>): Uint8Array {
  const needed = new Set(upstream(makersOf(graph), node.inputs[0]!));
  return writePart(
    graph,
    graph.nodes
      .filter((each) => each === node || needed.has(each))
      .map((each) => ({ node: each, bytes: each === node ? withoutAttribute(each, 'post_transform') : each.bytes })),
    [
      { tensor: node.inputs[0]!, name: PART_OUTPUTS.columns },
      { tensor: ensembleScores(node), name: PART_OUTPUTS.scores },
    ],
  );
}
