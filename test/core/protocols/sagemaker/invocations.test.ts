import { describe, expect, it } from 'vitest';
import type { Feature } from '../../../../core/contract/contract.ts';
import { mlflow } from '../../../../core/protocols/mlflow/mlflow.ts';
import type { Operation, ProtocolModel } from '../../../../core/protocols/protocol.ts';
import { protocolModelOf } from '../../../../core/protocols/protocol.ts';
import { protocolOf } from '../../../../core/protocols/protocols.ts';
import { type Dialect, decodeInvocation } from '../../../../core/protocols/sagemaker/invocations.ts';
import { sagemaker } from '../../../../core/protocols/sagemaker/sagemaker.ts';
import { catalog, head, post, protocolModel, spec, tensor } from '../protocol-models.ts';

const flight = protocolModel([spec('carrier', 'string', [-1, 1]), spec('seats', 'int64', [-1, 1])]);
const features = ['width', 'height'].map((name, index) => ({ name, input: 'x', index, type: 'float' }) as Feature);
const named: ProtocolModel = protocolModelOf(
  'm',
  { inputs: [spec('x', 'float32', [-1, 2])], outputs: [spec('y', 'float32', [-1])] },
  { features },
);
const plain = protocolModel([spec('x', 'float32', [-1, 2])]);

const decode = (body: unknown, of: ProtocolModel, type = 'application/json', dialect: Dialect = 'mlflow') =>
  decodeInvocation(post(body, { 'content-type': type }), of, dialect);
const inputs = (...args: Parameters<typeof decode>) =>
  Object.fromEntries([...decode(...args).inputs].map(([name, { shape, data }]) => [name, [shape, Array.from(data)]]));

const FLIGHTS = {
  carrier: [
    [2, 1],
    ['UA', 'B6'],
  ],
  seats: [
    [2, 1],
    [9007199254740993n, 5],
  ],
};

describe('decodeInvocation', () => {
  it.each([
    ['split', '{"dataframe_split":{"columns":["seats","x","carrier"],"data":[[9007199254740993,0,"UA"],[5,0,"B6"]]}}'],
    ['records', '{"dataframe_records":[{"carrier":"UA","seats":9007199254740993},{"seats":5,"carrier":"B6"}]}'],
    ['instances', '{"instances":[{"carrier":"UA","seats":9007199254740993},{"seats":5,"carrier":"B6"}]}'],
    ['inputs', '{"inputs":{"carrier":["UA","B6"],"seats":[9007199254740993,5]}}'],
    ['rows', '[["UA",9007199254740993],["B6",5]]'],
  ])('reads the same from %s, with all digits', (_, body) => {
    expect(inputs(body, flight)).toEqual(FLIGHTS);
  });

  it.each([
    ['with a header', 'seats,carrier\n9007199254740993,UA\n5,B6\n', 'text/csv'],
    ['without', 'UA,9007199254740993\r\nB6,5', 'text/csv; charset=utf-8'],
    [
      'as lines of objects',
      '{"carrier":"UA","seats":9007199254740993}\n\n{"carrier":"B6","seats":5}\n',
      'application/jsonlines',
    ],
    ['as lines of rows', '["UA",9007199254740993]\n["B6",5]', 'application/x-ndjson'],
  ])('reads the same %s', (_, body, type) => {
    expect(inputs(body, flight, type)).toEqual(FLIGHTS);
  });

  it('puts columns where the contract has their names, and in the graph’s order where it has none', () => {
    const table = { dataframe_split: { columns: ['height', 'width'], data: [[2, 1]] } };
    expect(inputs(table, named)).toEqual({
      x: [
        [1, 2],
        [1, 2],
      ],
    });
    expect(inputs(table, plain)).toEqual({
      x: [
        [1, 2],
        [2, 1],
      ],
    });
    expect(inputs('height,width\n2,1', named, 'text/csv')).toEqual({
      x: [
        [1, 2],
        [1, 2],
      ],
    });
    expect(inputs({ inputs: { height: [2, 4], width: [1, 3] } }, named)).toEqual({
      x: [
        [2, 2],
        [1, 2, 3, 4],
      ],
    });
    expect(inputs({ height: 2, width: 1 }, named)).toEqual({
      x: [
        [1, 2],
        [1, 2],
      ],
    });
    expect(inputs([1, 2], named)).toEqual({
      x: [
        [1, 2],
        [1, 2],
      ],
    });
  });

  it('leaves null where a record has no value that another has', () => {
    expect(inputs({ dataframe_records: [{ width: 1, height: 2 }, { width: 3 }] }, named)).toEqual({
      x: [
        [2, 2],
        [1, 2, 3, null],
      ],
    });
  });

  it.each([
    [{ instances: [[1, 2]], inputs: [[1, 2]] }, 'found instances and inputs'],
    [{ instances: [[1, 2]], other: 1 }, 'no key other'],
    [{ instances: [[1, 2]], params: 1 }, 'params is a number'],
    [{ dataframe_split: { columns: ['width'], data: [[1]] } }, 'missing column height'],
    [{ dataframe_split: { columns: ['width', 'height'], data: [[1]] } }, 'row 0 has 1 values, there are 2'],
    [{ dataframe_split: { columns: ['width', 'width', 'height'], data: [[1, 1, 1]] } }, 'given twice'],
    [{ dataframe_split: { data: [[1, 2]], index: [] } }, 'one entry for each of 1 rows'],
    [{ dataframe_split: 3 }, 'dataframe_split is a number'],
    [{ dataframe_records: [] }, 'empty'],
    [{ dataframe_records: [1] }, 'record 0 is no object'],
    [{ columns: ['width'] }, 'no input named columns, the model takes x'],
    [{ inputs: { width: [1], height: [1, 2] } }, 'column height has 2 values, width 1'],
  ])('refuses %j', (body, message) => {
    expect(() => decode(body, named)).toThrow(message);
  });

  it('refuses what is neither JSON nor CSV with 415', () => {
    expect(() => decode('x', plain, 'image/png')).toThrow(expect.objectContaining({ status: 415 }));
    expect(() => decode('1,2', plain, 'text/csv; charset=latin1')).toThrow(expect.objectContaining({ status: 415 }));
  });

  it('refuses records that would become a table far larger than they are', () => {
    const records = Array.from({ length: 3000 }, (_, i) => ({ [`k${i}`]: 1 }));
    expect(() => decode({ dataframe_records: records }, plain)).toThrow('more than 4000000 cells');
  });

  const result = {
    model: 'm',
    version: 1,
    id: 'i',
    rows: 2,
    outputs: {
      label: tensor('string', [2], ['a,b', 'c']),
      p: tensor('float32', [2, 2], new Float32Array([0.1, 0.9, Number.NaN, 1])),
    },
  };
  const two = protocolModel(
    [spec('x', 'float32', [-1, 2])],
    [spec('label', 'string', [-1]), spec('p', 'float32', [-1, 2])],
  );
  const answer = (accept: string, body: unknown = [[1, 2]], dialect: Dialect = 'mlflow') =>
    decodeInvocation(post(body, { accept, 'content-type': 'application/json' }), two, dialect).encode(result);

  it('answers as it is asked to: JSON, CSV or lines', () => {
    expect(answer('text/csv').body).toBe('"a,b",0.1,0.9\nc,,1\n');
    expect(answer('application/jsonlines;q=0.9, text/csv;q=0.1').body).toBe(
      '{"label":"a,b","p":[0.1,0.9]}\n{"label":"c","p":[null,1]}\n',
    );
    for (const accept of ['*/*', '', 'image/png', 'application/json'])
      expect(JSON.parse(answer(accept).body as string).predictions[1]).toEqual({ label: 'c', p: [null, 1] });
  });

  it('answers by column what came by column, under the key of each server', () => {
    const outputs = {
      label: ['a,b', 'c'],
      p: [
        [0.1, 0.9],
        [null, 1],
      ],
    };
    const body = {
      inputs: [
        [1, 2],
        [3, 4],
      ],
    };
    expect(JSON.parse(answer('', body).body as string)).toEqual({ predictions: outputs });
    expect(JSON.parse(answer('', body, 'sagemaker').body as string)).toMatchObject({
      predictions: [{ label: 'a,b' }, { label: 'c' }],
      outputs,
    });
  });
});

describe('SageMaker and MLflow', () => {
  const resolve = (path: string, headers: Record<string, string> = {}) => {
    const asked = { ...head('POST', path), headers };
    return protocolOf(asked).resolve(asked, catalog) as Extract<Operation, { kind: 'infer' }>;
  };

  it('share /invocations: it is SageMaker’s where a header says so', () => {
    const of = (headers: Record<string, string>) => protocolOf({ ...head('POST', '/invocations'), headers }).name;
    expect(of({})).toBe('mlflow');
    expect(of({ 'x-amzn-sagemaker-inference-id': 'i' })).toBe('sagemaker');
    expect(protocolOf(head('POST', '/endpoints/m/invocations')).name).toBe('sagemaker');
  });

  it('take model, part and id from SageMaker’s headers, and send its attributes back', () => {
    const operation = resolve('/endpoints/m/invocations', {
      'x-amzn-sagemaker-target-model': 'other.tar.gz',
      'x-amzn-sagemaker-target-variant': 'challenger',
      'x-amzn-sagemaker-inference-id': 'my-id',
      'x-amzn-sagemaker-custom-attributes': 'trace=1; a b',
    });
    expect(operation).toMatchObject({ model: 'other', variant: 'challenger' });
    const call = operation.decode(post([1, 2]), plain);
    expect(call.id).toBe('my-id');
    const outputs = { y: tensor('float32', [1], new Float32Array([1])) };
    expect(call.encode({ model: 'm', version: 1, id: 'my-id', rows: 1, outputs }).headers).toMatchObject({
      'x-amzn-sagemaker-custom-attributes': 'trace=1; a b',
    });
    expect(resolve('/endpoints/m/invocations').model).toBe('m');
    expect(resolve('/endpoints/m/invocations', { 'x-amzn-sagemaker-target-variant': '4' }).version).toBe(4);
    expect(() => resolve('/endpoints/m/invocations', { 'x-amzn-sagemaker-target-variant': 'blue' })).toThrow(
      'AllTraffic',
    );
    expect(() => resolve('/endpoints/m/invocations', { 'x-amzn-sagemaker-custom-attributes': 'é' })).toThrow('ASCII');
  });

  it('tell faults in the form of each', () => {
    const fault = { status: 400, kind: 'bad-input', message: 'no' } as const;
    expect(JSON.parse(mlflow.fail(fault).body as string)).toEqual({ error_code: 'BAD_REQUEST', message: 'no' });
    const { headers, body } = sagemaker.fail(fault);
    expect(headers['x-amzn-errortype']).toBe('ModelError');
    expect(JSON.parse(body as string)).toMatchObject({ Message: 'no', OriginalStatusCode: 400, OriginalMessage: 'no' });
    expect(sagemaker.fail({ ...fault, status: 503, kind: 'not-ready' }).headers['x-amzn-errortype']).toBe(
      'ServiceUnavailable',
    );
  });
});
