import type { TensorSpec, TensorType } from '../../../core/model/signature.ts';
import type { TensorData, TensorValues } from '../../../core/model/tensor.ts';
import {
  type Catalog,
  type ProtocolModel,
  protocolModelOf,
  type RequestHead,
  type ServedVersion,
} from '../../../core/protocols/protocol.ts';
import type { HttpRequest } from '../../../core/serving/http.ts';
import type { Variant } from '../../../core/serving/variant.ts';

export const spec = (name: string, type: TensorType, shape: number[]): TensorSpec => ({ name, type, shape });
export const tensor = (type: TensorType, shape: number[], data: TensorValues): TensorData => ({ type, shape, data });
export const protocolModel = (
  inputs: TensorSpec[],
  outputs: TensorSpec[] = [spec('y', 'float32', [-1])],
): ProtocolModel => protocolModelOf('m', { inputs, outputs });

export const head = (method: string, path: string): RequestHead => ({ method, path, query: {}, headers: {} });

/** A request with a JSON body, or with bytes. */
export const post = (body: unknown, headers: Record<string, string> = {}): HttpRequest => ({
  method: 'POST',
  path: '',
  query: {},
  headers,
  body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
});

const served = (version: number, variant: Variant): ServedVersion => {
  const { signature, ...rest } = protocolModel([spec('x', 'float32', [-1, 2])], [spec('y', 'int64', [-1])]);
  const example = () => new Map([['x', { shape: [1, 2], data: [0, 0] }]]);
  return { version, variant, signature, protocolModel: { signature, ...rest }, example };
};

const VERSIONS = new Map([
  ['m', [served(3, 'champion'), served(4, 'challenger')]],
  ['empty', []],
]);

export const catalog: Catalog = {
  statistics: () => [],
  notLoaded: () => [],
  models: () => ['empty', 'm'],
  versions: (model) => VERSIONS.get(model),
};
