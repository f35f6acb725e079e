import type { Command as Program } from 'commander';
import type { Explanation } from '../../core/explain/explanation.ts';
import { type GlobalOptions, type Io, print } from '../context.ts';
import { type ClientOptions, type EndpointClient, openEndpoint, withEndpointOptions } from '../endpoint/client.ts';
import { type RequestRow, type Requests, requestsOf } from '../endpoint/requests.ts';
import { UsageError } from '../errors.ts';
import { explainedRow, explanationHead, globalTable } from '../output/explanation.ts';

interface Own extends ClientOptions {
  readonly data: string;
  readonly limit?: string;
  readonly global?: boolean;
  readonly output?: string;
  readonly column?: string;
  readonly method?: string;
  readonly scale?: string;
}

/** Rows in one request. */
const BATCH = 32;

/** Asks a running endpoint why it answers what it answers. */
export function addExplain(program: Program, io: Io, options: () => GlobalOptions): void {
  withEndpointOptions(
    program.command('explain <model>').description('what each feature adds to the predictions of the rows of a file'),
  )
    .requiredOption('--data <file>', '.csv, .jsonl, .parquet, or .json: one object or an array of them')
    .option('--limit <rows>', 'rows to explain (default: 3, with --global 200)')
    .option('--global', 'the mean size of the values over the rows, instead of each row')
    .option('--output <name>', "what is explained (default: the decision's output)")
    .option('--column <n>', "column of the output (default: the decision's)")
    .option('--method <method>', 'exact or sampled (default: exact where it can be)')
    .option('--scale <scale>', 'raw or output (default: raw where values are exact)')
    .action(async (model: string, own: Own) => {
      const endpoint = await openEndpoint(io, options(), own);
      const limit = own.limit ?? (own.global ? '200' : '3');
      const requests = await requestsOf(endpoint, model, { data: own.data, limit });
      const { version, explanation } = await ask(endpoint, model, own, requests);
      const { rows, features } = explanation;
      if (own.global) {
        const sizes = features.map(
          (_, i) => rows.reduce((sum, { values }) => sum + Math.abs(values[i]!), 0) / rows.length,
        );
        const importance = features.map((name, i) => ({ name, meanSize: sizes[i]! }));
        const { rows: _, ...how } = explanation;
        print(io, options(), { version, ...how, explained: rows.length, importance }, () =>
          [
            `${model} version ${version}, ${rows.length} rows`,
            explanationHead(explanation),
            globalTable(features, sizes),
          ].join('\n'),
        );
        return;
      }
      print(io, options(), { version, ...explanation }, () =>
        [
          `${model} version ${version}`,
          explanationHead(explanation),
          ...rows.map((row, i) => `\nrow ${i}: ${explainedRow(explanation, row, requests.rows[i]!)}`),
        ].join('\n'),
      );
    });
}

/** Asks for all rows, some at a time. */
async function ask(
  endpoint: EndpointClient,
  model: string,
  { output, column, method, scale }: Own,
  { rows, message }: Requests,
): Promise<{ version: string; explanation: Explanation }> {
  const query = new URLSearchParams(
    Object.entries({ output, column, method, scale }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
  const path = `/v2/models/${model}/explain${query.size === 0 ? '' : `?${query}`}`;
  const explain = async (some: readonly RequestRow[]) => {
    const { model_version: version, outputs } = (await endpoint.ask(path, message(some))).body as {
      model_version: string;
      outputs: { name: string; data: string[] }[];
    };
    const text = outputs.find(({ name }) => name === 'explanation')!.data[0]!;
    return { version, explanation: JSON.parse(text) as Explanation };
  };
  const first = await explain(rows.slice(0, BATCH));
  const parts = [first.explanation];
  for (let from = BATCH; from < rows.length; from += BATCH) {
    const part = (await explain(rows.slice(from, from + BATCH))).explanation;
    if (part.features.join() !== first.explanation.features.join())
      throw new UsageError(
        `rows from ${from} on are cut into other cells than those before, as time allowed: explain ${BATCH} at most with --limit`,
      );
    parts.push(part);
  }
  return {
    version: first.version,
    explanation: {
      ...first.explanation,
      rows: parts.flatMap((part) => part.rows),
      complete: parts.every(({ complete }) => complete),
      backgroundRows: Math.min(...parts.map(({ backgroundRows }) => backgroundRows)),
    },
  };
}
