import { userInfo } from 'node:os';
import { text } from 'node:stream/consumers';
import type { Command as Program } from 'commander';
import { ForgetError, forget } from '../../usecases/privacy/erase-subject.ts';
import { KINDS, RequestId } from '../../usecases/privacy/erasure-record.ts';
import type { ForgetView } from '../../usecases/privacy/forget-view.ts';
import { type GlobalOptions, type Io, print, printLine, withHome } from '../context.ts';
import { CheckFailedError, UsageError } from '../errors.ts';
import { table } from '../output/table.ts';

interface ForgetFlags {
  readonly subject?: string;
  readonly prediction?: string;
  readonly model?: string;
  readonly dryRun?: boolean;
  readonly request?: string;
}

/** Objects between two lines of progress. */
const PROGRESS = 500;

/** Erases what is kept about one subject, or of one prediction. */
export function addForget(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('forget')
    .description(
      'erase what is kept about one subject, or of one prediction; the ledger records that, not whom; exit status 1 when something could not be looked into',
    )
    .option('--subject <id>', "whom, as the contract's subject column has it; - reads it from the standard input")
    .option('--prediction <id>', 'a prediction id, or one row of a batch as ID#row')
    .option('--model <name>', 'in this model or dataset only (default: in all)')
    .option('--dry-run', 'say what would be erased, and erase nothing')
    .option('--request <id>', 'identifies the request; the same one again goes on where it was interrupted')
    .action(async (own: ForgetFlags) => {
      if ((own.subject === undefined) === (own.prediction === undefined))
        throw new UsageError('say either --subject or --prediction');
      const request = RequestId.optional().safeParse(own.request);
      if (!request.success) throw new UsageError(`${request.error.issues[0]!.message}, received '${own.request}'`);
      const subject = own.subject === '-' ? (await text(process.stdin)).trim() : own.subject;
      if (subject === '' || own.prediction === '') throw new UsageError('an empty id is nobody');
      await withHome(io, options(), async (home) => {
        const done = await forget(home, {
          subject,
          prediction: own.prediction,
          model: own.model,
          dryRun: own.dryRun,
          request: request.data,
          actor: io.env.TRIMTAB_ACTOR ?? `user:${userInfo().username}`,
          onProgress: (objects, key) => {
            if (objects % PROGRESS === 0)
              printLine(io.err, `  ${objects} objects looked through, at ${key.split('/')[0]}/`);
          },
        }).catch((error: unknown) => {
          throw error instanceof ForgetError ? new UsageError(error.message) : error;
        });
        print(io, options(), done, formatErasure);
        const { length } = done.unread;
        if (length > 0)
          throw new CheckFailedError(
            `${length} ${length === 1 ? 'object' : 'objects'} could not be looked into: mend or delete what is named above, and run it again with --request ${done.request}`,
          );
      });
    });
}

function formatErasure({ request, dryRun, erased, entries, unread, unnamed, beyond }: ForgetView): string {
  const rows = Object.entries(erased).flatMap(([owner, tallies]) =>
    KINDS.flatMap((kind) => {
      const tally = tallies[kind];
      return tally ? [[owner, kind, tally.objects, tally.rows]] : [];
    }),
  );
  const done = dryRun ? 'would be erased' : 'erased';
  return [
    `request ${request}: ${rows.length === 0 ? 'nothing is kept' : done}`,
    ...(rows.length === 0 ? [] : [table(['of', 'what', 'objects', 'rows'], rows)]),
    ...entries.map(({ model, entry }) => `recorded as ${model} #${entry}`),
    ...(unread.length === 0
      ? []
      : ['could not be looked into, and are left as they are:', ...unread.map((key) => `  ${key}`)]),
    ...(unnamed.length === 0
      ? []
      : [
          'rows without the subject column, which were not searched (where it has another name, mend or delete the file):',
          ...unnamed.map((key) => `  ${key}`),
        ]),
    'not reached from here:',
    ...beyond.map((sentence) => `  ${sentence}`),
  ].join('\n');
}
