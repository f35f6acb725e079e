/**
 * Names of all operators in an ONNX file, including those of subgraphs and functions. Only the parts of the protobuf that
 * lead to nodes are decoded, not the weights.
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 *
 * @throws RangeError when the bytes are not an ONNX file
 */
export function operatorsOf(file: Uint8Array): Set<string> {
  const names = new Set<string>();
  const graph = (at: Span): void => {
    for (const { field, span } of fieldsOf(file, at)) if (field === 1) node(span);
  };
  const node = (at: Span): void => {
    for (const { field, span } of fieldsOf(file, at)) {
      if (field === 4) names.add(Buffer.from(file.buffer, file.byteOffset + span.from, span.to - span.from).toString());
      // Attributes hold graphs: the body of a loop, the branches of an If.
      else if (field === 5)
        for (const inner of fieldsOf(file, span)) if (inner.field === 6 || inner.field === 11) graph(inner.span);
    }
  };
  for (const { field, span } of fieldsOf(file, { from: 0, to: file.length })) {
    if (field === 7) graph(span);
    else if (field === 25) for (const inner of fieldsOf(file, span)) if (inner.field === 7) node(inner.span);
  }
  return names;
}

/**
 * Operators whose work depends on the values of their inputs and not only on shapes: a small request can make a run take
 * hours, or any amount of memory.
 */
const BY_VALUE = [
  'Loop',
  'Scan',
  'SequenceMap',
  'BeamSearch',
  'GreedySearch',
  'Sampling',
  'Range',
  'Expand',
  'Tile',
  'ConstantOfShape',
  'Resize',
  'Upsample',
  'Pad',
  'CenterCropPad',
  'OneHot',
  'MaxUnpool',
  'AffineGrid',
  'HannWindow',
  'HammingWindow',
  'BlackmanWindow',
  'MelWeightMatrix',
];

/** Whether the duration of a run depends on the shapes of its inputs only. */
export const isPredictable = (operators: ReadonlySet<string>): boolean => !BY_VALUE.some((name) => operators.has(name));

/**
 * Operators whose output has as many rows as they find, whatever they are given. Of two callers' rows together such a
 * graph may find as many as were put in, and nobody could tell that they are not one for each.
 */
const ROWS_BY_VALUE = ['NonMaxSuppression', 'NonZero', 'Compress', 'Unique'];

/** Whether the number of rows that a graph gives follows from shapes alone. */
export const hasRowsByShape = (operators: ReadonlySet<string>): boolean =>
  !ROWS_BY_VALUE.some((name) => operators.has(name));

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Length-delimited fields of a message; other fields are skipped. */
function* fieldsOf(file: Uint8Array, { from, to }: Span): Generator<{ field: number; span: Span }> {
  let at = from;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      if (at >= to || shift > 2 ** 63) throw new RangeError(`no ONNX file: a number breaks off at byte ${at}`);
      const byte = file[at++]!;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < to) {
    const tag = varint();
    const kind = tag % 8;
    if (kind === 0) varint();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else if (kind === 2) {
      const length = varint();
      if (at + length > to) throw new RangeError(`no ONNX file: a field of ${length} bytes breaks off at byte ${at}`);
      yield { field: Math.floor(tag / 8), span: { from: at, to: at + length } };
      at += length;
    } else throw new RangeError(`no ONNX file: byte ${at} begins a field of kind ${kind}`);
  }
}
