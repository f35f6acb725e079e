import { gzipSync } from 'node:zlib';
import type { Case } from './models.ts';
import {
  columnsOf,
  everyLast,
  JSON_TYPE,
  jsonOf,
  lastOf,
  linesOf,
  type PredictionFormat,
  predictionsOf,
  tensorOf,
} from './prediction-format.ts';

type Row = Case['row'];

const numbers = (row: Row): number[] => Object.values(row).map(Number);
const flat = (rows: readonly Row[]): number[] => rows.flatMap(numbers);
const bytes = (rows: readonly Row[]): Buffer => Buffer.from(Float32Array.from(flat(rows)).buffer);
const floatsOf = (from: Buffer): number[] => Array.from({ length: from.length / 4 }, (_, i) => from.readFloatLE(4 * i));
const BYTES_TYPE = { 'content-type': 'application/octet-stream' };

/** Every protocol's ways to ask a model of one float tensor [n, width]. */
export function vectorFormats(model: string, input: string, output: string): PredictionFormat[] {
  const tensor = (rows: readonly Row[]) => ({
    name: input,
    shape: [rows.length, numbers(rows[0]!).length],
    datatype: 'FP32',
  });
  const v2 = (rows: readonly Row[]): string =>
    JSON.stringify({ inputs: [{ ...tensor(rows), data: flat(rows) }], outputs: [{ name: output }] });
  const seldon = `/seldon/ns/${model}/api/v1.0/predictions`;
  const invocations = `/endpoints/${model}/invocations`;
  const formats: Omit<PredictionFormat, 'model'>[] = [
    {
      name: 'v2 JSON',
      rows: 20,
      ask: (rows) => ({ path: `/v2/models/${model}/infer`, headers: JSON_TYPE, body: v2(rows) }),
      read: tensorOf,
    },
    {
      name: 'v2 compressed',
      rows: 20,
      ask: (rows) => ({
        path: `/v2/models/${model}/infer`,
        headers: { ...JSON_TYPE, 'content-encoding': 'gzip', 'accept-encoding': 'gzip' },
        body: gzipSync(v2(rows)),
      }),
      read: tensorOf,
    },
    {
      name: 'v2 binary',
      rows: 20,
      ask(rows) {
        const block = bytes(rows);
        const head = JSON.stringify({
          inputs: [{ ...tensor(rows), parameters: { binary_data_size: block.length } }],
          outputs: [{ name: output, parameters: { binary_data: true } }],
        });
        return {
          path: `/v2/models/${model}/infer`,
          headers: { ...BYTES_TYPE, 'inference-header-content-length': String(head.length) },
          body: Buffer.concat([Buffer.from(head), block]),
        };
      },
      read: ({ headers, body }, rows) =>
        everyLast(floatsOf(body.subarray(Number(headers['inference-header-content-length']))), rows),
    },
    {
      name: 'v2 raw',
      rows: 1,
      ask: (rows) => ({
        path: `/v2/models/${model}/infer`,
        headers: { 'inference-header-content-length': '0' },
        body: bytes(rows),
      }),
      read: ({ body }) => [body.readFloatLE(body.length - 4)],
    },
    {
      name: 'v1 rows',
      rows: 20,
      ask: (rows) => ({
        path: `/v1/models/${model}:predict`,
        headers: JSON_TYPE,
        body: JSON.stringify({ instances: rows.map(numbers) }),
      }),
      read: predictionsOf,
    },
    {
      name: 'v1 columns',
      rows: 20,
      ask: (rows) => ({
        path: `/v1/models/${model}:predict`,
        headers: JSON_TYPE,
        body: JSON.stringify({ inputs: { [input]: rows.map(numbers) } }),
      }),
      read: (answer) => columnsOf(answer, 'outputs'),
    },
    {
      name: 'torchserve JSON',
      rows: 1,
      ask: (rows) => ({
        path: `/predictions/${model}`,
        headers: JSON_TYPE,
        body: JSON.stringify({ data: numbers(rows[0]!) }),
      }),
      read: (answer) => [lastOf(jsonOf(answer))],
    },
    {
      name: 'torchserve bytes',
      rows: 1,
      ask: (rows) => ({ path: `/predictions/${model}`, headers: BYTES_TYPE, body: bytes(rows) }),
      read: (answer) => [lastOf(jsonOf(answer))],
    },
    {
      name: 'seldon tensor',
      rows: 1,
      ask: (rows) => ({
        path: seldon,
        headers: JSON_TYPE,
        body: JSON.stringify({ data: { tensor: { shape: tensor(rows).shape, values: flat(rows) } } }),
      }),
      read: (answer) => [lastOf((jsonOf(answer).data as { tensor: { values: number[] } }).tensor.values)],
    },
    {
      name: 'seldon ndarray',
      rows: 20,
      ask: (rows) => ({
        path: seldon,
        headers: JSON_TYPE,
        body: JSON.stringify({ data: { ndarray: rows.map(numbers) } }),
      }),
      read: (answer) => (jsonOf(answer).data as { ndarray: unknown[] }).ndarray.map(lastOf),
    },
    {
      name: 'sagemaker JSON',
      rows: 1,
      ask: (rows) => ({ path: invocations, headers: JSON_TYPE, body: JSON.stringify(numbers(rows[0]!)) }),
      read: predictionsOf,
    },
    {
      name: 'sagemaker CSV',
      rows: 20,
      ask: (rows) => ({
        path: invocations,
        headers: { 'content-type': 'text/csv', accept: 'text/csv' },
        body: rows.map((row) => numbers(row).join()).join('\n'),
      }),
      read: (answer) => linesOf(answer).map((line) => Number(line.split(',').at(-1))),
    },
    {
      name: 'sagemaker JSON lines',
      rows: 20,
      ask: (rows) => ({
        path: invocations,
        headers: { 'content-type': 'application/jsonlines', accept: 'application/jsonlines' },
        body: rows.map((row) => JSON.stringify(numbers(row))).join('\n'),
      }),
      read: (answer) => linesOf(answer).map((line) => lastOf(JSON.parse(line))),
    },
  ];
  return formats.map((format) => ({ ...format, model }));
}
