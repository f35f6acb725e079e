import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { text } from 'node:stream/consumers';
import type { Command as Program } from 'commander';
import { ENVELOPE } from '../../core/contract/personal.ts';
import { trace, UntracedError } from '../../usecases/audit/trace.ts';
import { dataOwners } from '../../usecases/privacy/data-owners.ts';
import { decryptFile } from '../../usecases/privacy/decrypt-file.ts';
import { ForgetError, type Forgotten, forget } from '../../usecases/privacy/erase-subject.ts';
import { KINDS, RequestId } from '../../usecases/privacy/erasure-record.ts';
import { CheckFailedError, type GlobalOptions, type Io, print, UsageError, withHome } from '../context.ts';
import { table } from '../output/table.ts';
import { formatTrace } from '../output/trace.ts';

interface ForgetFlags {
  readonly subject?: string;
  readonly prediction?: string;
  readonly model?: string;
  readonly dryRun?: boolean;
  readonly request?: string;
}

/** Objects between two lines of progress. */
const PROGRESS = 500;

/** Commands on personal data. */
export function addPrivacyCommands(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('forget')
    .description('erase what is kept about one subject, or of one prediction; the ledger records that, not whom')
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
            if (objects % PROGRESS === 0) io.err(`  ${objects} objects looked through, at ${key.split('/')[0]}/`);
          },
        }).catch((error: unknown) => {
          throw error instanceof ForgetError ? new UsageError(error.message) : error;
        });
        print(io, options(), done, () => formatErasure(done));
      });
    });
  program
    .command('trace <id>')
    .description('what is known of a prediction (ID, ID#row), an entry (MODEL#12), a version (MODEL@3) or a drop')
    .option('--model <name>', 'look at this model only')
    .option('--days <days>', 'how far back predictions are looked for', '7')
    .option('--decrypt', 'open what is encrypted')
    .action(async (id: string, own: { model?: string; days: string; decrypt?: boolean }) => {
      const days = Number(own.days);
      if (!(days > 0 && days <= 3_650)) throw new UsageError(`--days is 1 to 3650, received '${own.days}'`);
      await withHome(io, options(), async (home) => {
        const found = await trace(home, id, { model: own.model, days, decrypt: own.decrypt }).catch(
          (error: unknown) => {
            throw error instanceof UntracedError ? new CheckFailedError(error.message) : error;
          },
        );
        print(io, options(), found, () => formatTrace(found));
      });
    });
  program
    .command('decrypt <what>')
    .description('an envelope (enc:v1:…), or a Parquet file with envelopes into --out')
    .requiredOption('--model <name>', 'model or dataset that it is of')
    .option('--field <name>', 'field that the envelope is of')
    .option('--out <file>', 'where the Parquet file goes')
    .action((what: string, own: { model: string; field?: string; out?: string }) =>
      withHome(io, options(), async (home) => {
        const keys = await home.privacy();
        if (what.startsWith(ENVELOPE)) {
          if (own.field === undefined) throw new UsageError('--field says which field the envelope is of');
          const value = keys.open({ owner: own.model, field: own.field }, what);
          return print(io, options(), { value }, () => value);
        }
        if (!existsSync(what)) throw new UsageError(`'${what}' is neither an envelope (${ENVELOPE}…) nor a file`);
        const { out } = own;
        if (out === undefined) throw new UsageError('--out says where the file goes');
        if (existsSync(out)) throw new UsageError(`${out} exists`);
        const [owner] = await dataOwners(home, own.model);
        const sealed = { owner: own.model, columns: owner?.encrypted };
        const { columns, unopened } = await decryptFile(what, out, sealed, keys);
        return print(io, options(), { out, columns, unopened }, () =>
          [
            `${out}: opened ${columns.join(', ') || 'nothing'}`,
            ...(unopened > 0 ? [`${unopened} values look like envelopes and do not open: they are as they were`] : []),
          ].join('\n'),
        );
      }),
    );
}

function formatErasure({ request, dryRun, erased, entries, beyond }: Forgotten): string {
  const rows = Object.entries(erased).flatMap(([owner, tallies]) =>
    KINDS.flatMap((kind) => {
      const tally = tallies[kind];
      return tally ? [[owner, kind, tally.objects, tally.rows]] : [];
    }),
  );
  return [
    `request ${request}: ${rows.length === 0 ? 'nothing is kept' : dryRun ? 'would be erased' : 'erased'}`,
    ...(rows.length === 0 ? [] : [table(['of', 'what', 'objects', 'rows'], rows)]),
    ...entries.map(({ model, entry }) => `recorded as ${model} #${entry}`),
    'not reached from here:',
    ...beyond.map((sentence) => `  ${sentence}`),
  ].join('\n');
}
