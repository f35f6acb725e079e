import path from 'node:path';
import type { Command as Program } from 'commander';
import { parseAwsEnvironment } from '../../platform/aws/environment.ts';
import { parseHomeName } from '../../platform/home-name.ts';
import type { Home } from '../../platform/ports.ts';
import { describeTables, type TablePlaces } from '../../usecases/tables/describe-tables.ts';
import type { TablesView } from '../../usecases/tables/tables-view.ts';
import { type GlobalOptions, type Io, nameOfHome, print, withHome } from '../context.ts';
import { UsageError } from '../errors.ts';

/** Prints the SQL by which what is stored is read as tables. */
export function addTables(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('tables [dataset]')
    .description('the SQL by which Athena, or DuckDB for a local home, reads captures, truths and datasets as tables')
    .action((dataset: string | undefined) =>
      withHome(io, options(), async (home) => {
        const view = await describeTables(home, {
          places: await placesOf(home, nameOfHome(io, options()), io.env),
          dataset,
        });
        if (dataset !== undefined && view.tables.length + view.problems.length === 0)
          throw new UsageError(`dataset ${dataset} has no version here`);
        print(io, options(), view, formatTables);
      }),
    );
}

/** @param name that the home was opened by: it may say where it is, whatever the variables say */
async function placesOf(home: Home, name: string, env: NodeJS.ProcessEnv): Promise<TablePlaces> {
  const named = parseHomeName(name);
  if (named.kind === 'aws') {
    const { environmentOfHome } = await import('../../platform/aws/outputs.ts');
    const { TRIMTAB_CAPTURES_BUCKET: captures, TRIMTAB_DATA_BUCKET: data } = parseAwsEnvironment(
      await environmentOfHome(env, named),
    );
    return { captures: `s3://${captures}/`, data: `s3://${data}/` };
  }
  const at = (store: string): string => `${path.join(home.description, store).replaceAll(path.sep, '/')}/`;
  return { captures: at('captures'), data: at('data') };
}

/** SQL that can be run as it is; whatever else is said is a comment. */
function formatTables({ home, engine, tables, problems }: TablesView): string {
  if (tables.length + problems.length === 0)
    return comment(`nothing is stored in ${home} yet that a table could be of`);
  const texts = tables.map(({ says, dataset, left, statements }) =>
    [
      comment(says),
      ...(engine === 'athena' && dataset === null
        ? [comment('a table of this name that is there already stays as it is: it may be the deployment’s own')]
        : []),
      ...left.map(({ column, why }) => comment(`without ${column}, which ${why}`)),
      ...statements.map((statement) => `${statement};`),
    ].join('\n'),
  );
  return [...texts, ...problems.map((problem) => comment(`no table of ${problem}`))].join('\n\n');
}

/** Without semicolons, by which some split statements that they run one by one. */
const comment = (text: string): string => `-- ${text.replaceAll(';', ',')}`;
