import type { Command as Program } from 'commander';
import { type GlobalOptions, type Io, print } from '../context.ts';
import { type ClientOptions, openEndpoint, withEndpointOptions } from '../endpoint/client.ts';
import { fetchPredictions } from '../endpoint/fetch-predictions.ts';
import type { PredictionsView } from '../endpoint/predictions-view.ts';
import { requestsOf } from '../endpoint/requests.ts';
import { table } from '../output/table.ts';

/** Asks a running endpoint, in the Open Inference Protocol. */
export function addPredict(program: Program, io: Io, options: () => GlobalOptions): void {
  withEndpointOptions(
    program.command('predict <model>').description('ask a running endpoint for predictions of the rows of a file'),
  )
    .requiredOption('--data <file>', '.csv, .tsv, .jsonl, .parquet, or .json: one object or an array of them')
    .option('--limit <rows>', 'rows to send', '20')
    .action(async (model: string, own: ClientOptions & { data: string; limit: string }) => {
      const endpoint = await openEndpoint(io, options(), own);
      const { rows, message } = await requestsOf(endpoint, model, own);
      print(io, options(), await fetchPredictions(endpoint, model, message(rows)), formatPredictions);
    });
}

function formatPredictions({ model, version, outputs }: PredictionsView): string {
  const head = outputs.flatMap(({ name, shape }) =>
    widthOf(shape) === 1 ? [name] : Array.from({ length: widthOf(shape) }, (_, i) => `${name}[${i}]`),
  );
  const body = Array.from({ length: outputs[0]?.shape[0] ?? 0 }, (_, i) => [
    i,
    ...outputs.flatMap(({ shape, data }) =>
      data
        .slice(i * widthOf(shape), (i + 1) * widthOf(shape))
        .map((value) => (typeof value === 'boolean' ? String(value) : value)),
    ),
  ]);
  return `${model} version ${version}\n${table(['row', ...head], body)}`;
}

const widthOf = (shape: readonly number[]): number => shape.slice(1).reduce((a, b) => a * b, 1);
