import type { Command as Program } from 'commander';
import type { Profile } from '../../core/profile/profile.ts';
import { describeLeftOut, type FileProfile } from '../../usecases/validation/file-profile.ts';
import { profileAnyFile } from '../../usecases/validation/profile-file.ts';
import { type GlobalOptions, type Io, print } from '../context.ts';
import { assertFileExists } from '../files.ts';
import { spark, table } from '../output/table.ts';
import { withProgress } from '../progress.ts';

/** Counts what is in a data file. */
export function addProfile(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('profile <file>')
    .description('count what is in a data file')
    .action(async (file: string) => {
      assertFileExists(file);
      const profile = await withProgress(io, `reading ${file}`, () => profileAnyFile(file));
      print(io, options(), profile, formatProfile);
    });
}

function formatProfile(profile: FileProfile): string {
  const rows = Object.entries(profile.columns).map(([name, column]) => [
    name,
    `${((100 * column.missing) / Math.max(1, column.rows)).toFixed(1)} %`,
    spark(column.kind === 'numeric' ? column.counts : column.counts.slice(0, 24)),
    formatValues(column),
  ]);
  return [
    `${profile.rows} rows`,
    table(['column', 'missing', 'distribution', 'values'], rows),
    ...describeLeftOut('the file', profile).map((sentence) => `  ${sentence}`),
  ].join('\n');
}

/** The range and mean of numbers, the most frequent of categories. */
function formatValues(column: Profile['columns'][string]): string {
  if (column.kind === 'numeric') {
    if (column.min === null || column.max === null) return 'no values';
    // The mean of numbers near the largest may be beyond all doubles.
    const mean = column.mean === null ? '' : `, mean ${short(column.mean)}`;
    return `${short(column.min)} … ${short(column.max)}${mean}`;
  }
  const { categories, other } = column;
  const more = categories.length > 4 ? ', …' : '';
  return `${categories.length}${other > 0 ? '+' : ''} values: ${categories.slice(0, 4).join(', ')}${more}`;
}

const short = (x: number): string => String(Number(x.toPrecision(5)));
