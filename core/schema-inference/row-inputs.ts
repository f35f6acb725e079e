import type { Signature, TensorSpec } from '../model/signature.ts';

/** Whether every input takes exactly one row: exported without a free batch. */
export const takesOneRow = ({ inputs }: Pick<Signature, 'inputs'>): boolean =>
  inputs.every(({ shape }) => shape[0] === 1);

/**
 * Why an input takes no rows of a file, whatever their format; undefined where all do. Rows are along the first axis:
 * an input that has none, or a fixed one beside others that are free, is the same for all rows of a request, or has
 * its rows along another axis, as the states of recurrent graphs have.
 *
 * @param rankless inputs whose rank the file does not tell, which look like scalars
 */
export function rowProblem(
  signature: Pick<Signature, 'inputs'>,
  rankless: ReadonlySet<string> = new Set(),
): string | undefined {
  if (takesOneRow(signature)) return undefined;
  for (const { name, shape } of signature.inputs) {
    if (shape.length === 0 && !rankless.has(name))
      return `input ${name} takes one value for a whole request (it has no axes), which no row of a file holds`;
    const [rows] = shape;
    if (rows === undefined || rows === -1) continue;
    const text = `[${shape.map((size) => (size === -1 ? 'any' : size)).join(', ')}]`;
    return shape.includes(-1)
      ? `input ${name} takes ${text}: its rows are not along the first axis, as those of a file are`
      : `input ${name} takes ${text} whatever the number of rows: export the graph with a free first axis, or it is the same for all rows`;
  }
  return undefined;
}

/** The least `model.json` that such a graph is served with: every input by its name, each row's values as features. */
export function manifestByHand(name: string, { inputs }: Pick<Signature, 'inputs'>): string {
  const rows = inputs.filter(
    ({ shape }) => shape[0] === -1 && (shape.length === 1 || (shape.length === 2 && shape[1] === 1)),
  );
  const wholes = inputs.filter((spec) => !rows.includes(spec));
  return JSON.stringify({
    name,
    contract: {
      features: rows.map((spec) => ({ name: spec.name, type: typeOf(spec) })),
      tensors: wholes.map((spec) => ({ name: spec.name })),
    },
  });
}

function typeOf({ type }: TensorSpec): string {
  if (type === 'string') return 'string';
  if (type === 'bool') return 'boolean';
  return type.startsWith('float') ? 'float' : 'integer';
}
