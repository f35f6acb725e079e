import { existsSync } from 'node:fs';
import { Argument, type Command as Program } from 'commander';
import { DEFAULT_HOME } from '../../platform/home.ts';
import { folderOfHome } from '../../platform/home-name.ts';
import { type Completion, complete, type NameSource } from '../completion/complete.ts';
import { ASKED, FILES_LINE, SCRIPTS, SHELLS, type Shell } from '../completion/scripts.ts';
import { type GlobalOptions, type Io, withHome } from '../context.ts';
import { UsageError } from '../errors.ts';
import { printable } from '../printable.ts';

/** Prints what a shell reads to complete commands, options, files and names of models. */
export function addCompletion(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', SHELLS.join(', ')))
    .argument('[words...]')
    .usage(`[options] <${SHELLS.join('|')}>`)
    .description('print what a shell reads to complete command lines: source <(trimtab completion bash)')
    .action(async (shell: string, words: readonly string[]) => {
      if (shell === ASKED) return answer(await complete(program, words, namesOf(io, options())));
      if (!SHELLS.includes(shell as Shell))
        throw new UsageError(`a shell is ${SHELLS.join(', ')}, received '${shell}'`);
      io.out(SCRIPTS[shell as Shell]);
    });

  function answer({ candidates, files }: Completion): void {
    const lines = candidates.map(({ text, about }) => (about === '' ? text : `${text}\t${about}`));
    if (files) lines.push(FILES_LINE);
    // Names are ours to print one a line; a tab is what divides a word from what it is.
    if (lines.length > 0) io.out(lines.map((line) => line.split('\t').map(printable).join('\t')).join('\n'));
  }
}

/** Opening a local home makes its folder, which nobody asked for who pressed a key. */
function isThere(home: string): boolean {
  try {
    const folder = folderOfHome(home);
    return folder === undefined || existsSync(folder);
  } catch {
    // Half of a name, perhaps.
    return false;
  }
}

/** Names in the home of the line, else of the environment. What cannot be read completes nothing. */
function namesOf(io: Io, options: GlobalOptions): NameSource {
  const read = (home: string | undefined, work: Parameters<typeof withHome<string[]>>[2]): Promise<string[]> =>
    isThere(home ?? options.home ?? io.env.TRIMTAB_HOME ?? DEFAULT_HOME)
      ? withHome(io, home === undefined ? options : { home }, work).catch(() => [])
      : Promise.resolve([]);
  return {
    models: (home) => read(home, ({ ledger }) => ledger.models()),
    versions: (home, model) =>
      read(home, async ({ ledger }) => {
        const latest = (await ledger.latest(model))?.state.latest ?? 0;
        return Array.from({ length: latest }, (_, i) => String(i + 1));
      }),
  };
}
