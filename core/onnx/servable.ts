import type { Contract } from '../contract/contract.ts';
import { type Signature, TENSOR_TYPES, type TensorType } from '../model/signature.ts';
import type { DeclaredValue, Inspection } from './inspect.ts';

/** What ONNX Runtime 1.25 opens. A newer model would not load anywhere that it is served. */
export const RUNTIME = {
  irVersion: 13,
  opsets: { '': 26, 'ai.onnx.ml': 5 } as Readonly<Record<string, number>>,
  /** Domains whose operators it has. */
  domains: ['', 'ai.onnx.ml', 'com.microsoft', 'com.microsoft.nchwc', 'com.ms.internal.nhwc'] as readonly string[],
  /** Largest file: what one protocol buffer can hold; bytes. */
  bytes: 0x7fff_ffff,
} as const;

/** What ONNX Runtime loses on its way in and out of JavaScript, where it is the name of an object's prototype. */
const NO_NAME = '__proto__';

/** Most elements of an input of a fixed size. */
const MAX_ELEMENTS = 0x7fff_ffff;

/** Why a model cannot be served, each reason with what was found and what is allowed; empty when it may be. */
export function faultsOf(inspection: Inspection): string[] {
  const { irVersion, opsets, operators, inputs, outputs, external } = inspection;
  const faults: string[] = [];
  if (irVersion > RUNTIME.irVersion)
    faults.push(`it is of IR version ${irVersion}, at most ${RUNTIME.irVersion} is allowed`);
  for (const [domain, version] of opsets) {
    const highest = RUNTIME.opsets[domain];
    if (highest !== undefined && version > highest)
      faults.push(
        `it uses version ${version} of the operators ${domain || 'ai.onnx'}, at most ${highest} is allowed: ` +
          `export it with ${domain === '' ? 'opset 17' : 'version 3'}`,
      );
  }
  for (const [domain, names] of operators) faults.push(...operatorFaults(domain, names));
  for (const each of external)
    faults.push(`it keeps ${each.tensor || 'a constant'} in another file, ${shorten(each.location)}`);
  for (const [what, values] of [
    ['input', inputs],
    ['output', outputs],
  ] as const)
    if (values.some(({ name }) => name === NO_NAME))
      faults.push(`it has an ${what} ${NO_NAME}, which is no name of a tensor: rename it in the graph`);
  if (inputs.length === 0) faults.push('it takes no inputs, expected at least one');
  for (const input of inputs) {
    const fault = valueFault(input);
    if (fault !== undefined) faults.push(`input ${input.name} ${fault}`);
    else if (sizeOf(input) > MAX_ELEMENTS)
      faults.push(`input ${input.name} takes [${input.shape}], more than ${MAX_ELEMENTS} elements`);
  }
  const left = outputs.map((output) => [output, valueFault(output)] as const);
  if (!left.some(([, fault]) => fault === undefined))
    faults.push(
      outputs.length === 0
        ? 'it gives no outputs, expected at least one'
        : `it gives no tensor: ${left.map(([{ name, kind }, fault]) => `output ${name} ${fault}${asTensor(kind)}`).join('; ')}`,
    );
  return faults;
}

/** How to export what is no tensor as one. */
function asTensor(kind: string): string {
  if (/map/.test(kind))
    return ' (skl2onnx: to_onnx(model, X[:1], options={"zipmap": False}); onnxmltools: convert_lightgbm(…, zipmap=False))';
  if (kind === 'sequence of tensors')
    return ' (scikit-learn: convert each of model.estimators_ by itself; PyTorch: return torch.stack(…) instead of a list)';
  return '';
}

function operatorFaults(domain: string, names: ReadonlySet<string>): string[] {
  if (!RUNTIME.domains.includes(domain))
    return [
      `it uses the custom operators ${[...names]
        .slice(0, 5)
        .map((name) => `${shorten(domain)}:${shorten(name)}`)
        .join(', ')}, allowed are those of ai.onnx, ai.onnx.ml and com.microsoft`,
    ];
  // A compiled model: its operators are in another file, for other hardware.
  if (names.has('EPContext')) return ['it is compiled for other hardware (operator EPContext), expected a plain graph'];
  return [];
}

/** What is wrong with a value; undefined when it is a tensor that can be carried. */
function valueFault({ kind, element }: DeclaredValue): string | undefined {
  if (kind !== 'tensor')
    return `is ${kind === 'unknown' ? 'of an unknown kind' : `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`}, expected a tensor`;
  if ((TENSOR_TYPES as readonly string[]).includes(element)) return undefined;
  return `is of ${element}, allowed are ${TENSOR_TYPES.join(', ')}`;
}

const sizeOf = ({ shape = [] }: DeclaredValue): number => shape.reduce((n, size) => (size === -1 ? n : n * size), 1);

const shorten = (text: string): string => (text.length > 64 ? `${text.slice(0, 63)}…` : text);

/** Bytes of an element as binary data. */
const WIDTHS: Readonly<Partial<Record<TensorType, number>>> = {
  float64: 8,
  int64: 8,
  uint64: 8,
  float32: 4,
  int32: 4,
  uint32: 4,
  float16: 2,
  int16: 2,
  uint16: 2,
};

/** What a function on Lambda takes; a server may take more. */
const LAMBDA_BODY = 6 * 1024 * 1024;

/**
 * What whoever registers a model should know, though it can be served: outputs that are left out, and inputs that
 * nobody watches.
 */
export function remarksOf(inspection: Inspection, signature: Signature, contract: Contract): string[] {
  const remarks: string[] = [];
  for (const output of inspection.outputs) {
    const fault = valueFault(output);
    if (fault !== undefined) remarks.push(`output ${output.name} ${fault}: it is left out${asTensor(output.kind)}`);
  }
  const named = new Set([
    ...contract.features.map(({ name, input }) => input ?? name),
    ...contract.tensors.map(({ name }) => name),
  ]);
  for (const { name, type, shape } of signature.inputs) {
    const free = shape.flatMap((size, axis) => (size === -1 && axis > 0 ? [axis] : []));
    if (!named.has(name))
      remarks.push(
        free.length > 0
          ? `input ${name} is free along axis ${free.join(', ')} and the contract says nothing of it: limit it under contract.tensors`
          : `the contract says nothing of input ${name}: only its type and shape are checked, and no drift is seen`,
      );
    const bytes = shape.slice(1).reduce((n, size) => (size === -1 ? n : n * size), WIDTHS[type] ?? 1);
    if (bytes > LAMBDA_BODY)
      remarks.push(
        `one row of input ${name} has ${(bytes / 1024 / 1024).toFixed(1)} MB as binary data: a function on Lambda takes 6 MB, a server what it is told to`,
      );
  }
  return remarks;
}
