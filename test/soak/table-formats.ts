import type { Case } from './models.ts';
import {
  JSON_TYPE,
  jsonOf,
  lastOf,
  linesOf,
  type PredictionFormat,
  predictionsOf,
  tensorOf,
} from './prediction-format.ts';

type Row = Case['row'];

const CSV_TYPE = { 'content-type': 'text/csv' };
const csv = (rows: readonly Row[], header = Object.keys(rows[0]!).join()): string =>
  [header, ...rows.map((row) => Object.values(row).join())].join('\n');

/** Every protocol's ways to ask a model of named columns, texts among them. */
export function tableFormats(model: string): PredictionFormat[] {
  const seldon = `/seldon/ns/${model}/api/v1.0/predictions`;
  const formats: Omit<PredictionFormat, 'model'>[] = [
    {
      name: 'v2 JSON of columns',
      rows: 10,
      ask: (rows) => ({
        path: `/v2/models/${model}/infer`,
        headers: JSON_TYPE,
        body: JSON.stringify({
          inputs: Object.keys(rows[0]!).map((name) => ({
            name,
            shape: [rows.length, 1],
            datatype: typeof rows.find((row) => row[name] !== null)?.[name] === 'string' ? 'BYTES' : 'FP32',
            data: rows.map((row) => row[name]),
          })),
          outputs: [{ name: 'probabilities' }],
        }),
      }),
      read: tensorOf,
    },
    {
      name: 'v1 objects',
      rows: 10,
      ask: (rows) => ({
        path: `/v1/models/${model}:predict`,
        headers: JSON_TYPE,
        body: JSON.stringify({ instances: rows }),
      }),
      read: predictionsOf,
    },
    {
      name: 'torchserve object',
      rows: 1,
      ask: (rows) => ({ path: `/predictions/${model}`, headers: JSON_TYPE, body: JSON.stringify(rows[0]) }),
      read: (answer) => [lastOf(jsonOf(answer))],
    },
    {
      name: 'torchserve form',
      rows: 1,
      ask: ([row]) => ({
        path: `/predictions/${model}`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: Object.entries(row!)
          .map(([name, value]) => `${name}=${encodeURIComponent(value ?? '')}`)
          .join('&'),
      }),
      read: (answer) => [lastOf(jsonOf(answer))],
    },
    {
      name: 'seldon names',
      rows: 10,
      ask: (rows) => ({
        path: seldon,
        headers: JSON_TYPE,
        body: JSON.stringify({
          data: { names: Object.keys(rows[0]!), ndarray: rows.map((row) => Object.values(row)) },
        }),
      }),
      read: (answer) => (jsonOf(answer).data as { ndarray: unknown[] }).ndarray.map(lastOf),
    },
    {
      name: 'sagemaker CSV with header',
      rows: 10,
      ask: (rows) => ({
        path: `/endpoints/${model}/invocations`,
        headers: { ...CSV_TYPE, accept: 'text/csv' },
        body: csv(rows),
      }),
      read: (answer) => linesOf(answer).map((line) => Number(line.split(',').at(-1))),
    },
  ];
  return formats.map((format) => ({ ...format, model }));
}

/** MLflow's, whose URL names no model: the default one. */
export function mlflowFormats(model: string): PredictionFormat[] {
  const json = (name: string, body: (rows: readonly Row[]) => object): Omit<PredictionFormat, 'model'> => ({
    name: `mlflow ${name}`,
    rows: 10,
    ask: (rows) => ({ path: '/invocations', headers: JSON_TYPE, body: JSON.stringify(body(rows)) }),
    read: predictionsOf,
  });
  const formats: Omit<PredictionFormat, 'model'>[] = [
    json('dataframe_split', (rows) => ({
      dataframe_split: { columns: Object.keys(rows[0]!), data: rows.map((row) => Object.values(row)) },
    })),
    json('dataframe_records', (rows) => ({ dataframe_records: rows })),
    json('instances', (rows) => ({ instances: rows })),
    {
      name: 'mlflow CSV',
      rows: 10,
      ask: (rows) => ({ path: '/invocations', headers: CSV_TYPE, body: csv(rows) }),
      read: predictionsOf,
    },
    {
      name: 'mlflow JSON lines',
      rows: 10,
      ask: (rows) => ({
        path: '/invocations',
        headers: { 'content-type': 'application/jsonlines' },
        body: rows.map((row) => JSON.stringify(row)).join('\n'),
      }),
      read: predictionsOf,
    },
  ];
  return formats.map((format) => ({ ...format, model }));
}
