import type { Command as Program } from 'commander';
import { type GlobalOptions, type Io, print } from '../context.ts';
import { type ClientOptions, openEndpoint, withEndpointOptions } from '../endpoint/client.ts';
import { type ExplainQuery, fetchExplanations, importanceOf } from '../endpoint/fetch-explanations.ts';
import { requestsOf } from '../endpoint/requests.ts';
import { formatExplanations, formatImportance } from '../output/explanation.ts';

interface Own extends ClientOptions, ExplainQuery {
  readonly data: string;
  readonly limit?: string;
  readonly global?: boolean;
}

/** Asks a running endpoint why it answers what it answers. */
export function addExplain(program: Program, io: Io, options: () => GlobalOptions): void {
  withEndpointOptions(
    program.command('explain <model>').description('what each feature adds to the predictions of the rows of a file'),
  )
    .requiredOption('--data <file>', '.csv, .tsv, .jsonl, .parquet, or .json: one object or an array of them')
    .option('--limit <rows>', 'rows to explain (default: 3, with --global 200)')
    .option('--global', 'the mean size of the values over the rows, instead of each row')
    .option('--output <name>', "what is explained (default: the decision's output)")
    .option('--column <n>', "column of the output (default: the decision's, of several classes the predicted one)")
    .option('--class <name>', 'the class that is explained, instead of its column')
    .option('--method <method>', 'exact or sampled (default: exact where it can be)')
    .option('--scale <scale>', 'raw or output (default: raw where values are exact)')
    .action(async (model: string, own: Own) => {
      const endpoint = await openEndpoint(io, options(), own);
      const limit = own.limit ?? (own.global ? '200' : '3');
      const requests = await requestsOf(endpoint, model, { data: own.data, limit });
      const view = await fetchExplanations(endpoint, model, own, requests);
      if (own.global) print(io, options(), importanceOf(view), formatImportance);
      else print(io, options(), view, formatExplanations);
    });
}
