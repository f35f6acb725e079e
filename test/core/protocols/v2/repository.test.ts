import { describe, expect, it } from 'vitest';
import type { Operation } from '../../../../core/protocols/protocol.ts';
import { v2 } from '../../../../core/protocols/v2/v2.ts';
import { catalog, head, post } from '../protocol-models.ts';

const resolve = (path: string) => v2.resolve(head('POST', path), catalog);
const index = (body: unknown) => {
  const operation = resolve('/v2/repository/index') as Extract<Operation, { kind: 'show' }>;
  return JSON.parse(operation.show(catalog, post(body)).body as string);
};

describe('The model repository', () => {
  it('lists every version that is served, and models that have none', () => {
    const ready = [
      { name: 'm', version: '3', state: 'READY', reason: '' },
      { name: 'm', version: '4', state: 'READY', reason: '' },
    ];
    const empty = { name: 'empty', version: '', state: 'UNAVAILABLE', reason: expect.any(String) };
    expect(index('')).toEqual([empty, ...ready]);
    expect(index({ ready: false })).toEqual([empty, ...ready]);
    expect(index({ ready: true })).toEqual(ready);
  });

  it.each(['load', 'unload'] as const)('answers %s with an object, as both servers may be read', (action) => {
    const operation = resolve(`/v2/repository/models/m/${action}`) as Extract<Operation, { kind: 'repository' }>;
    expect(operation).toMatchObject({ kind: 'repository', action, model: 'm' });
    operation.decode(post(''));
    operation.decode(post({ parameters: { unload_dependents: true } }));
    expect(JSON.parse(operation.encode().body as string)).toEqual({ name: 'm', [action]: true });
  });

  it('takes no model, no configuration and no path from a request', () => {
    const { decode } = resolve('/v2/repository/models/m/load') as Extract<Operation, { kind: 'repository' }>;
    for (const body of [
      { parameters: { config: '{"backend":"onnxruntime"}' } },
      { parameters: { 'file:1/model.onnx': 'AAAA' } },
      { parameters: 'x' },
      [],
      '{',
    ])
      expect(() => decode(post(body))).toThrow(expect.objectContaining({ status: 400 }));
  });
});
