import { Tensor } from 'onnxruntime-node';

// 1.25.1 has no telemetry; a later upgrade must not bring it along unseen.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

// Where Float16Array exists (Node 24), ONNX Runtime maps float16 to it and then fails on every float16 input. It looks
// for it once, when the first tensor is made: hidden for that moment, float16 stays a Uint16Array of bits everywhere.
const half = Object.getOwnPropertyDescriptor(globalThis, 'Float16Array');
if (half !== undefined) Reflect.deleteProperty(globalThis, 'Float16Array');
new Tensor('bool', new Uint8Array(1), [1]);
if (half !== undefined) Object.defineProperty(globalThis, 'Float16Array', half);

export { Tensor };
