import type { Command as Program } from 'commander';
import { type GlobalOptions, type Io, print, withHome } from '../context.ts';
import { type ClientOptions, openEndpoint, withEndpointOptions } from '../endpoint/client.ts';
import { CheckFailedError, UsageError } from '../errors.ts';
import { table } from '../output/table.ts';
import { smoke } from '../smoke/smoke-test.ts';
import type { SmokeView } from '../smoke/smoke-view.ts';

interface Own extends ClientOptions {
  readonly model?: string[];
  readonly maxMs: string;
  readonly wait: string;
}

/** Asks a running endpoint whether it does what the ledger says: what a pipeline does after a deployment. */
export function addSmoke(program: Program, io: Io, options: () => GlobalOptions): void {
  withEndpointOptions(
    program
      .command('smoke')
      .description('ask a running endpoint for health and real predictions, and hold it against the ledger'),
  )
    .option('--model <model...>', 'models that must be served (default: all that have a release)')
    .option('--max-ms <ms>', 'longest that a warm answer may take from here, in the median', '2000')
    .option('--wait <seconds>', 'how long it may take to become ready and to follow the ledger', '20')
    .action(async (own: Own) => {
      const maxMs = Number(own.maxMs);
      if (!(maxMs > 0)) throw new UsageError(`--max-ms is a number of milliseconds over 0, received '${own.maxMs}'`);
      const wait = Number(own.wait);
      if (!(wait >= 0)) throw new UsageError(`--wait is a number of seconds, received '${own.wait}'`);
      const endpoint = await openEndpoint(io, options(), own);
      const view = await withHome(io, options(), (home) =>
        smoke(endpoint, home, { models: own.model, maxMs, waitMs: wait * 1_000 }),
      );
      print(io, options(), view, formatSmoke);
      const { checks } = view;
      const failed = checks.filter(({ ok }) => !ok);
      if (failed.length > 0)
        throw new CheckFailedError(
          `${failed.length} of ${checks.length} checks failed: ${failed.map((c) => c.what).join(', ')}`,
        );
    });
}

const formatSmoke = ({ checks }: SmokeView): string =>
  table(
    ['', 'check', 'seen'],
    checks.map(({ ok, what, detail }) => [ok ? '✓' : '✗', what, detail]),
  );
