import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Command as Program } from 'commander';
import { LineRanges, LineRangesError } from '../../core/quarantine/line-ranges.ts';
import type { Home } from '../../platform/ports.ts';
import { quietHome } from '../../platform/quiet-home.ts';
import { RowsRefusedError } from '../../usecases/quarantine/errors.ts';
import { exportRows } from '../../usecases/quarantine/export-rows.ts';
import { listRows } from '../../usecases/quarantine/list-rows.ts';
import { putBackRows } from '../../usecases/quarantine/put-back-rows.ts';
import { releaseRows } from '../../usecases/quarantine/release-rows.ts';
import { showRows } from '../../usecases/quarantine/show-rows.ts';
import { UnknownDropError } from '../../usecases/validation/find-reports.ts';
import { parseCount, parseReason } from '../arguments.ts';
import { type GlobalOptions, type Io, print, withHome } from '../context.ts';
import { CheckFailedError, UsageError } from '../errors.ts';
import { assertFileExists } from '../files.ts';
import { formatExport, formatReturn, formatRows, formatRowsList } from '../output/rows.ts';

/** Drops and rows that are shown, unless somebody says how many. */
const DROPS = 20;
const ROWS = 20;

/** Looks at quarantined rows, and gives them back: mended, or as they are. */
export function addRows(program: Program, io: Io, options: () => GlobalOptions): void {
  const rows = program
    .command('rows')
    .description('quarantined rows of data files: look at them, mend them and put them back, or accept them');
  const actor = (): string => io.env.TRIMTAB_ACTOR ?? `user:${userInfo().username}`;
  const onHome = <T>(work: (home: Home) => Promise<T>): Promise<T> =>
    withHome(io, options(), (home) => work(quietHome(home))).catch((error: unknown) => {
      const refused = error instanceof RowsRefusedError || error instanceof UnknownDropError;
      throw refused ? new CheckFailedError(error.message) : error;
    });

  rows
    .command('list [dataset]')
    .description('data files that have quarantined rows, the newest first, and what has become of them')
    .option('--open', 'only those with rows that are open')
    .option('--limit <count>', 'how many', parseCount, DROPS)
    .action((dataset: string | undefined, own: { open?: true; limit: number }) =>
      onHome(async (home) => {
        const found = await listRows(home, {
          dataset: parseDataset(dataset),
          limit: own.limit,
          open: own.open ?? false,
        });
        print(io, options(), found, formatRowsList);
      }),
    );
  rows
    .command('show <drop>')
    .description('the quarantined rows of a drop (its id, or the key of its file) with their reasons')
    .option('--rule <name>', 'only rows that break this rule, or a rule of this feature')
    .option('--lines <lines>', 'only these lines, such as 3,7-9', parseLines)
    .option('--limit <count>', 'how many', parseCount, ROWS)
    .action((drop: string, own: { rule?: string; lines?: LineRanges; limit: number }) =>
      onHome(async (home) => {
        const found = await showRows(home, { drop, ...own });
        print(io, options(), found, formatRows);
      }),
    );
  rows
    .command('export <drop>')
    .description('write the rows that are open as they came, under the header of their file, to be mended')
    .requiredOption('--out <file>', 'where they go: .csv, or .jsonl where the drop was JSON lines or Parquet')
    .option('--lines <lines>', 'these lines, such as 3,7-9, whatever has become of them', parseLines)
    .option('--reasons', 'put the line and the reasons before each row: redo knows both columns and takes them out')
    .action((drop: string, own: { out: string; lines?: LineRanges; reasons?: true }) =>
      onHome(async (home) => {
        if (existsSync(own.out)) throw new UsageError(`${own.out} exists`);
        const { out, lines, reasons = false } = own;
        print(io, options(), await exportRows(home, { drop, out, lines, reasons }), formatExport);
      }),
    );
  rows
    .command('redo <drop>')
    .description(
      'hold mended rows to the contract of today: good ones become a dataset version; exit status 1 when none does',
    )
    .requiredOption('--file <file>', 'the mended rows, as export writes them')
    .option(
      '--lines <lines>',
      'lines of the drop that they are of, in their order (default: all that are open)',
      parseLines,
    )
    .option('--reason <text>', 'why, or how they were mended', parseReason)
    .action((drop: string, own: { file: string; lines?: LineRanges; reason?: string }) =>
      onHome(async (home) => {
        assertFileExists(own.file);
        const { file, lines, reason = null } = own;
        const done = await putBackRows(home, { drop, file, lines, reason, by: actor() });
        print(io, options(), done, formatReturn);
        if (done.version === null) throw new CheckFailedError('no row keeps the contract');
      }),
    );
  rows
    .command('release <drop>')
    .description('accept rows as they are, where they can be read at all; exit status 1 when none can')
    .option('--lines <lines>', 'which, such as 3,7-9', parseLines)
    .option('--all', 'all that are open')
    .requiredOption('--reason <text>', 'why', parseReason)
    .action((drop: string, own: { lines?: LineRanges; all?: true; reason: string }) =>
      onHome(async (home) => {
        if ((own.lines === undefined) === (own.all === undefined)) throw new UsageError('say either --lines or --all');
        const { lines, reason } = own;
        const done = await releaseRows(home, { drop, lines, reason, by: actor() });
        print(io, options(), done, formatReturn);
        if (done.version === null) throw new CheckFailedError('no row can be read as its types');
      }),
    );
}

function parseLines(text: string): LineRanges {
  try {
    const lines = LineRanges.parse(text);
    if (lines.size > 0) return lines;
  } catch (error) {
    if (!(error instanceof LineRangesError)) throw error;
    throw new UsageError(error.message);
  }
  throw new UsageError('--lines names no line');
}

/** A name that can be a dataset's. @throws UsageError */
function parseDataset(name: string | undefined): string | undefined {
  if (name === undefined || /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name)) return name;
  throw new UsageError(
    `a dataset is named by up to 128 of A-Z a-z 0-9 . _ -, received ${JSON.stringify(name.slice(0, 80))}`,
  );
}
