import path from 'node:path';
import type { Command as Program } from 'commander';
import { MODEL_FILES } from '../../platform/model-folder.ts';
import { mostMemoryMb } from '../../platform/onnx/worker/memory-limit.ts';
import { workerEntry } from '../../platform/onnx/worker/worker-entry.ts';
import { assessVersion } from '../../usecases/registry/assess-version.ts';
import { assertFitsEndpoint } from '../../usecases/registry/fits-endpoint.ts';
import { registerModel } from '../../usecases/registry/register-model.ts';
import type { RegistrationView } from '../../usecases/registry/registration-view.ts';
import { parseReason } from '../arguments.ts';
import { type GlobalOptions, type Io, print, printLine, withHome } from '../context.ts';
import { limitsOf } from '../endpoint-limits.ts';
import { UsageError } from '../errors.ts';
import { addLimitOptions, type LimitOptions, withinLimits } from '../limit-options.ts';
import { formatNextSteps, versionSteps } from '../output/next-steps.ts';
import { formatRegistration } from '../output/registration.ts';

interface RegisterCommandOptions extends LimitOptions {
  readonly data?: string;
  readonly force?: boolean;
  readonly reason?: string;
}

/** Registers a model folder as a version. */
export function addRegister(program: Program, io: Io, options: () => GlobalOptions): void {
  const command = program
    .command('register <folder>')
    .description('run a model folder on real rows, and register it as a version')
    .option(
      '--data <file>',
      'rows to run it on: a table, or requests in a .jsonl (default: those of its baseline, else its example.jsonl)',
    );
  addLimitOptions(command)
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
        const { limits, remark } = await limitsOf(home, options().home);
        // What takes more than the endpoint has while it is looked at would take the endpoint along.
        const memoryLimit = own.memoryLimit ?? (limits && Math.min(limits.memoryMb, mostMemoryMb()));
        const view = await withinLimits(path.join(folder, MODEL_FILES.model), { ...own, memoryLimit }, (examined) =>
          registerModel(registry, folder, examined, {
            reason: own.reason,
            fits: async (candidate) => {
              if (limits !== undefined) await assertFitsEndpoint(home, candidate, limits);
              return remark === undefined ? [] : [remark];
            },
            rehearse: (candidate) => rehearseCandidate({ ...candidate, dataFile: own.data }, examined.open),
            assess: (candidate) => assessVersion(home, candidate, own.force === true),
            compare: (version) => sideBySide(home, version, { entry: workerEntry() }),
          }),
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
