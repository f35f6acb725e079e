import { describe, expect, it } from 'vitest';
import { Feature } from '../../../../core/contract/contract.ts';
import { type ProtocolModel, protocolModelOf } from '../../../../core/protocols/protocol.ts';
import { decodeClassify, decodeRegress } from '../../../../core/protocols/v1/examples.ts';
import { post, protocolModel, spec, tensor } from '../protocol-models.ts';

const result = { model: 'm', version: 1, id: 'i', rows: 2 };
const scores = { p: tensor('float32', [2, 2], new Float32Array([0.25, 0.75, 0.9, Number.NaN])) };

/** Two inputs of columns, an output with a score a class. */
const table = protocolModelOf(
  'm',
  {
    inputs: [spec('carrier', 'string', [-1, 1]), spec('distance', 'float32', [-1])],
    outputs: [spec('label', 'int64', [-1]), spec('p', 'float32', [-1, 2])],
  },
  { labels: new Map([['p', ['late', 'on time']]]) },
);
/** One input that carries two features. */
const packed = protocolModelOf(
  'm',
  { inputs: [spec('x', 'float32', [-1, 2])], outputs: [spec('y', 'float32', [-1, 1])] },
  {
    features: [
      { name: 'age', type: 'float', input: 'x', index: 0 },
      { name: 'height', type: 'float', input: 'x', index: 1, missing: 'allow' },
    ].map((feature) => Feature.parse(feature)),
  },
);
const inputs = (call: ReturnType<typeof decodeClassify>) => Object.fromEntries(call.inputs);

describe('decodeClassify', () => {
  it('takes features as values or lists, strings as base64, and shares the context among the examples', () => {
    const call = decodeClassify(
      post({ context: { distance: 7 }, examples: [{ carrier: 'AA' }, { carrier: [{ b64: 'Qg==' }], distance: [8] }] }),
      table,
    );
    expect(inputs(call)).toEqual({
      carrier: { shape: [2, 1], data: ['AA', 'B'] },
      distance: { shape: [2], data: [7, 8] },
    });
  });

  it('answers a label and a score for each class, whatever the order of the scores', () => {
    const call = decodeClassify(post({ examples: [{ carrier: 'AA', distance: 1 }] }), table);
    expect(call.outputs).toEqual(['p']);
    expect(JSON.parse(call.encode({ ...result, outputs: scores }).body as string)).toEqual({
      results: [
        [
          ['late', 0.25],
          ['on time', 0.75],
        ],
        [
          ['late', 0.9],
          ['on time', null],
        ],
      ],
    });
  });

  it('names classes by their number where the manifest does not', () => {
    const unnamed = protocolModel([spec('x', 'float32', [-1, 2])], [spec('p', 'float32', [-1, 2])]);
    const call = decodeClassify(post({ examples: [{ x: [1, 2] }] }), unnamed);
    expect(JSON.parse(call.encode({ ...result, outputs: scores }).body as string).results[0]).toEqual([
      ['0', 0.25],
      ['1', 0.75],
    ]);
  });
});

describe('decodeRegress', () => {
  it('takes the features of one input by their own names, missing ones where the contract allows it', () => {
    const call = decodeRegress(post({ examples: [{ age: 30, height: [180] }, { age: 31 }, { x: [1, 2] }] }), packed);
    expect(inputs(call)).toEqual({ x: { shape: [3, 2], data: [30, 180, 31, null, 1, 2] } });
  });

  it('answers one value an example', () => {
    const call = decodeRegress(post({ examples: [{ age: 30, height: 180 }] }), packed);
    const outputs = { y: tensor('float32', [2, 1], new Float32Array([0.5, 2])) };
    expect(call.encode({ ...result, outputs }).body).toBe('{"results":[0.5,2]}');
  });

  it('prefers the output that the manifest calls a value', () => {
    const two: ProtocolModel = {
      ...protocolModel([spec('x', 'float32', [-1])], [spec('a', 'float32', [-1]), spec('b', 'float32', [-1])]),
      meanings: new Map([['b', 'value']]),
    };
    expect(decodeRegress(post({ examples: [{ x: 1 }] }), two).outputs).toEqual(['b']);
  });
});

describe('Examples', () => {
  it.each([
    ['no examples', packed, {}],
    ['examples that are no list', packed, { examples: { age: 1 } }],
    ['an empty list', packed, { examples: [] }],
    ['an example that is no object', packed, { examples: [[1, 2]] }],
    ['a context that is none', packed, { examples: [{ age: 1 }], context: [] }],
    ['an unknown feature', packed, { examples: [{ age: 1, height: 2, weight: 3 }] }],
    ['a missing feature', packed, { examples: [{ height: 2 }] }],
    ['two values of one feature', packed, { examples: [{ age: [1, 2], height: 2 }] }],
    ['a missing input', table, { examples: [{ carrier: 'AA' }] }],
    ['a key that every object has', packed, { examples: [{ age: 1, height: 1, constructor: 1 }] }],
    ['another signature', packed, { signature_name: 'x', examples: [{ age: 1, height: 2 }] }],
    [
      'a model that has no such output',
      protocolModel([spec('x', 'float32', [-1])], [spec('y', 'string', [-1])]),
      { examples: [{ x: 1 }] },
    ],
  ])('refuse %s with a 400', (_, model, body) => {
    for (const decode of [decodeClassify, decodeRegress])
      try {
        decode(post(body), model);
        expect.unreachable();
      } catch (error) {
        expect(['InputError', 'ProtocolError']).toContain((error as Error).name);
        expect((error as { status?: number }).status ?? 400).toBe(400);
      }
  });
});
