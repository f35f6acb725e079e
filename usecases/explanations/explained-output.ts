import { InputError } from '../../core/contract/input-error.ts';
import type { ExplainOptions } from '../../core/explain/explanation.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import type { Signature } from '../../core/model/signature.ts';

/** What is explained: one number a row. */
export interface ExplainedOutput {
  readonly output: string;
  readonly column: number;
}

/** The column that is meant of an output so wide: of two classes the second, which is the positive one. */
const DEFAULT_COLUMNS: ReadonlyMap<number, number> = new Map([
  [1, 0],
  [2, 1],
]);

/**
 * The output and column that are meant: those asked for, else the decision's, else the only float output's, whose
 * second column is the positive class where it has two.
 *
 * @throws InputError when there is no such output or column, or which one is not clear
 */
export function explainedOutputOf(
  {
    manifest: { decision },
    signature,
  }: { readonly manifest: Pick<Manifest, 'decision'>; readonly signature: Signature },
  asked: ExplainOptions,
): ExplainedOutput {
  const numeric = signature.outputs.filter(({ type }) => type !== 'string');
  const names = numeric.map(({ name }) => name).join(', ');
  const floats = numeric.filter(({ type }) => type.startsWith('float'));
  const output = asked.output ?? decision?.output ?? (floats.length === 1 ? floats[0]!.name : undefined);
  if (output === undefined) throw new InputError(`say which output is to be explained, one of ${names}`);
  const spec = numeric.find(({ name }) => name === output);
  if (spec === undefined) throw new InputError(`there is no output ${output} of numbers, expected one of ${names}`);
  const sizes = spec.shape.slice(1);
  const width = sizes.includes(-1) ? undefined : sizes.reduce((a, b) => a * b, 1);
  // Of several classes none stands out: which one is to be explained has to be said.
  const decided = decision !== undefined && decision.task !== 'multiclass' ? decision : undefined;
  const own = output === decided?.output ? Math.min(decided.column, (width ?? Infinity) - 1) : undefined;
  const column = asked.column ?? own ?? (width === undefined ? undefined : DEFAULT_COLUMNS.get(width));
  if (column === undefined)
    throw new InputError(`output ${output} has ${width ?? 'several'} columns: say which one is to be explained`);
  if (width !== undefined && column >= width)
    throw new InputError(`output ${output} has columns 0 to ${width - 1}, received ${column}`);
  return { output, column };
}
