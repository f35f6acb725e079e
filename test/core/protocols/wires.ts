import type { TensorSpec, TensorType } from '../../../core/model/signature.ts';
import type { TensorData, TensorValues } from '../../../core/model/tensor.ts';
import { type Catalog, type RequestHead, type Wire, wireOf } from '../../../core/protocols/protocol.ts';
import type { HttpRequest } from '../../../core/serving/http.ts';

export const spec = (name: string, type: TensorType, shape: number[]): TensorSpec => ({ name, type, shape });
export const tensor = (type: TensorType, shape: number[], data: TensorValues): TensorData => ({ type, shape, data });
export const wire = (inputs: TensorSpec[], outputs: TensorSpec[] = [spec('y', 'float32', [-1])]): Wire =>
  wireOf('m', { inputs, outputs });

export const head = (method: string, path: string): RequestHead => ({ method, path, query: {}, headers: {} });

/** A request with a JSON body, or with bytes. */
export const post = (body: unknown, headers: Record<string, string> = {}): HttpRequest => ({
  method: 'POST',
  path: '',
  query: {},
  headers,
  body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
});

export const catalog: Catalog = {
  statistics: () => [],
  models: () => ['empty', 'm'],
  versions: (model) =>
    model === 'm'
      ? [
          {
            version: 3,
            variant: 'champion',
            signature: { inputs: [spec('x', 'float32', [-1, 2])], outputs: [spec('y', 'int64', [-1])] },
          },
          {
            version: 4,
            variant: 'challenger',
            signature: { inputs: [spec('x', 'float32', [-1, 2])], outputs: [spec('y', 'int64', [-1])] },
          },
        ]
      : model === 'empty'
        ? []
        : undefined,
};
