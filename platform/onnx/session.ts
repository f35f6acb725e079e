import type { InferenceSession } from 'onnxruntime-node';
import { type Binding, binding, initOrt } from 'onnxruntime-node/dist/binding.js';
import { TENSOR_TYPES } from '../../core/model/signature.ts';
import { ELEMENTS } from '../../core/onnx/inspect.ts';
import type { Tensor } from './runtime.ts';

/** One input or output as the graph declares it. */
export interface DeclaredTensor {
  readonly name: string;
  /** Name of its element type; undefined for what is no tensor. */
  readonly type: string | undefined;
  /** -1 stands for a dynamic dimension. */
  readonly shape: readonly number[];
}

/**
 * A graph that runs, on ONNX Runtime's binding itself. The package's own session has every run wait for a turn of the
 * event loop and checks once more what is checked here already: that costs half as much as a run of a hundred trees.
 * The binding belongs to the exact version that package.json names (decision 40).
 */
export class Session {
  readonly inputs: readonly DeclaredTensor[];
  readonly outputs: readonly DeclaredTensor[];
  readonly #native: Binding.InferenceSession;

  /**
   * @param model path of a file, or the model itself
   * @throws what ONNX Runtime says of a model that it cannot open
   */
  constructor(model: string | Uint8Array, options: InferenceSession.SessionOptions) {
    initOrt();
    this.#native = new binding.InferenceSession();
    if (typeof model === 'string') this.#native.loadModel(model, options);
    else this.#native.loadModel(model.buffer as ArrayBuffer, model.byteOffset, model.byteLength, options);
    this.inputs = this.#native.inputMetadata.map(declared);
    this.outputs = this.#native.outputMetadata.map(declared);
  }

  /**
   * Computes, and blocks the thread while it does.
   *
   * @param feeds a tensor for every input
   * @param fetches a key for every output that is wanted
   * @throws ONNX Runtime's errors, which carry no code
   */
  run(feeds: Readonly<Record<string, Tensor>>, fetches: Readonly<Record<string, null>>): Record<string, Tensor> {
    return this.#native.run(feeds, fetches, NO_OPTIONS) as Record<string, Tensor>;
  }

  /** Frees the memory; nothing may run afterwards. */
  release(): void {
    this.#native.dispose();
  }
}

const NO_OPTIONS = {};

/** What tensors can be made of here. */
const ELEMENTS_HERE: readonly string[] = [...TENSOR_TYPES, 'uint4', 'int4'];

function declared({ name, isTensor, type: number, shape }: Binding.ValueMetadata): DeclaredTensor {
  if (!isTensor) return { name, type: undefined, shape: [] };
  const type = ELEMENTS[number] ?? `number ${number}`;
  if (!ELEMENTS_HERE.includes(type))
    throw new Error(`${name} has elements of type ${type}, expected ${ELEMENTS_HERE.join(', ')}`);
  return { name, type, shape };
}
