import type { Command as Program } from 'commander';
import { type GlobalOptions, type Io, print } from '../context.ts';
import { type ClientOptions, openEndpoint, withEndpointOptions } from '../endpoint/client.ts';
import { requestsOf } from '../endpoint/requests.ts';
import { table } from '../output/table.ts';

interface Output {
  readonly name: string;
  readonly shape: number[];
  readonly data: unknown[];
}

/** Asks a running endpoint, in the Open Inference Protocol. */
export function addPredict(program: Program, io: Io, options: () => GlobalOptions): void {
  withEndpointOptions(
    program.command('predict <model>').description('ask a running endpoint for predictions of the rows of a file'),
  )
    .requiredOption('--data <file>', '.csv, .jsonl, .parquet, or .json: one object or an array of them')
    .option('--limit <rows>', 'rows to send', '20')
    .action(async (model: string, own: ClientOptions & { data: string; limit: string }) => {
      const endpoint = await openEndpoint(io, options(), own);
      const { rows, message } = await requestsOf(endpoint, model, own);
      const answer = (await endpoint.ask(`/v2/models/${model}/infer`, message(rows))).body as {
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
