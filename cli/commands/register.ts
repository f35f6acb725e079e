import path from 'node:path';
import type { Command as Program } from 'commander';
import { MODEL_FILES } from '../../platform/model-folder.ts';
import { workerEntry } from '../../platform/onnx/worker/worker-entry.ts';
import { assessVersion } from '../../usecases/registry/assess-version.ts';
import { registerModel } from '../../usecases/registry/register-model.ts';
import type { Candidate } from '../../usecases/registry/registration.ts';
import { parseCount, parseReason } from '../arguments.ts';
import { type GlobalOptions, type Io, print, withHome } from '../context.ts';
import { UsageError } from '../errors.ts';
import { withOptionalExamined } from '../optional-dependencies.ts';
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
        const entry = workerEntry();
        const { sideBySide } = await import('../../usecases/replay/side-by-side.ts');
        const view = await withOptionalExamined(path.join(folder, MODEL_FILES.model), (examined) =>
          registerModel(registry, folder, examined, {
            reason: own.reason,
            rehearse: (candidate) => rehearsed(candidate, own),
            assess: (candidate) => assessVersion(home, candidate, own.force === true),
            compare: (version) => sideBySide(home, version, { entry }),
          }),
        );
        print(io, options(), view, formatRegistration);
      });
    });
}

const NOTHING_TO_REHEARSE_ON =
  'it was not rehearsed: neither its baseline nor example.jsonl has rows to run it on; a file of rows or requests can be named with --data';

async function rehearsed(candidate: Candidate, { data: dataFile, timeLimit, memoryLimit }: RegisterCommandOptions) {
  const { rehearsalRows } = await import('../../usecases/rehearsal/rehearsal-rows.ts');
  const { rehearse } = await import('../../usecases/rehearsal/rehearse.ts');
  const rows = await rehearsalRows({ ...candidate, dataFile });
  if (rows === undefined || rows.rows.length === 0) return { remarks: [NOTHING_TO_REHEARSE_ON] };
  return rehearse(candidate, rows, { entry: workerEntry(), seconds: timeLimit, memoryMb: memoryLimit });
}
