import type { Command as Program } from 'commander';
import { mirrorLedger } from '../../usecases/registry/mirror-ledger.ts';
import type { MirroredModel, MirrorView } from '../../usecases/registry/mirror-view.ts';
import { type GlobalOptions, type Io, print, withHome } from '../context.ts';
import { UsageError } from '../errors.ts';
import { table } from '../output/table.ts';
import { withProgress } from '../progress.ts';

/** Keeps the ledgers of a home in another one, entry by entry. */
export function addMirror(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('mirror [models...]')
    .description(
      'keep ledgers, and all that their versions need, in another home as they are (default: of all models): a backup, or another region',
    )
    .requiredOption('--from <home>', 'home that they are of')
    .requiredOption('--to <home>', 'home that is written to by nobody else: a folder, or aws:ENVIRONMENT@PROFILE')
    .action((models: string[], { from, to }: { from: string; to: string }) => {
      if (options().home !== undefined) throw new UsageError('a mirror has two homes, --from and --to, and no --home');
      if (from === to) throw new UsageError(`--from and --to are the same home, ${from}`);
      return withHome(io, { home: from }, (source) =>
        withHome(io, { home: to }, async (target) => {
          const names = models.length > 0 ? models : await source.ledger.models();
          if (names.length === 0) throw new UsageError(`no model is registered in ${source.description}`);
          const mirrored: MirroredModel[] = [];
          for (const model of names)
            mirrored.push(await withProgress(io, `mirroring ${model}`, () => mirrorLedger(source, target, model)));
          const view: MirrorView = { from: source.description, to: target.description, models: mirrored };
          print(io, options(), view, formatMirror);
        }),
      );
    });
}

const formatMirror = ({ from, to, models }: MirrorView): string =>
  [
    `from  ${from}`,
    `to    ${to}`,
    table(
      ['model', 'entries', 'new', 'new files', 'head'],
      models.map(({ model, entries, appended, artifacts, head }) => [
        model,
        entries,
        appended,
        artifacts,
        `${head.slice(0, 12)}…`,
      ]),
    ),
    'the ledgers of both are as they were written',
  ].join('\n');
