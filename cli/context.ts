import { userInfo } from 'node:os';
import { didYouMean } from '../core/errors/did-you-mean.ts';
import { UnknownVersionError } from '../core/registry/errors.ts';
import { DEFAULT_HOME } from '../platform/home.ts';
import { openNamedHome } from '../platform/named-home.ts';
import type { Home } from '../platform/ports.ts';
import { Registry } from '../usecases/registry/registry.ts';
import { coloured, hasColour } from './colour.ts';
import { UsageError } from './errors.ts';
import { printable, printableLines } from './printable.ts';

/** Where a command writes, so that tests can read it. */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: NodeJS.ProcessEnv;
  /** Which of the two is a terminal. @default neither */
  readonly terminal?: { readonly out: boolean; readonly err: boolean };
}

/** Options of every command. */
export interface GlobalOptions {
  readonly home?: string;
  readonly json?: boolean;
}

/**
 * Prints a view: as one JSON document when that was asked for, else as text for people, in which control characters
 * of names and values are escaped.
 *
 * @param format makes the text of the view and of nothing else
 */
export function print<V>(io: Io, options: GlobalOptions, view: V, format: (view: NoInfer<V>) => string): void {
  // Again after it was made: what is no plain object in a view is left to the format.
  io.out(options.json ? JSON.stringify(view, null, 2) : forPeople(io, 'out', printableLines(format(printable(view)))));
}

/** Text with colour, where what it is written to has some. */
export const forPeople = ({ terminal, env }: Io, to: 'out' | 'err', text: string): string =>
  hasColour(terminal?.[to] ?? false, env) ? coloured(text) : text;

/** One line of progress, in which names that hold control characters or line breaks are escaped. */
export function printLine(write: Io['out'], line: string): void {
  write(printable(line));
}

/** Where something that runs until it is stopped logs: lines of its own making, with names of others in them. */
export const logTo =
  ({ err }: Io): ((text: string) => void) =>
  (text) =>
    err(printableLines(text));

/** The home that a command is for, as `openNamedHome` takes it. */
export const nameOfHome = (io: Pick<Io, 'env'>, { home }: GlobalOptions): string =>
  home ?? io.env.TRIMTAB_HOME ?? DEFAULT_HOME;

/** Opens the home that was named, works, and closes it. */
export async function withHome<T>(
  io: Io,
  options: GlobalOptions,
  work: (home: Home, registry: Registry) => Promise<T>,
): Promise<T> {
  const home = await openNamedHome(nameOfHome(io, options));
  try {
    return await work(home, new Registry(home, io.env.TRIMTAB_ACTOR ?? `user:${userInfo().username}`));
  } catch (error) {
    throw error instanceof UnknownVersionError ? await withWhatIsThere(error, home) : error;
  } finally {
    await home.close();
    // The command has done what it says; of what it did besides, this is not written down.
    for (const { what, lost, message } of home.bookkeeping.records)
      if (lost > 0) printLine(io.err, `trimtab: ${lost} lines of ${what} could not be kept: ${message}`);
  }
}

/** Models that a message names. */
const MAX_NAMED = 10;

/** The same, and which models or versions there are. */
async function withWhatIsThere(error: UnknownVersionError, { ledger }: Home): Promise<Error> {
  try {
    const latest = (await ledger.latest(error.model))?.state.latest ?? 0;
    if (latest > 0) return new UsageError(`${error.message}, there ${latest === 1 ? 'is 1' : `are 1 to ${latest}`}`);
    const models = await ledger.models();
    if (models.length === 0) return new UsageError(`no model named ${error.model}: none is registered here`);
    const named = models.slice(0, MAX_NAMED).join(', ');
    const meant = didYouMean(error.model, models);
    const there = meant === '' ? `, there ${models.length === 1 ? 'is' : 'are'} ${named}` : meant;
    return new UsageError(
      `no model named ${error.model}${there}${models.length > MAX_NAMED && meant === '' ? ', …' : ''}`,
    );
  } catch {
    return error;
  }
}
