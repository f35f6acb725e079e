import type { Command as Program } from 'commander';
import { UnknownVersionError } from '../../core/registry/errors.ts';
import { type GlobalOptions, type Io, print, withHome } from '../context.ts';
import { type ClientOptions, openEndpoint, withEndpointOptions } from '../endpoint/client.ts';
import { CheckFailedError } from '../errors.ts';
import { assertFileExists } from '../files.ts';
import { hanging } from '../output/wrapped.ts';
import { readRecords } from '../truth/read-records.ts';
import { intoHome, type SendRecords, toEndpoint } from '../truth/send-truths.ts';
import type { TruthView } from '../truth/truth-view.ts';

interface TruthOptions extends ClientOptions {
  readonly data: string;
  readonly idColumn?: string;
  readonly truthColumn?: string;
  readonly timeColumn?: string;
}

/** Problems that are named. */
const MAX_PROBLEMS = 100;

/** Sends what turned out to be true of predictions, to a home or to an endpoint. */
export function addTruth(program: Program, io: Io, options: () => GlobalOptions): void {
  withEndpointOptions(
    program
      .command('truth <model>')
      .description(
        'send what turned out to be true of predictions: to the home, or with --url to an endpoint; exit status 1 when some are unreadable',
      )
      .requiredOption(
        '--data <file>',
        '.csv or .tsv with a header, .jsonl or .ndjson: prediction id, truth, perhaps time',
      )
      .option('--id-column <name>', 'column with the prediction ids (default: id, else prediction_id)')
      .option('--truth-column <name>', 'column with the truths (default: truth, else label)')
      .option(
        '--time-column <name>',
        'column with when they became known, ISO 8601 in UTC (default: time or at, if any)',
      ),
    'the endpoint to send them to (default: straight to the home)',
  ).action(async (model: string, own: TruthOptions) => {
    assertFileExists(own.data);
    if (own.url !== undefined) {
      const endpoint = await openEndpoint(io, options(), own);
      return report(await sendAll(model, own, endpoint.url, toEndpoint(endpoint, model)));
    }
    return withHome(io, options(), async (home) => {
      if ((await home.ledger.latest(model)) === undefined) throw new UnknownVersionError(model);
      report(await sendAll(model, own, home.description, intoHome(home, model)));
    });
  });

  function report(view: TruthView): void {
    print(io, options(), view, formatTruths);
    if (view.unreadable > 0)
      throw new CheckFailedError(`${view.unreadable} of ${view.records} records of ${view.file} are unreadable`);
  }
}

async function sendAll(model: string, own: TruthOptions, to: string, send: SendRecords): Promise<TruthView> {
  const view: TruthView = {
    ...{ model, file: own.data, to, records: 0, sent: 0, known: null, unknown: null },
    unreadable: 0,
    problems: [],
  };
  const columns = { id: own.idColumn, truth: own.truthColumn, time: own.timeColumn };
  await readRecords(own.data, columns, async (records) => {
    const good = records.flatMap((each) => ('record' in each ? [each] : []));
    const bad = records.flatMap((each) =>
      'fault' in each ? [{ line: each.line, kind: 'unreadable' as const, reason: each.fault }] : [],
    );
    const { sent, known, unknown, unreadable, problems } = await send(good);
    view.records += records.length;
    view.sent += sent;
    view.known = known === null ? null : (view.known ?? 0) + known;
    view.unknown = unknown === null ? null : (view.unknown ?? 0) + unknown;
    view.unreadable += unreadable + bad.length;
    const all = [...bad, ...problems].sort((a, b) => a.line - b.line);
    view.problems.push(...all.slice(0, MAX_PROBLEMS - view.problems.length));
  });
  return view;
}

function formatTruths({ model, to, records, sent, known, unknown, unreadable, problems }: TruthView): string {
  const predictions =
    known === null || unknown === null
      ? `whether their predictions are known is told by the join: trimtab status ${model}`
      : `${known} of known predictions, ${unknown} of unknown ones${unknown > 0 ? ', which wait two hours for a capture on its way' : ''}`;
  const left = unknown !== null ? problems.length < unknown + unreadable : problems.length < unreadable;
  return [
    ...hanging(`${model}: ${sent} of ${records} truths sent to ${to}: ${predictions}; ${unreadable} unreadable`),
    ...problems.flatMap(({ line, reason }) => hanging(`line ${line}: ${reason}`)),
    ...(left ? [`only the first ${problems.length} are named`] : []),
    ...(sent > 0 ? hanging(`they are joined within a minute: trimtab quality ${model}`) : []),
  ].join('\n');
}
