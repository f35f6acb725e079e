import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { didYouMean } from '../core/errors/did-you-mean.ts';
import {
  RegistrationRefusedError,
  ReleaseConflictError,
  ReleaseRefusedError,
  VouchingError,
} from '../core/registry/errors.ts';
import { addApprove } from './commands/approve.ts';
import { addBaseline } from './commands/baseline.ts';
import { addCompare } from './commands/compare.ts';
import { addCompletion } from './commands/completion.ts';
import { addContract } from './commands/contract.ts';
import { addCopy } from './commands/copy.ts';
import { addCost } from './commands/cost.ts';
import { addDecrypt } from './commands/decrypt.ts';
import { addDoctor } from './commands/doctor.ts';
import { addDrift } from './commands/drift.ts';
import { addExplain } from './commands/explain.ts';
import { addForget } from './commands/forget.ts';
import { addFreeze } from './commands/freeze.ts';
import { addHistory } from './commands/history.ts';
import { addInit } from './commands/init.ts';
import { addLift } from './commands/lift.ts';
import { addList } from './commands/list.ts';
import { addMirror } from './commands/mirror.ts';
import { addPredict } from './commands/predict.ts';
import { addProfile } from './commands/profile.ts';
import { addPromote } from './commands/promote.ts';
import { addQuality } from './commands/quality.ts';
import { addQuarantine } from './commands/quarantine.ts';
import { addRegister } from './commands/register.ts';
import { addReject } from './commands/reject.ts';
import { addRelease } from './commands/release.ts';
import { addRestore } from './commands/restore.ts';
import { addRollback } from './commands/rollback.ts';
import { addRows } from './commands/rows.ts';
import { addServe } from './commands/serve.ts';
import { addShow } from './commands/show.ts';
import { addSimulate } from './commands/simulate.ts';
import { addSmoke } from './commands/smoke.ts';
import { addStatus } from './commands/status.ts';
import { addTables } from './commands/tables.ts';
import { addToken } from './commands/token.ts';
import { addTrace } from './commands/trace.ts';
import { addTruth } from './commands/truth.ts';
import { addUnfreeze } from './commands/unfreeze.ts';
import { addUnshadow } from './commands/unshadow.ts';
import { addUp } from './commands/up.ts';
import { addValidate } from './commands/validate.ts';
import { forPeople, type GlobalOptions, type Io } from './context.ts';
import { CheckFailedError } from './errors.ts';
import { fileErrorText } from './files.ts';
import { printableLines } from './printable.ts';

/** Adds a command to the program. `options` gives the options of every command as they were parsed. */
export type AddCommand = (program: Command, io: Io, options: () => GlobalOptions) => void;

const ADDITIONS: readonly AddCommand[] = [
  addInit,
  addBaseline,
  addContract,
  addRegister,
  addApprove,
  addReject,
  addRelease,
  addPromote,
  addRollback,
  addUnshadow,
  addQuarantine,
  addLift,
  addFreeze,
  addUnfreeze,
  addList,
  addShow,
  addStatus,
  addTables,
  addHistory,
  addValidate,
  addRows,
  addProfile,
  addDrift,
  addQuality,
  addCompare,
  addCopy,
  addMirror,
  addRestore,
  addPredict,
  addExplain,
  addTruth,
  addForget,
  addTrace,
  addDecrypt,
  addSimulate,
  addSmoke,
  addUp,
  addServe,
  addToken,
  addCost,
  addDoctor,
  addCompletion,
];

/**
 * The `trimtab` command.
 *
 * @param argv arguments after the program's name
 * @returns exit status: 0 done, 1 the check failed or the registry refused, 2 usage
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const program = new Command('trimtab')
    .description('Deploys ONNX models as serverless functions and keeps them on course.')
    .option('--home <home>', "folder of the local home, or 'aws' (default: TRIMTAB_HOME, then .trimtab)")
    .option('--json', 'print JSON')
    .option('-V, --version', 'print the version of the program')
    // `quality MODEL --version 2` is about a model's version.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      outputError: (text, write) => write(`${text.trimEnd()}${meantOption(text, program, argv)}`),
      writeErr: (text) => io.err(forPeople(io, 'err', printableLines(text.trimEnd()))),
    });
  program.on('option:version', () => {
    io.out(packageVersion());
    throw new CommanderError(0, 'trimtab.version', '');
  });
  for (const add of ADDITIONS) add(program, io, () => program.opts<GlobalOptions>());
  for (const command of program.commands) {
    takeCommonOptions(program, command);
    for (const part of command.commands) takeCommonOptions(program, part);
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (error) {
    return failed(error, io);
  }
}

/** Of a required option that is missing, the one that was written in its place: Commander looks for that first. */
function meantOption(text: string, program: Command, argv: readonly string[]): string {
  const [, missing] = /required option '(?:-\w, )?(--[\w-]+)/.exec(text) ?? [];
  if (missing === undefined) return '';
  const known = new Set(
    [program, ...program.commands.filter((command) => argv.includes(command.name()))].flatMap(longOptions),
  );
  const given = argv.map((word) => word.split('=')[0]!).filter((word) => word.startsWith('--') && !known.has(word));
  const written = given.find((word) => didYouMean(word, [missing]) !== '');
  return written === undefined ? '' : `\n(${written} is no option: did you mean ${missing}?)`;
}

const longOptions = (command: Command): (string | undefined)[] =>
  [command, ...command.commands].flatMap(({ options }) => options.map(({ long }) => long ?? undefined));

/** Read only when it is asked for. */
function packageVersion(): string {
  const { version } = createRequire(import.meta.url)('trimtab/package.json') as { readonly version: string };
  return version;
}

/** Options of every command may stand after its name, too. */
function takeCommonOptions(program: Command, command: Command): void {
  command.option('--home <home>', "folder of the local home, or 'aws'").option('--json', 'print JSON');
  // Of a command that has parts, this is called for each of them.
  command.hook('preAction', (_, action) => {
    for (const options of [command.opts(), action.opts()])
      for (const [name, value] of Object.entries(options))
        if ((name === 'home' || name === 'json') && value !== undefined) program.setOptionValue(name, value);
  });
  command.exitOverride().copyInheritedSettings(program);
}

function failed(error: unknown, io: Io): number {
  // Commander has printed its own message; help and version are no failures.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const text = io.env.TRIMTAB_DEBUG ? (stack ?? message) : `trimtab: ${fileErrorText(error) ?? message}`;
  io.err(forPeople(io, 'err', printableLines(text)));
  const refused =
    error instanceof CheckFailedError ||
    error instanceof RegistrationRefusedError ||
    error instanceof ReleaseConflictError ||
    error instanceof ReleaseRefusedError ||
    error instanceof VouchingError;
  if (refused) return 1;
  return 2;
}
