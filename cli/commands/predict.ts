import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Command as Program } from 'commander';
import { withDuck } from '../../platform/duckdb/connection.ts';
import { type GlobalOptions, type Io, print, UsageError } from '../context.ts';
import { type EndpointOptions, openEndpoint, withEndpointOptions } from '../endpoint.ts';
import { table } from '../output/table.ts';
import { readerOf } from '../profile-file.ts';

interface Metadata {
  readonly inputs: { name: string; datatype: string; shape: number[] }[];
}

interface Output {
  readonly name: string;
  readonly shape: number[];
  readonly data: unknown[];
}

/** Most rows in one call: what an endpoint takes by default. */
const MAX_ROWS = 4_096;

/** Asks a running endpoint, in the Open Inference Protocol. */
export function addPredict(program: Program, io: Io, options: () => GlobalOptions): void {
  withEndpointOptions(
    program.command('predict <model>').description('ask a running endpoint for predictions of the rows of a file'),
  )
    .requiredOption('--data <file>', '.csv, .jsonl, .parquet, or .json: one object or an array of them')
    .option('--limit <rows>', 'rows to send', '20')
    .action(async (model: string, own: EndpointOptions & { data: string; limit: string }) => {
      if (!existsSync(own.data)) throw new UsageError(`no such file: ${own.data}`);
      const limit = Number(own.limit);
      if (!Number.isInteger(limit) || limit < 1 || limit > MAX_ROWS)
        throw new UsageError(`--limit is 1 to ${MAX_ROWS}, received '${own.limit}'`);
      const endpoint = await openEndpoint(io, options(), own);
      const { inputs } = (await endpoint.ask(`/v2/models/${model}`)).body as Metadata;
      const rows = await rowsOf(own.data, limit);
      if (rows.length === 0) throw new UsageError(`${own.data} has no rows`);
      const wide = inputs.find(({ shape }) => shape.length === 2 && shape[1] !== 1 && shape[1] !== -1);
      if (wide)
        throw new UsageError(
          `input ${wide.name} takes rows of ${wide.shape[1]} columns: send it a request of your own`,
        );
      const message = {
        inputs: inputs.map(({ name, datatype, shape }) => ({
          name,
          datatype,
          shape: shape.length === 2 ? [rows.length, 1] : [rows.length],
          data: rows.map((row) => wireValue(row[name], datatype)),
        })),
      };
      const answer = (await endpoint.ask(`/v2/models/${model}/infer`, message)).body as {
        model_version: string;
        outputs: Output[];
      };
      print(io, options(), answer, () => {
        const head = answer.outputs.flatMap(({ name, shape }) =>
          widthOf(shape) === 1 ? [name] : Array.from({ length: widthOf(shape) }, (_, i) => `${name}[${i}]`),
        );
        const body = rows.map((_, i) =>
          answer.outputs.flatMap(
            ({ shape, data }) => data.slice(i * widthOf(shape), (i + 1) * widthOf(shape)) as number[],
          ),
        );
        return `${model} version ${answer.model_version}\n${table(
          ['row', ...head],
          body.map((row, i) => [i, ...row]),
        )}`;
      });
    });
}

const widthOf = (shape: readonly number[]): number => shape.slice(1).reduce((a, b) => a * b, 1);

function wireValue(value: unknown, datatype: string): unknown {
  if (datatype === 'BYTES') return value === null || value === undefined ? '' : String(value);
  if (value === null || value === undefined || value === '') return null;
  return typeof value === 'bigint'
    ? Number(value)
    : typeof value === 'string' && datatype !== 'BOOL'
      ? Number(value)
      : value;
}

async function rowsOf(file: string, limit: number): Promise<Record<string, unknown>[]> {
  if (file.endsWith('.json')) {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    return (Array.isArray(value) ? value : [value]).slice(0, limit) as Record<string, unknown>[];
  }
  return withDuck(undefined, (duck) => duck.rows(`SELECT * FROM ${readerOf(file)} LIMIT ${limit}`));
}
