import path from 'node:path';
import type { Command as Program } from 'commander';
import { MODEL_FILES } from '../../platform/model-folder.ts';
import { workerEntry } from '../../platform/onnx/worker/worker-entry.ts';
import { assessVersion } from '../../usecases/registry/assess-version.ts';
import { registerModel } from '../../usecases/registry/register-model.ts';
import type { RegistrationView } from '../../usecases/registry/registration-view.ts';
import { parseCount, parseReason } from '../arguments.ts';
import { type GlobalOptions, type Io, print, printLine, withHome } from '../context.ts';
import { UsageError } from '../errors.ts';
import { withOptionalExamined } from '../optional-dependencies.ts';
import { formatNextSteps, versionSteps } from '../output/next-steps.ts';
import { formatRegistration } from '../output/registration.ts';

interface RegisterCommandOptions {
  readonly data?: string;
  readonly timeLimit?: number;
  readonly memoryLimit?: number;
  readonly force?: boolean;
  readonly reason?: string;
}

/** Registers a model folder as a version. */
export function addRegister(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('register <folder>')
    .description('run a model folder on real rows, and register it as a version')
    .option(
      '--data <file>',
      'rows to run it on: a table, or requests in a .jsonl (default: those of its baseline, else its example.jsonl)',
    )
    .option('--time-limit <seconds>', 'how long it may take to load, and on one row (default: 30)', parseCount)
    .option('--memory-limit <MB>', 'memory that it may take (default: 10240, or 80 % of this machine’s)', parseCount)
    .option('--force', 'although it is worth less than a constant answer on its own reference; wants a --reason')
    .option('--reason <text>', 'why, for the ledger', parseReason)
    .action((folder: string, own: RegisterCommandOptions) => {
      if (own.force && own.reason === undefined) throw new UsageError('--force goes with --reason');
      return withHome(io, options(), async (home, registry) => {
        // Of native code, as the libraries that they use.
        const [{ sideBySide }, { rehearseCandidate }] = await Promise.all([
          import('../../usecases/replay/side-by-side.ts'),
          import('../../usecases/rehearsal/rehearse-candidate.ts'),
        ]);
        const view = await withOptionalExamined(
          path.join(folder, MODEL_FILES.model),
          (examined) =>
            registerModel(registry, folder, examined, {
              reason: own.reason,
              rehearse: (candidate) => rehearseCandidate({ ...candidate, dataFile: own.data }, examined.open),
              assess: (candidate) => assessVersion(home, candidate, own.force === true),
              compare: (version) => sideBySide(home, version, { entry: workerEntry() }),
            }),
          { seconds: own.timeLimit, memoryMb: own.memoryLimit },
        );
        const steps = versionSteps(view, await registry.state(view.model), options().home);
        const formatWithSteps = (shown: RegistrationView): string =>
          [formatRegistration(shown), ...formatNextSteps(steps)].join('\n');
        print(io, options(), view, formatWithSteps);
        if (view.existed && own.data !== undefined)
          printLine(
            io.err,
            'note: --data was not looked at: a version is rehearsed when it is registered, which it was before',
          );
      });
    });
}
